import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { BlobServiceClient, BlockBlobClient, ContainerClient } from '@azure/storage-blob';
import { type FileParts, PART_BYTES, withFileParts } from './file-parts.ts';
import type { ObjectStore } from './object-store.ts';
import { joined, type StoreAddress } from './store-address.ts';
import { type CallLimits, codeOf, StoreCaller, statusOf } from './store-fault.ts';

/** How Azure is called. Without any of the three logins: what `DefaultAzureCredential` finds. */
export interface AzureSettings extends CallLimits {
  /** Of an account, with its key or a signature; counts first, if it is for the account of the address. */
  readonly connectionString?: string;
  readonly accountKey?: string;
  /** A signature (SAS) with or without `?`; one in the address counts before it. */
  readonly sasToken?: string;
  /** The proxy on the way, perhaps with a login. */
  readonly proxyUrl?: string;
  /** Texts that must never get into a message. */
  readonly secrets?: readonly string[];
  /** Files larger than this are sent in blocks, for which an identity needs the right to overwrite. Default 4 GiB. */
  readonly wholeBytes?: number;
  /** The size of a block. Default 8 MiB. */
  readonly partBytes?: number;
}

type Address = Extract<StoreAddress, { kind: 'azure' }>;

const LOGIN =
  'Check the login for Azure (AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN, or an identity), and that it may list, read and create there.';
/** Names the call that wrote a blob: it tells one's own write, whose answer was lost, from another's. */
const WRITER = 'btcfakewriter';
/** What Data Lake Gen2 marks its folders with. */
const FOLDER = 'hdi_isfolder';
/** Azure takes 5,000 MiB in one request. */
const WHOLE_BYTES = 4 * 1024 ** 3;
/** The slowest line on which a file is still sent to its end. */
const LEAST_BYTES_PER_MS = 100;

/**
 * Opens a store in a container of Azure Storage, with or without Data Lake's folders, by the API of blobs. Nothing is
 * called yet. Every blob is created under the condition that none is there (If-None-Match: *).
 */
export async function openAzureStore(address: Address, settings: AzureSettings = {}): Promise<ObjectStore> {
  const service = await openService(address, settings);
  return new AzureStore(service.getContainerClient(address.container), address, settings);
}

async function openService(address: Address, settings: AzureSettings): Promise<BlobServiceClient> {
  const sdk = await import('@azure/storage-blob');
  const { connectionString, accountKey, sasToken, proxyUrl } = settings;
  const proxy = proxyUrl === undefined ? undefined : new URL(proxyUrl);
  const options = {
    // Repeating is done in StoreCaller: only then is it known that an answer was lost.
    retryOptions: { maxTries: 1 },
    ...(proxy && {
      proxyOptions: {
        host: `${proxy.protocol}//${proxy.hostname}`,
        port: Number(proxy.port) || (proxy.protocol === 'https:' ? 443 : 80),
        username: decodeURIComponent(proxy.username),
        password: decodeURIComponent(proxy.password),
      },
    }),
  };
  const signature = address.sas ?? sasToken?.replace(/^\?/, '');
  if (address.sas === undefined && connectionString !== undefined) {
    const service = sdk.BlobServiceClient.fromConnectionString(connectionString, options);
    if (service.accountName === address.account) return service;
  }
  if (signature !== undefined) return new sdk.BlobServiceClient(`${address.endpoint}?${signature}`, undefined, options);
  if (accountKey !== undefined) {
    const credential = new sdk.StorageSharedKeyCredential(address.account, accountKey);
    return new sdk.BlobServiceClient(address.endpoint, credential, options);
  }
  const { DefaultAzureCredential } = await import('@azure/identity');
  return new sdk.BlobServiceClient(address.endpoint, new DefaultAzureCredential(), options);
}

/** A signature as a whole and its parts that are secret, as they are and as an address writes them. */
function secretsOf(
  { sas }: Address,
  { connectionString, accountKey, sasToken, secrets = [] }: AzureSettings,
): string[] {
  const signatures = [sas, sasToken].flatMap((text) => {
    const sig = new URLSearchParams(text ?? '').get('sig');
    return sig === null ? [text] : [text, sig, encodeURIComponent(sig)];
  });
  const keys = (connectionString ?? '').match(/(?<=(AccountKey|SharedAccessSignature)=)[^;]+/g) ?? [];
  return [...secrets, ...signatures, connectionString, accountKey, ...keys].filter((text) => text !== undefined);
}

class AzureStore implements ObjectStore {
  readonly root: string;
  readonly #container: ContainerClient;
  readonly #prefix: string;
  readonly #caller: StoreCaller;
  readonly #wholeBytes: number;
  readonly #partBytes: number;
  readonly #timeoutMs: number;

  constructor(container: ContainerClient, address: Address, settings: AzureSettings) {
    this.root = address.root;
    this.#container = container;
    this.#prefix = address.prefix;
    this.#caller = new StoreCaller(address.root, LOGIN, secretsOf(address, settings), settings);
    this.#wholeBytes = settings.wholeBytes ?? WHOLE_BYTES;
    this.#partBytes = settings.partBytes ?? PART_BYTES;
    this.#timeoutMs = settings.timeoutMs ?? 60_000;
  }

  async createFile(name: string, localPath: string): Promise<'created' | 'exists'> {
    return withFileParts(localPath, this.#partBytes, async (parts) => {
      // Gigabytes are not sent where something is already.
      if (parts.count > 1 && (await this.sizeOf(name)) !== undefined) return 'exists';
      return parts.size > this.#wholeBytes
        ? this.#putInBlocks(name, parts)
        : this.#putWhole(name, localPath, parts.size);
    });
  }

  async sizeOf(name: string): Promise<number | undefined> {
    return (await this.#caller.call(`looking at ${name}`, (signal) => this.#head(name, signal)))?.size;
  }

  async readRange(name: string, start: number, end: number): Promise<Buffer | undefined> {
    if (end <= start) return (await this.sizeOf(name)) === undefined ? undefined : Buffer.alloc(0);
    return this.#caller.call(`reading ${name}`, async (abortSignal) => {
      try {
        const options = { abortSignal, maxRetryRequests: 0 };
        const { readableStreamBody, contentLength } = await this.#blob(name).download(start, end - start, options);
        const bytes = readableStreamBody === undefined ? Buffer.alloc(0) : await buffer(readableStreamBody);
        if (contentLength !== undefined && bytes.length !== contentLength) throw new Error('the answer was cut short');
        return bytes;
      } catch (error) {
        if (codeOf(error) === 'BlobNotFound') return undefined;
        if (statusOf(error) === 416) return Buffer.alloc(0);
        throw error;
      }
    });
  }

  async *list(folder: string): AsyncIterable<string> {
    const below = joined(this.#prefix, folder);
    const prefix = below === '' ? '' : `${below}/`;
    let continuationToken: string | undefined;
    do {
      const page = await this.#caller.call(`listing ${folder}`, async (abortSignal) => {
        const pages = this.#container
          .listBlobsFlat({ prefix, includeMetadata: true, abortSignal })
          .byPage(continuationToken === undefined ? {} : { continuationToken });
        return (await pages.next()).value;
      });
      for (const { name, metadata } of page?.segment.blobItems ?? []) {
        if (metadata?.[FOLDER] === 'true') continue;
        yield this.#prefix === '' ? name : name.slice(this.#prefix.length + 1);
      }
      continuationToken = page?.continuationToken || undefined;
    } while (continuationToken !== undefined);
  }

  async close(): Promise<void> {
    // The library keeps no connection that would hold the process.
  }

  #blob(name: string): BlockBlobClient {
    return this.#container.getBlockBlobClient(joined(this.#prefix, name));
  }

  async #head(name: string, abortSignal: AbortSignal): Promise<{ size: number; writer?: string } | undefined> {
    try {
      const { contentLength, metadata } = await this.#blob(name).getProperties({ abortSignal });
      const writer = metadata?.[WRITER];
      return { size: contentLength ?? 0, ...(writer === undefined ? {} : { writer }) };
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  /** The service compares what arrived with the hash. */
  async #putWhole(name: string, localPath: string, size: number): Promise<'created' | 'exists'> {
    const writer = randomUUID();
    const hash = createHash('md5');
    await pipeline(createReadStream(localPath), hash);
    const blobContentMD5 = hash.digest();
    const limitMs = this.#timeoutMs + Math.ceil(size / LEAST_BYTES_PER_MS);
    return this.#create(
      name,
      writer,
      (abortSignal) =>
        this.#blob(name).upload(() => createReadStream(localPath), size, {
          abortSignal,
          conditions: { ifNoneMatch: '*' },
          metadata: { [WRITER]: writer },
          blobHTTPHeaders: { blobContentMD5 },
        }),
      limitMs,
    );
  }

  /** Blocks that are never put together vanish after a week; their names are this call's own. */
  async #putInBlocks(name: string, parts: FileParts): Promise<'created' | 'exists'> {
    const writer = randomUUID();
    const blob = this.#blob(name);
    const blocks: string[] = [];
    for (let index = 0; index < parts.count; index += 1) {
      const id = Buffer.from(`${writer}-${String(index).padStart(6, '0')}`).toString('base64');
      const bytes = await parts.part(index);
      const transactionalContentMD5 = createHash('md5').update(bytes).digest();
      await this.#caller.call(`writing block ${index + 1} of ${parts.count} of ${name}`, (abortSignal) =>
        blob.stageBlock(id, bytes, bytes.length, { abortSignal, transactionalContentMD5 }),
      );
      blocks.push(id);
    }
    return this.#create(name, writer, (abortSignal) =>
      blob.commitBlockList(blocks, {
        abortSignal,
        conditions: { ifNoneMatch: '*' },
        metadata: { [WRITER]: writer },
      }),
    );
  }

  /** What a refused creation means: somebody else's blob is there, or one's own whose answer was lost. */
  async #create(
    name: string,
    writer: string,
    create: (signal: AbortSignal) => Promise<unknown>,
    limitMs = this.#timeoutMs,
  ): Promise<'created' | 'exists'> {
    const work = async (signal: AbortSignal) => {
      try {
        await create(signal);
        return 'created';
      } catch (error) {
        const found = isTaken(error) ? await this.#head(name, signal) : undefined;
        if (found === undefined) throw error;
        return found.writer === writer ? 'created' : 'exists';
      }
    };
    return this.#caller.call(`writing ${name}`, work, limitMs);
  }
}

/** Another's commit takes away the blocks that were staged for the same name (InvalidBlockList). */
function isTaken(error: unknown): boolean {
  const status = statusOf(error);
  return status === 409 || status === 412 || codeOf(error) === 'InvalidBlockList';
}
