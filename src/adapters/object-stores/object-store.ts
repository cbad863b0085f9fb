/**
 * Files that are created once and never changed: in a local folder, S3, Azure Data Lake Gen2 or a Databricks Volume.
 * Names are relative to the root, with `/` between folders. Source: issue 16, contract section 7.
 */
export interface ObjectStore {
  /** The root as people wrote it, without credentials: for messages, records and manifests. */
  readonly root: string;
  /**
   * Copies a local file to `name`, unless something is there.
   * A write that the server took before its answer was lost is `created`.
   * @throws BtcFakeError LANDING_FAILED (unreachable, time-out, storage), LANDING_DENIED (credentials, rights).
   */
  createFile(name: string, localPath: string): Promise<'created' | 'exists'>;
  /** The size in bytes of a file, or undefined where there is none. Throws as `createFile`. */
  sizeOf(name: string): Promise<number | undefined>;
  /** Bytes `start` to `end` (exclusive) of a file; undefined where there is none. Throws as `createFile`. */
  readRange(name: string, start: number, end: number): Promise<Buffer | undefined>;
  /** The names of all files below a folder, relative to the root, of every page. Throws as `createFile`. */
  list(folder: string): AsyncIterable<string>;
  /** Ends connections. */
  close(): Promise<void>;
}
