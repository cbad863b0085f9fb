import type { Texts } from './given.ts';
import { present } from './present.ts';
import { proxyFor } from './proxy-choice.ts';
import type { Values } from './schema.ts';

/**
 * What the SDKs of object stores take out of the environment by themselves, and nobody may see. A signature's own part
 * (`sig=`) is a secret wherever it stands.
 */
const SECRET_VARIABLES = [
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  'AZURE_CLIENT_SECRET',
  'AZURE_CLIENT_CERTIFICATE_PASSWORD',
  'AZURE_STORAGE_CONNECTION_STRING',
  'AZURE_STORAGE_KEY',
  'AZURE_STORAGE_SAS_TOKEN',
] as const;
const SECRET_PART = /(?<=(?:AccountKey|SharedAccessSignature)=)[^;]+|(?<=\bsig=)[^&;]+/g;

/** How object stores are called, besides what their SDKs find by themselves. */
export interface StoreAccess {
  readonly s3: { readonly pathStyle?: boolean; readonly proxyUrl?: string; readonly secrets: readonly string[] };
  readonly azure: {
    readonly connectionString?: string;
    readonly accountKey?: string;
    readonly sasToken?: string;
    readonly proxyUrl?: string;
    readonly secrets: readonly string[];
  };
}

/**
 * What the environment says of object stores, under the names that the SDKs and the uploader know.
 * - With an endpoint of one's own (AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL) the bucket stands in the path, unless
 *   AWS_VIRTUAL_HOSTED_STYLE_REQUEST is true. The SDK reads the endpoint itself.
 */
export function storeAccess(values: Values, env: Texts = process.env): StoreAccess {
  const endpoint = env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || undefined;
  const pathStyle = endpoint !== undefined && env.AWS_VIRTUAL_HOSTED_STYLE_REQUEST?.toLowerCase() !== 'true';
  const secrets = storeSecrets(env);
  return {
    s3: {
      pathStyle,
      secrets,
      ...present({ proxyUrl: proxyFor(endpoint ?? 'https://s3.amazonaws.com', values) }),
    },
    azure: {
      secrets,
      ...present({
        connectionString: env.AZURE_STORAGE_CONNECTION_STRING || null,
        accountKey: env.AZURE_STORAGE_KEY || null,
        sasToken: env.AZURE_STORAGE_SAS_TOKEN || null,
        proxyUrl: proxyFor('https://account.blob.core.windows.net', values),
      }),
    },
  };
}

/** The secrets for object stores in the environment, as they are and in their parts. */
export function storeSecrets(env: Texts = process.env): string[] {
  return SECRET_VARIABLES.flatMap((name) => {
    const text = env[name];
    return text === undefined || text === '' ? [] : [text, ...(text.match(SECRET_PART) ?? [])];
  });
}
