import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { posix } from 'node:path';
import type { Response } from 'got';
import { BtcFakeError } from '../../domain/errors.ts';
import type { WorkspaceLogin } from '../databricks/workspace-login.ts';
import type { ObjectStore } from './object-store.ts';
import { joined, type StoreAddress } from './store-address.ts';
import { type CallLimits, StoreCaller, statusOf } from './store-fault.ts';
import { type FilesRequest, VolumeCalls } from './volume-calls.ts';

type Address = Extract<StoreAddress, { kind: 'volume' }>;

const LOGIN =
  'Check DATABRICKS_TOKEN (or DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET), and that this login has READ VOLUME and WRITE VOLUME there.';
/** What the Files API takes for one file. */
const LARGEST_BYTES = 5 * 1024 ** 3;
/** The slowest line on which a file is still sent to its end. */
const LEAST_BYTES_PER_MS = 100;
const COMPARED_BYTES = 4 * 1024 * 1024;

/**
 * Opens a store in a Volume of Unity Catalog, by the Files API. Nothing is called yet.
 * - A file is created with `overwrite=false`, and its size is checked behind it: whether creating is atomic is not
 *   documented.
 * - The API keeps no metadata, so one's own write whose answer was lost is told by its bytes.
 * @throws BtcFakeError CONFIG_INVALID.
 */
export async function openVolumeStore(
  address: Address,
  login: WorkspaceLogin,
  limits: CallLimits = {},
): Promise<ObjectStore> {
  return new VolumeStore(address, await VolumeCalls.open(login), limits);
}

class VolumeStore implements ObjectStore {
  readonly root: string;
  readonly #path: string;
  readonly #calls: VolumeCalls;
  readonly #caller: StoreCaller;
  readonly #timeoutMs: number;
  readonly #folders = new Set<string>();

  constructor(address: Address, calls: VolumeCalls, limits: CallLimits) {
    this.root = address.root;
    this.#path = address.path;
    this.#calls = calls;
    this.#caller = new StoreCaller(address.root, LOGIN, calls.secrets, limits);
    this.#timeoutMs = limits.timeoutMs ?? 60_000;
  }

  async createFile(name: string, localPath: string): Promise<'created' | 'exists'> {
    const { size } = await stat(localPath).catch((cause: unknown) => {
      const remedy = 'Check the path and who may read it; then land the run again.';
      throw new BtcFakeError('FILE_UNREADABLE', `${localPath} cannot be read`, { remedy, cause });
    });
    const doing = `writing ${name}`;
    if (size > LARGEST_BYTES) {
      const what = `${size} bytes are more than the 5 GiB that the Files API takes`;
      throw this.#caller.refused(doing, what, 'Land to object storage instead: s3:// or abfss://.');
    }
    await this.#makeFolder(posix.dirname(name));
    // Behind a request whose answer was lost, a file that is there may be this one.
    let mayBeOurs = false;
    const limitMs = this.#timeoutMs + Math.ceil(size / LEAST_BYTES_PER_MS);
    const taken = await this.#caller.call(
      doing,
      async (signal) => {
        try {
          await this.#send({
            method: 'PUT',
            path: this.#url('files', name),
            query: { overwrite: 'false' },
            headers: { 'content-type': 'application/octet-stream', 'content-length': String(size) },
            body: () => createReadStream(localPath),
            signal,
          });
          return false;
        } catch (error) {
          if (statusOf(error) === 409 || statusOf(error) === 412) return true;
          mayBeOurs = true;
          throw error;
        }
      },
      limitMs,
    );
    if (taken && !mayBeOurs) return 'exists';
    const found = await this.sizeOf(name);
    if (found === size && (!taken || (await this.#isSame(name, localPath, size)))) return 'created';
    if (taken && found === size) return 'exists';
    const what = `${found ?? 'no'} bytes are there, and ${size} were sent`;
    const remedy = 'Look at the file. If its write was cut short, remove it; then land the run again.';
    throw this.#caller.refused(doing, what, remedy);
  }

  async sizeOf(name: string): Promise<number | undefined> {
    return this.#caller.call(`looking at ${name}`, async (signal) => {
      const answer = await this.#unlessAbsent({ method: 'HEAD', path: this.#url('files', name), signal });
      return answer === undefined ? undefined : Number(answer.headers['content-length']);
    });
  }

  async readRange(name: string, start: number, end: number): Promise<Buffer | undefined> {
    if (end <= start) return (await this.sizeOf(name)) === undefined ? undefined : Buffer.alloc(0);
    return this.#caller.call(`reading ${name}`, async (signal) => {
      const headers = { range: `bytes=${start}-${end - 1}` };
      try {
        const answer = await this.#unlessAbsent({ method: 'GET', path: this.#url('files', name), headers, signal });
        // A server that does not know ranges sends all of it.
        return answer?.statusCode === 200 ? answer.body.subarray(start, end) : answer?.body;
      } catch (error) {
        if (statusOf(error) === 416) return Buffer.alloc(0);
        throw error;
      }
    });
  }

  async *list(folder: string): AsyncIterable<string> {
    const folders = [folder];
    for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
      let token: string | undefined;
      do {
        const page = await this.#page(next, token);
        for (const { name, is_directory: isFolder } of page.contents ?? []) {
          if (isFolder) folders.push(joined(next, name));
          else yield joined(next, name);
        }
        token = page.next_page_token || undefined;
      } while (token !== undefined);
    }
  }

  async close(): Promise<void> {
    this.#calls.close();
  }

  async #page(folder: string, token: string | undefined): Promise<FolderPage> {
    return this.#caller.call(`listing ${folder}`, async (signal) => {
      const query = token === undefined ? {} : { query: { page_token: token } };
      const answer = await this.#unlessAbsent({
        method: 'GET',
        path: this.#url('directories', folder),
        ...query,
        signal,
      });
      return answer === undefined ? {} : (JSON.parse(answer.body.toString()) as FolderPage);
    });
  }

  /** Creating a folder that is there changes nothing, and its parents are made with it. */
  async #makeFolder(folder: string): Promise<void> {
    if (this.#folders.has(folder)) return;
    const path = this.#url('directories', folder === '.' ? '' : folder);
    await this.#caller.call(`making the folder ${folder}`, (signal) => this.#send({ method: 'PUT', path, signal }));
    this.#folders.add(folder);
  }

  async #isSame(name: string, localPath: string, size: number): Promise<boolean> {
    const [here, there] = [createHash('sha256'), createHash('sha256')];
    const file = await open(localPath);
    try {
      for (let start = 0; start < size; start += COMPARED_BYTES) {
        const length = Math.min(COMPARED_BYTES, size - start);
        const { buffer } = await file.read(Buffer.alloc(length), 0, length, start);
        here.update(buffer);
        there.update((await this.readRange(name, start, start + length)) ?? '');
      }
    } finally {
      await file.close();
    }
    return here.digest('hex') === there.digest('hex');
  }

  async #unlessAbsent(request: FilesRequest): Promise<Response<Buffer> | undefined> {
    try {
      return await this.#send(request);
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  async #send(request: FilesRequest): Promise<Response<Buffer>> {
    const answer = await this.#calls.send(request);
    this.#caller.hide(...this.#calls.secrets);
    return answer;
  }

  #url(kind: 'files' | 'directories', name: string): string {
    return `${kind}${joined(this.#path, name).split('/').map(encodeURIComponent).join('/')}`;
  }
}

interface FolderPage {
  readonly contents?: readonly { readonly name: string; readonly is_directory: boolean }[];
  readonly next_page_token?: string;
}
