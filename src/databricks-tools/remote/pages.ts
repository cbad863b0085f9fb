import type { DatabricksRest } from '../../adapters/databricks/rest.ts';
import { BtcFakeError } from '../../domain/errors.ts';
import { anArray, anObject, aText } from './json-values.ts';

/** A list of the API, of which each answer holds a page. */
export interface PagedList {
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>>;
  /** As it reads in a message: `listing the schemas of people`. */
  readonly doing: string;
}

type Entry = Readonly<Record<string, unknown>>;

/** The most that SCIM gives at once. */
const SCIM_PAGE = 100;
const READINGS = 3;

/**
 * Everything in a list whose pages name the next with `next_page_token`, also after a page that is empty. A page that
 * fails is an error, never a shorter list.
 * @param key under which a page has its entries.
 * @returns undefined when what is listed has gone.
 * @throws BtcFakeError DATABRICKS_API when the pages go in a circle; and what `DatabricksRest` throws.
 */
export async function allPages(rest: DatabricksRest, key: string, list: PagedList): Promise<Entry[] | undefined> {
  const found: Entry[] = [];
  const seen = new Set<string>();
  for (let token = ''; ; ) {
    const query = { ...list.query, ...(token === '' ? {} : { page_token: token }) };
    const answer = await rest.call({ method: 'GET', path: list.path, query, doing: list.doing, mayLack: true });
    if (answer === undefined) return undefined;
    const page = anObject(answer);
    found.push(...anArray(page[key]).map(anObject));
    token = aText(page.next_page_token);
    if (token === '') return found;
    if (seen.has(token)) throw changed(list, 'its pages go in a circle');
    seen.add(token);
  }
}

/**
 * Everything in a list of SCIM. Its pages are numbered, so an entry that comes or goes meanwhile moves the others: the
 * list is then read again, three times in all.
 * @throws BtcFakeError DATABRICKS_API when it changes each time; and what `DatabricksRest` throws.
 */
export async function allOfScim(rest: DatabricksRest, list: PagedList): Promise<Entry[]> {
  for (let reading = 1; reading <= READINGS; reading += 1) {
    const found = await scimReading(rest, list);
    if (found !== undefined) return found;
  }
  throw changed(list, 'it changed each time while it was read');
}

/** One reading; undefined when the number of entries changed or does not agree with what came. */
async function scimReading(rest: DatabricksRest, list: PagedList): Promise<Entry[] | undefined> {
  const found = new Map<string, Entry>();
  let total: number | undefined;
  for (let startIndex = 1; total === undefined || startIndex <= total; ) {
    const query = { ...list.query, startIndex, count: SCIM_PAGE };
    const page = anObject(await rest.call({ method: 'GET', path: list.path, query, doing: list.doing }));
    const entries = anArray(page.Resources).map(anObject);
    if (typeof page.totalResults !== 'number') throw changed(list, 'it does not say how many there are');
    if (total !== undefined && page.totalResults !== total) return undefined;
    total = page.totalResults;
    for (const entry of entries) found.set(aText(entry.id), entry);
    if (entries.length === 0) break;
    startIndex += entries.length;
  }
  return found.size === total ? [...found.values()] : undefined;
}

function changed({ doing }: PagedList, what: string): BtcFakeError {
  return new BtcFakeError('DATABRICKS_API', `Databricks gave no whole list while ${doing}: ${what}`, {
    remedy: 'Try again.',
  });
}
