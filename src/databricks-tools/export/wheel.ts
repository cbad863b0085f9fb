import { createHash } from 'node:crypto';
import { ZipFile } from 'yazl';

/** A wheel's own name for its package; a version in the form of PEP 440. */
const DISTRIBUTION = 'btc_fake_rules';
/** ZIP files know no earlier time. */
const LONG_AGO = new Date(1980, 0, 1);

/** The file name of the wheel of a version. */
export function wheelName(version: string): string {
  return `${DISTRIBUTION}-${pythonVersion(version)}-py3-none-any.whl`;
}

/**
 * A wheel of pure Python modules (PEP 427). The same files give the same bytes on every machine, so nothing in it is
 * compressed.
 * @param modules by path in the wheel.
 */
export async function wheel(modules: ReadonlyMap<string, Buffer>, version: string): Promise<Buffer> {
  const info = `${DISTRIBUTION}-${pythonVersion(version)}.dist-info`;
  const files = new Map<string, Buffer>([
    ...modules,
    [`${info}/METADATA`, text('Metadata-Version: 2.1', `Name: ${DISTRIBUTION}`, `Version: ${pythonVersion(version)}`)],
    [`${info}/WHEEL`, text('Wheel-Version: 1.0', 'Generator: btc-fake', 'Root-Is-Purelib: true', 'Tag: py3-none-any')],
  ]);
  const record = [...files].map(([path, bytes]) => `${path},sha256=${digest(bytes)},${bytes.length}`);
  files.set(`${info}/RECORD`, text(...record, `${info}/RECORD,,`));
  const zip = new ZipFile();
  for (const [path, bytes] of files) {
    zip.addBuffer(bytes, path, { mtime: LONG_AGO, mode: 0o100644, compress: false, forceDosTimestamp: true });
  }
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** `0.2.0-beta.1` as Python writes it: `0.2.0b1`. */
function pythonVersion(version: string): string {
  return version.replace(
    /-(alpha|beta|rc)\.?(\d+)$/,
    (_, stage: string, n: string) => `${stage === 'rc' ? 'rc' : stage[0]}${n}`,
  );
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('base64url');
}

function text(...lines: string[]): Buffer {
  return Buffer.from(`${lines.join('\n')}\n`);
}
