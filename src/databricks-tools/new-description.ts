import type { LoadedSettings } from '../../config/load.ts';
import { recommenderUrl } from '../domain/recommender/url.ts';
import { type StarterValues, starterDescription } from '../generators/description/starter.ts';

/** What stands in a new description where no recommender is configured. */
const EXAMPLE_CALL = 'https://recommender.example/public/api/v1/mltr/v3/run';

/** The text of a new description, with the settings of the queue that the native job has too; never a secret. */
export function newDescription(settings: LoadedSettings): string {
  return starterDescription(starterValues(settings));
}

function starterValues({ settings, values, sources }: LoadedSettings): StarterValues {
  const { recommender, schedule, run } = settings;
  const host = values.DATABRICKS_HOST;
  return {
    ...(host === null ? {} : { host }),
    'training_records.catalog': values.DATABRICKS_CATALOG,
    'training_records.schema': values.DATABRICKS_SCHEMA,
    'schedule.cron': schedule.cron,
    'schedule.time_zone': schedule.timeZone,
    'simulation.time_zone': run.timeZone,
    'simulation.feed_date_format': run.feedDateFormat,
    'simulation.catalog_date_formats': values.CATALOG_DATE_FORMATS ?? '',
    'simulation.catalog_max_age_days': values.CATALOG_MAX_AGE_DAYS,
    'simulation.catalog_max_mb': values.CATALOG_MAX_MB,
    'simulation.recommender.url': recommender
      ? recommenderUrl(recommender.baseUrl, recommender.endpoint).href
      : EXAMPLE_CALL,
    ...(sources.has('API_TIMEOUT') ? { 'simulation.recommender.timeout_seconds': values.API_TIMEOUT } : {}),
  };
}
