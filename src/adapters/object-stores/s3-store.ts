import { randomUUID } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import { agentsThrough } from '../http/proxy-agents.ts';
import { type FileParts, PART_BYTES, withFileParts } from './file-parts.ts';
import type { ObjectStore } from './object-store.ts';
import { joined, type StoreAddress } from './store-address.ts';
import { type CallLimits, codeOf, StoreCaller, statusOf } from './store-fault.ts';

/** How S3 is called, besides what the SDK finds by itself (credentials, region, endpoint). */
export interface S3Settings extends CallLimits {
  /** The bucket stands in the path, not in the host's name: what most servers other than AWS need. */
  readonly pathStyle?: boolean;
  /** The proxy on the way, perhaps with a login. */
  readonly proxyUrl?: string;
  /** Texts that must never get into a message. */
  readonly secrets?: readonly string[];
  /** Files larger than this are sent in parts of this size. Default 8 MiB; S3 takes no smaller part than 5 MiB. */
  readonly partBytes?: number;
}

type Sdk = typeof import('@aws-sdk/client-s3');
type Address = Extract<StoreAddress, { kind: 's3' }>;

const LOGIN =
  'Check the credentials that the AWS SDK finds (AWS_PROFILE, AWS_ACCESS_KEY_ID, a role), and that they may list, read and create there.';
/** Names the call that wrote an object: it tells one's own write, whose answer was lost, from another's. */
const WRITER = 'btc-fake-writer';
/** A file in parts has a limit for every part, not one for all. */
const A_DAY_MS = 24 * 60 * 60 * 1_000;

/**
 * Opens a store in a bucket. Nothing is called yet.
 * - Every object is created under the condition that none is there (If-None-Match: *), in parts too.
 * - Parts of a file that failed are given up (AbortMultipartUpload), as far as the store answers.
 */
export async function openS3Store(address: Address, settings: S3Settings = {}): Promise<ObjectStore> {
  const sdk = await import('@aws-sdk/client-s3');
  const { pathStyle, proxyUrl, timeoutMs = 60_000 } = settings;
  const agents = proxyUrl === undefined ? undefined : agentsThrough(proxyUrl, timeoutMs);
  const client = new sdk.S3Client({
    // Repeating is done here: only then is it known that an answer was lost.
    maxAttempts: 1,
    ...(pathStyle === undefined ? {} : { forcePathStyle: pathStyle }),
    ...(agents && { requestHandler: { httpAgent: agents.http, httpsAgent: agents.https } }),
  });
  return new S3Store(sdk, client, address, settings);
}

class S3Store implements ObjectStore {
  readonly root: string;
  readonly #sdk: Sdk;
  readonly #client: S3Client;
  readonly #address: Address;
  readonly #caller: StoreCaller;
  readonly #partBytes: number;

  constructor(sdk: Sdk, client: S3Client, address: Address, settings: S3Settings) {
    this.root = address.root;
    this.#sdk = sdk;
    this.#client = client;
    this.#address = address;
    this.#caller = new StoreCaller(address.root, LOGIN, settings.secrets ?? [], settings);
    this.#partBytes = settings.partBytes ?? PART_BYTES;
  }

  async createFile(name: string, localPath: string): Promise<'created' | 'exists'> {
    return withFileParts(localPath, this.#partBytes, async (parts) => {
      if (parts.count === 1) return this.#putWhole(name, await parts.part(0));
      // Gigabytes are not sent where something is already.
      if ((await this.sizeOf(name)) !== undefined) return 'exists';
      return this.#caller.call(`writing ${name}`, () => this.#putInParts(name, parts), A_DAY_MS);
    });
  }

  async sizeOf(name: string): Promise<number | undefined> {
    return (await this.#call(`looking at ${name}`, (signal) => this.#head(name, signal)))?.size;
  }

  async readRange(name: string, start: number, end: number): Promise<Buffer | undefined> {
    if (end <= start) return (await this.sizeOf(name)) === undefined ? undefined : Buffer.alloc(0);
    return this.#call(`reading ${name}`, async (abortSignal) => {
      try {
        const command = new this.#sdk.GetObjectCommand({ ...this.#object(name), Range: `bytes=${start}-${end - 1}` });
        const { Body, ContentLength } = await this.#client.send(command, { abortSignal });
        const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
        if (ContentLength !== undefined && bytes.length !== ContentLength) throw new Error('the answer was cut short');
        return bytes;
      } catch (error) {
        if (codeOf(error) === 'NoSuchKey') return undefined;
        if (statusOf(error) === 416) return Buffer.alloc(0);
        throw error;
      }
    });
  }

  async *list(folder: string): AsyncIterable<string> {
    const { bucket: Bucket, prefix } = this.#address;
    const below = joined(prefix, folder);
    const Prefix = below === '' ? '' : `${below}/`;
    let token: string | undefined;
    do {
      const command = new this.#sdk.ListObjectsV2Command({ Bucket, Prefix, ContinuationToken: token });
      const page = await this.#call(`listing ${folder}`, (abortSignal) => this.#client.send(command, { abortSignal }));
      for (const { Key = '' } of page.Contents ?? []) {
        // A folder made by hand is an object whose name ends in a slash.
        if (!Key.endsWith('/')) yield prefix === '' ? Key : Key.slice(prefix.length + 1);
      }
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  async close(): Promise<void> {
    this.#client.destroy();
  }

  #object(name: string): { Bucket: string; Key: string } {
    return { Bucket: this.#address.bucket, Key: joined(this.#address.prefix, name) };
  }

  /** What the SDK found is hidden before anything can be said of it. */
  async #call<T>(doing: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#caller.call(doing, async (signal) => {
      const { secretAccessKey, sessionToken } = await this.#client.config.credentials();
      this.#caller.hide(secretAccessKey, sessionToken);
      return work(signal);
    });
  }

  async #head(name: string, abortSignal: AbortSignal): Promise<{ size: number; writer?: string } | undefined> {
    try {
      const answer = await this.#client.send(new this.#sdk.HeadObjectCommand(this.#object(name)), { abortSignal });
      const writer = answer.Metadata?.[WRITER];
      return { size: answer.ContentLength ?? 0, ...(writer === undefined ? {} : { writer }) };
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  async #putWhole(name: string, bytes: Buffer): Promise<'created' | 'exists'> {
    const writer = randomUUID();
    const input = { ...this.#object(name), Body: bytes, IfNoneMatch: '*', Metadata: { [WRITER]: writer } };
    return this.#call(`writing ${name}`, (abortSignal) =>
      this.#orTaken(name, writer, abortSignal, () =>
        this.#client.send(new this.#sdk.PutObjectCommand(input), { abortSignal }),
      ),
    );
  }

  /** What a refused creation means: somebody else's object is there, or one's own whose answer was lost. */
  async #orTaken(
    name: string,
    writer: string,
    signal: AbortSignal,
    create: () => Promise<unknown>,
  ): Promise<'created' | 'exists'> {
    try {
      await create();
      return 'created';
    } catch (error) {
      const found = isTaken(error) ? await this.#head(name, signal) : undefined;
      // 409: another creation was under way; there may be nothing yet.
      if (found === undefined) throw error;
      return found.writer === writer ? 'created' : 'exists';
    }
  }

  /** A conflict (409) while the parts are put together ends the upload, so the file is then sent again as a whole. */
  async #putInParts(name: string, parts: FileParts): Promise<'created' | 'exists'> {
    const writer = randomUUID();
    const object = this.#object(name);
    const begin = new this.#sdk.CreateMultipartUploadCommand({ ...object, Metadata: { [WRITER]: writer } });
    const { UploadId } = await this.#call(`writing ${name}`, (abortSignal) =>
      this.#client.send(begin, { abortSignal }),
    );
    let outcome: 'created' | 'exists' | undefined;
    try {
      const Parts: { PartNumber: number; ETag: string | undefined }[] = [];
      for (let index = 0; index < parts.count; index += 1) {
        const PartNumber = index + 1;
        const Body = await parts.part(index);
        const command = new this.#sdk.UploadPartCommand({ ...object, UploadId, PartNumber, Body });
        const doing = `writing part ${PartNumber} of ${parts.count} of ${name}`;
        const { ETag } = await this.#call(doing, (abortSignal) => this.#client.send(command, { abortSignal }));
        Parts.push({ PartNumber, ETag });
      }
      const input = { ...object, UploadId, IfNoneMatch: '*', MultipartUpload: { Parts } };
      let conflict: unknown;
      outcome = await this.#call(`writing ${name}`, (abortSignal) =>
        this.#orTaken(name, writer, abortSignal, () =>
          this.#client.send(new this.#sdk.CompleteMultipartUploadCommand(input), { abortSignal }),
        ).catch((error: unknown) => {
          if (statusOf(error) !== 409) throw error;
          conflict = error;
          return undefined;
        }),
      );
      if (outcome === undefined) throw conflict;
      return outcome;
    } finally {
      if (outcome !== 'created') await this.#giveUp(object, UploadId);
    }
  }

  async #giveUp(object: { Bucket: string; Key: string }, UploadId: string | undefined): Promise<void> {
    const command = new this.#sdk.AbortMultipartUploadCommand({ ...object, UploadId });
    // The store's own rule for unfinished uploads removes what stays (docs/lakehouse.md).
    await this.#client.send(command, { abortSignal: AbortSignal.timeout(10_000) }).catch(() => undefined);
  }
}

function isTaken(error: unknown): boolean {
  const status = statusOf(error);
  return status === 412 || status === 409 || codeOf(error) === 'NoSuchUpload';
}
