import { type Engine, literal, numberOf } from '../engine.ts';
import { namesOfHeaders } from './column-names.ts';
import { type OpenSource, viewColumn } from './source.ts';

/**
 * A file with a JSON object on each line. Its columns are the keys of all objects, in alphabetical order; keys that
 * differ in case alone are different columns. Objects and lists within are columns of JSON text.
 */
export async function openJsonLines(engine: Engine, path: string): Promise<OpenSource> {
  const objects = `read_ndjson_objects(${literal(path)}, ignore_errors=true, maximum_object_size=16777216)`;
  const rows = await engine.rows(
    `SELECT DISTINCT unnest(json_keys(json)) AS name FROM ${objects} WHERE json_type(json) = 'OBJECT' ORDER BY name`,
  );
  const keys = rows.map(({ name }) => String(name));
  const columns = namesOfHeaders(keys).map((named) => ({ ...named, physical: 'text' as const, dataType: 'string' }));
  const paths = keys.map((key) => literal(`/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`));
  const cells = keys.map((_, position) => `cells[${position + 1}] AS ${viewColumn(position)}`);
  const extracted = keys.length === 0 ? '[]' : `json_extract_string(json, [${paths.join(', ')}])`;
  return {
    format: 'jsonl',
    path,
    columns,
    relation: `(SELECT ${cells.join(', ') || 'NULL'} FROM (SELECT ${extracted} AS cells FROM ${objects} WHERE json_type(json) = 'OBJECT'))`,
    unreadable: async () => {
      const [row] = await engine.rows(
        `SELECT count(*) - count(CASE WHEN json_type(json) = 'OBJECT' THEN 1 END) AS bad FROM ${objects}`,
      );
      return numberOf(row?.bad);
    },
  };
}
