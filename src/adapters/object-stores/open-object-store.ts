import { resolve } from 'node:path';
import { BtcFakeError } from '../../domain/errors.ts';
import type { WorkspaceLogin } from '../databricks/workspace-login.ts';
import type { AzureSettings } from './azure-store.ts';
import { localFolder } from './local-folder.ts';
import type { ObjectStore } from './object-store.ts';
import type { S3Settings } from './s3-store.ts';
import { parseStoreAddress } from './store-address.ts';
import type { CallLimits } from './store-fault.ts';

/** What the stores need besides their address. All of it can be left out. */
export interface ObjectStoreSettings {
  readonly s3?: S3Settings;
  readonly azure?: AzureSettings;
  /** The workspace for `dbfs:/Volumes/…`. */
  readonly databricks?: WorkspaceLogin;
  readonly limits?: CallLimits;
}

/**
 * Opens the place that an address names; the library for it is loaded only now. Nothing is called yet. Close it.
 * @param url a folder, `s3://`, `abfss://`, `https://ACCOUNT.blob.…/CONTAINER` or `dbfs:/Volumes/…` (contract, 7).
 * @throws BtcFakeError CONFIG_INVALID.
 */
export async function openObjectStore(url: string, settings: ObjectStoreSettings = {}): Promise<ObjectStore> {
  const address = parseStoreAddress(url);
  const { s3, azure, databricks, limits } = settings;
  switch (address.kind) {
    case 's3':
      return (await import('./s3-store.ts')).openS3Store(address, { ...s3, ...limits });
    case 'azure':
      return (await import('./azure-store.ts')).openAzureStore(address, { ...azure, ...limits });
    case 'volume': {
      if (databricks !== undefined)
        return (await import('./volume-store.ts')).openVolumeStore(address, databricks, limits);
      throw new BtcFakeError('CONFIG_INVALID', `There is no login for the workspace of ${address.root}`, {
        remedy: 'Set DATABRICKS_HOST, and DATABRICKS_TOKEN or both DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET.',
      });
    }
    case 'folder':
      return localFolder(resolve(address.path));
  }
}
