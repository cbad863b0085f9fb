/**
 * Loaded into a command with `--import`: makes its disk full for files whose path holds FULL_DISK_IN, while a file
 * FULL_DISK_WHILE exists. FULL_DISK_AT says when it shows: `write`, `flush`, `close` or `rename`.
 */
import { existsSync } from 'node:fs';
import files from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const { FULL_DISK_AT: place, FULL_DISK_IN: where, FULL_DISK_WHILE: flag } = process.env;
const { open, rename } = files;
const METHODS = { write: 'appendFile', flush: 'sync', close: 'close' };

function strike(path) {
  if (!String(path).includes(where) || !existsSync(flag)) return;
  throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
}

files.open = async (path, ...rest) => {
  const handle = await open(path, ...rest);
  const method = METHODS[place];
  const real = handle[method]?.bind(handle);
  if (real && String(path).includes(where)) {
    handle[method] = async (...args) => {
      // What is closed is closed, whatever the system says of it.
      if (method === 'close') await real();
      strike(path);
      return method === 'close' ? undefined : real(...args);
    };
  }
  return handle;
};
files.rename = async (from, to) => {
  if (place === 'rename') strike(to);
  return rename(from, to);
};
syncBuiltinESMExports();
