import { LANDING_ROOT } from '../formats.ts';
import { optional } from '../setting.ts';

/** Where runs land (contract section 7). */
export const LAKEHOUSE = {
  LAKEHOUSE_URL: optional(
    LANDING_ROOT,
    's3://training-landing/btc',
    'Where runs land: a folder, s3://, abfss://, https://ACCOUNT.blob.… or dbfs:/Volumes/… (see docs/lakehouse.md). Not set, nothing lands.',
  ),
};
