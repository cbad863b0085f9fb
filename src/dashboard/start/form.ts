import type { Settings } from '../../../config/settings.ts';
import type { EmployeesChoice } from '../../adapters/disk/employees-folder.ts';
import type { BtcFakeError } from '../../domain/errors.ts';
import { count } from '../../domain/wording.ts';
import { type Html, html } from '../page/html.ts';
import { UPLOAD_LIMIT_BYTES } from './uploaded-form.ts';

/** What stands in the form: as it was sent, or as it begins. */
export interface StartValues {
  /** What makes a form that is sent twice one run. */
  readonly token: string;
  readonly source: 'listed' | 'upload';
  readonly file: string;
  readonly seed: string;
  readonly asOf: string;
  readonly publish: boolean;
  readonly skipInvalid: boolean;
}

/** What the form is drawn from. */
export interface StartForm {
  readonly values: StartValues;
  readonly choices: readonly EmployeesChoice[];
  readonly settings: Settings;
  readonly error?: Pick<BtcFakeError, 'message' | 'remedy' | 'lines'> | undefined;
}

/** The form that starts a run, with what was wrong with it. Works without JavaScript. */
export function startForm({ values, choices, settings, error }: StartForm): Html {
  const { timeZone } = settings.run;
  return html`${error && problem(error)}
${!settings.recommender && html`<p class="notice warn">API_BASE_URL is not set here: the run needs a worker that has it.</p>`}
<form class="panel" method="post" action="/start" enctype="multipart/form-data">
<input type="hidden" name="token" value="${values.token}">
<fieldset><legend>Employees</legend>
<div class="field">
<label><input type="radio" name="source" value="listed"${checked(values.source === 'listed')}> A file on this machine</label>
<select name="file" aria-label="Employees file">${choices.map(
    ({ name, bytes }) =>
      html`<option value="${name}"${name === values.file && html` selected`}>${name} (${count(bytes)} bytes)</option>`,
  )}</select>
${choices.length === 0 && html`<p class="hint">There is no CSV file beside ${settings.files.employeesFile}.</p>`}
</div>
<div class="field">
<label><input type="radio" name="source" value="upload"${checked(values.source === 'upload')}> A file to upload</label>
<input type="file" name="upload" accept=".csv,text/csv" aria-label="File to upload" aria-describedby="upload-hint">
<p class="hint" id="upload-hint">CSV with employee_id and employee_edu_type, at most ${UPLOAD_LIMIT_BYTES / 2 ** 20} MiB. A file chosen here is used, whatever is selected above.</p>
</div>
<div class="field">
<label><input type="checkbox" name="skip-invalid" value="yes"${checked(values.skipInvalid)}> Leave out invalid rows</label>
</div>
</fieldset>
<div class="field">
<label for="as-of">As of</label>
<input id="as-of" name="as-of" value="${values.asOf}" maxlength="40" autocomplete="off" spellcheck="false" aria-describedby="as-of-hint">
<p class="hint" id="as-of-hint">The instant that the run simulates, such as 2025-10-28T11:00:00Z; without an offset in ${timeZone}. Empty: now.</p>
</div>
<div class="field">
<label for="seed">Seed</label>
<input id="seed" name="seed" value="${values.seed}" maxlength="200" autocomplete="off" spellcheck="false" aria-describedby="seed-hint">
<p class="hint" id="seed-hint">The seed of all random choices; the same seed, instant and inputs give the same bytes. Empty: the id of the run.</p>
</div>
${
  settings.sftpOutbound &&
  html`<div class="field">
<label><input type="checkbox" name="publish" value="yes"${checked(values.publish)}> Publish the files to ${settings.sftpOutbound.host}</label>
</div>`
}
<button>Start the run</button>
</form>`;
}

function problem({ message, remedy, lines }: NonNullable<StartForm['error']>): Html {
  return html`<div class="notice bad" role="alert" id="problem">
<p><strong>Nothing was started: ${message}</strong></p>
${lines.length > 0 && html`<ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>`}
${remedy && html`<p>${remedy}</p>`}
</div>`;
}

function checked(yes: boolean): Html | false {
  return yes && html` checked`;
}
