import { hash } from 'node:crypto';
import type { OutputFile } from '../../domain/run/manifest.ts';
import { feedNames } from '../../domain/run/plan.ts';
import type { RunRecord } from '../../domain/run/record.ts';

/** The files that a finished run has: those that its manifest names, and the manifest. Nothing else is ever served. */
export function filesOfRun({ plan, manifest }: RunRecord): OutputFile[] {
  if (!manifest) return [];
  // As the assembly writes it, so its bytes are known without reading it.
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  const rows = text.split('\n').length - 1;
  const sha256 = hash('sha256', text, 'hex');
  return [...manifest.outputs, { name: feedNames(plan).manifest, rows, bytes: Buffer.byteLength(text), sha256 }];
}

/** One of them by its name; undefined when the run has no such file. */
export function fileOfRun(run: RunRecord, name: string): OutputFile | undefined {
  return filesOfRun(run).find((file) => file.name === name);
}
