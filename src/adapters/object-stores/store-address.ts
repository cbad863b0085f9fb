import { BtcFakeError } from '../../domain/errors.ts';
import { quotedValue } from '../../domain/quoted-value.ts';

/** Where files go, by kind of store. A prefix has no slash at its ends and may be empty. */
export type StoreAddress =
  | { readonly kind: 's3'; readonly root: string; readonly bucket: string; readonly prefix: string }
  | {
      readonly kind: 'azure';
      readonly root: string;
      /** `https://ACCOUNT.blob.core.windows.net`. */
      readonly endpoint: string;
      readonly account: string;
      readonly container: string;
      readonly prefix: string;
      /** The query of an address that is signed (SAS), without `?`: a secret. */
      readonly sas?: string;
    }
  | {
      readonly kind: 'volume';
      readonly root: string /** `/Volumes/…`, without a slash at its end. */;
      readonly path: string;
    }
  | { readonly kind: 'folder'; readonly root: string; readonly path: string };

const FORMS =
  'Write a folder, s3://BUCKET/PREFIX, abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH, https://ACCOUNT.blob.core.windows.net/CONTAINER/PATH, or dbfs:/Volumes/CATALOG/SCHEMA/VOLUME/PATH.';
const S3 = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/;
const ABFSS = /^abfss:\/\/([a-z0-9$-]+)@([a-z0-9]+)\.dfs\.([a-z0-9.-]+)(?:\/(.*))?$/;
const BLOB = /^https:\/\/([a-z0-9]+)\.blob\.([a-z0-9.-]+)\/([a-z0-9$-]+)(?:\/([^?]*))?(?:\?(.*))?$/;
const VOLUME = /^(?:dbfs:)?(\/Volumes(?:\/[^/]+){3}(?:\/.*)?)$/;

/**
 * What an address names. A text without a scheme is a folder of this machine, unless it begins with `/Volumes/`.
 * @throws BtcFakeError CONFIG_INVALID; its message holds no login.
 */
export function parseStoreAddress(url: string): StoreAddress {
  const s3 = S3.exec(url);
  if (s3 !== null) {
    const prefix = prefixOf(s3[2], url);
    return { kind: 's3', root: joined(`s3://${s3[1]}`, prefix), bucket: s3[1]!, prefix };
  }
  const abfss = ABFSS.exec(url);
  if (abfss !== null) {
    const [, container = '', account = '', domain = '', path] = abfss;
    const prefix = prefixOf(path, url);
    const root = joined(`abfss://${container}@${account}.dfs.${domain}`, prefix);
    return { kind: 'azure', root, endpoint: `https://${account}.blob.${domain}`, account, container, prefix };
  }
  const blob = BLOB.exec(url);
  if (blob !== null) {
    const [, account = '', domain = '', container = '', path, sas] = blob;
    const prefix = prefixOf(path, url);
    const endpoint = `https://${account}.blob.${domain}`;
    const root = joined(`${endpoint}/${container}`, prefix);
    return { kind: 'azure', root, endpoint, account, container, prefix, ...(sas ? { sas } : {}) };
  }
  const volume = VOLUME.exec(url);
  if (volume !== null) {
    const path = `/${prefixOf(volume[1], url)}`;
    return { kind: 'volume', root: `dbfs:${path}`, path };
  }
  if (/^[a-z][a-z0-9+.-]+:/i.test(url) || url.startsWith('/Volumes/') || url === '') throw unknown(url);
  return { kind: 'folder', root: url, path: url };
}

/** Whether an address is a folder of this machine. @throws BtcFakeError CONFIG_INVALID. */
export function isFolder(url: string): boolean {
  return parseStoreAddress(url).kind === 'folder';
}

/** A prefix and what is below it. */
export function joined(prefix: string, name: string): string {
  return prefix === '' || name === '' ? `${prefix}${name}` : `${prefix}/${name}`;
}

function prefixOf(path: string | undefined, url: string): string {
  const prefix = (path ?? '').replace(/^\/+|\/+$/g, '');
  if (/(^|\/)\.{0,2}(\/|$)/.test(prefix) && prefix !== '') throw unknown(url);
  return prefix;
}

function unknown(url: string): BtcFakeError {
  // What stands before an @ or behind a ? may be a login.
  const shown = url.replace(/\/\/[^/]*:[^/]*@/, '//…@').replace(/\?.*$/s, '?…');
  return new BtcFakeError('CONFIG_INVALID', `${quotedValue(shown, 200)} names no place where files can be landed.`, {
    remedy: FORMS,
  });
}
