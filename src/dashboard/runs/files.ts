import type { OutputPresence } from '../../adapters/disk/output-files.ts';
import type { OutputFile } from '../../domain/run/manifest.ts';
import { count, plural } from '../../domain/wording.ts';
import { type Html, html } from '../page/html.ts';
import { runPath } from './address.ts';
import { sha } from './facts.ts';
import type { RunView } from './views.ts';

const UNITS = ['bytes', 'kB', 'MB', 'GB'] as const;

/** The files of a run, to be looked into and fetched, one by one or all together. */
export function runFiles({ run, files }: RunView): Html {
  const path = runPath(run.plan.id);
  const areHere = files.every(({ presence }) => presence === 'here');
  return html`<section class="panel" aria-labelledby="files-title">
<h2 id="files-title">Files</h2>
${
  files.length === 0
    ? html`<p class="muted">The files are written when every employee is done.</p>`
    : html`${run.written && html`<p class="muted">Written to <code>${run.written.folder}</code> on ${run.written.host}.</p>`}
${!areHere && html`<p class="notice warn">Not all files are here as they were written: ${absent(files)}.</p>`}
${areHere && html`<p><a class="button" href="${path}/files.zip">Download all as ZIP</a></p>`}
<table class="cards">
<thead><tr><th scope="col">Name</th><th scope="col" class="number">Size</th><th scope="col" class="number">Rows</th><th scope="col">SHA-256</th><th scope="col">Download</th></tr></thead>
<tbody>${files.map(({ file, presence }) => row(path, file, presence))}</tbody>
</table>`
}
</section>`;
}

function row(path: string, { name, bytes, rows, sha256 }: OutputFile, presence: OutputPresence): Html {
  const address = `${path}/files/${encodeURIComponent(name)}`;
  return html`<tr>
<th scope="row" class="file-name">${name}</th>
<td class="number" data-label="Size"><span title="${plural(bytes, 'byte')}">${size(bytes)}</span></td>
<td class="number" data-label="Rows">${count(rows)}</td>
<td data-label="SHA-256">${sha(sha256)}</td>
<td data-label="Download">${
    presence === 'here'
      ? html`<span class="actions"><a href="${address}/preview" aria-label="Preview ${name}">Preview</a> <a href="${address}" aria-label="Download ${name}">Download</a></span>`
      : html`<span class="state ${presence === 'missing' ? 'warn' : 'bad'}">${presence === 'missing' ? 'not here' : 'changed'}</span>`
  }</td>
</tr>`;
}

function absent(files: RunView['files']): string {
  const missing = files.filter(({ presence }) => presence === 'missing').length;
  const changed = files.filter(({ presence }) => presence === 'changed').length;
  return [
    missing > 0 && `${plural(missing, 'file')} on another machine, moved or deleted`,
    changed > 0 && `${plural(changed, 'file')} not as large as written`,
  ]
    .filter(Boolean)
    .join(', ');
}

/** Bytes as a person reads them: `812 bytes`, `3.4 MB`. */
export function size(bytes: number): string {
  const step = bytes === 0 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length - 1);
  return step === 0 ? plural(bytes, 'byte') : `${(bytes / 1000 ** step).toFixed(1)} ${UNITS[step]}`;
}
