import { CREATED_BEFORE_AS_OF_MS, DEFAULT_CONTENT_TYPE, REQUEST_IDS } from '../domain/feeds/rows.ts';
import { COMPLETION_SECONDS, PAUSE_SECONDS } from '../domain/simulation/completions.ts';
import { DAILY_DOSE_COUNT } from '../domain/simulation/manager-choice.ts';

/** The text of `databricks/btc_constants.py`: the numbers and words of the contract that both languages share. */
export function pythonConstants(): string {
  const constants = {
    DAILY_DOSE_COUNT,
    REQUEST_ID_FIRST: REQUEST_IDS.first,
    REQUEST_ID_COUNT: REQUEST_IDS.count,
    DEFAULT_CONTENT_TYPE,
    CREATED_BEFORE_AS_OF_MS,
    COMPLETION_SECONDS_MIN: COMPLETION_SECONDS.min,
    COMPLETION_SECONDS_MAX: COMPLETION_SECONDS.max,
    PAUSE_SECONDS_MIN: PAUSE_SECONDS.min,
    PAUSE_SECONDS_MAX: PAUSE_SECONDS.max,
  };
  const lines = Object.entries(constants).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  return [
    '"""Constants of the feed contract, written by `npm run vectors` from the TypeScript domain. Do not edit."""',
    '',
    ...lines,
    '',
  ].join('\n');
}
