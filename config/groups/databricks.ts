import { HTTP_PATH, IDENTIFIER, TEXT, TOKEN, WORKSPACE_HOST, wholeNumber } from '../formats.ts';
import { optional, secret, withDefault } from '../setting.ts';

const LONG_SECONDS = wholeNumber('a number of seconds', 1, 3600);

/** Training records (contract section 1). */
export const DATABRICKS = {
  DATABRICKS_HOST: optional(
    WORKSPACE_HOST,
    'adb-1234567890123456.7.workspace.example',
    'Host of the Databricks workspace; may carry a port. Not set, open assignments are not read.',
  ),
  DATABRICKS_HTTP_PATH: optional(HTTP_PATH, '/sql/1.0/warehouses/1a2b3c4d5e6f7a8b', 'HTTP path of the SQL warehouse.'),
  DATABRICKS_TOKEN: secret(
    TOKEN,
    'dapi0123456789abcdef',
    'Personal access token. Comes before a client id and secret.',
  ),
  DATABRICKS_CLIENT_ID: optional(
    TOKEN,
    '01234567-89ab-cdef-0123-456789abcdef',
    'Id of the service principal for OAuth machine-to-machine; needs DATABRICKS_CLIENT_SECRET.',
  ),
  DATABRICKS_CLIENT_SECRET: secret(TOKEN, 'dose0123456789abcdef', 'Secret of the service principal.'),
  DATABRICKS_CATALOG: withDefault(IDENTIFIER, 'retail_systems_dev', 'Catalog of the training tables.'),
  DATABRICKS_SCHEMA: withDefault(IDENTIFIER, 'store_enablement', 'Schema of the training tables.'),
  DATABRICKS_TIMEOUT: withDefault(
    LONG_SECONDS,
    '600',
    'Seconds that Databricks may take for one answer, and that a warehouse which is starting is waited for in all.',
  ),
  DATABRICKS_CA_FILE: optional(
    TEXT,
    'certs/private-ca.pem',
    "File (PEM) of the private certificate authority that signed the workspace's certificate.",
  ),
};
