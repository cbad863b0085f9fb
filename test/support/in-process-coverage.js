import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(import.meta.dirname, '../..');
const COUNTED = /^(src|config)\//;

/**
 * Records which parts of the sources run in this process from now on. The returned function ends that and writes
 * `in-process-ID.json` to `folder`: each source's path, the code that ran (with source map) and V8's counts.
 */
export async function startCoverage(folder) {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  return async () => {
    const { result } = await session.post('Profiler.takePreciseCoverage');
    await session.post('Profiler.stopPreciseCoverage');
    const scripts = [];
    await session.post('Debugger.enable');
    for (const { scriptId, url, functions } of result) {
      const path = url.startsWith('file:') ? fileURLToPath(url) : url;
      const file = path.startsWith(`${ROOT}/`) ? path.slice(ROOT.length + 1) : '';
      if (!COUNTED.test(file)) continue;
      const { scriptSource } = await session.post('Debugger.getScriptSource', { scriptId });
      scripts.push({ file, code: scriptSource, functions });
    }
    session.disconnect();
    await writeFile(join(folder, `in-process-${randomUUID()}.json`), JSON.stringify(scripts));
  };
}
