import type { Values } from './schema.ts';

/** How the recommender is told who calls; null when nothing is set. */
export interface RecommenderLogin {
  /** Its name is in small letters. */
  readonly authHeader: { readonly name: string; readonly value: string } | null;
  /** What nobody may see of it, in every form in which an answer may repeat it. */
  readonly secrets: readonly string[] | null;
}

/** `API_AUTH_HEADER` as it is, else `API_KEY` as the user name of HTTP Basic with an empty password. */
export function recommenderLogin({ API_KEY: key, API_AUTH_HEADER: header }: Values): RecommenderLogin {
  const basic = key === null ? null : { name: 'authorization', value: `Basic ${base64(`${key}:`)}` };
  const own = header === null ? null : split(header);
  const secrets = [key, ...[basic, own].flatMap((one) => (one === null ? [] : secretsOfHeader(one.value)))];
  const found = secrets.filter((secret) => secret !== null);
  return { authHeader: own ?? basic, secrets: found.length === 0 ? null : [...new Set(found)] };
}

function split(header: string) {
  const at = header.indexOf(': ');
  return { name: header.slice(0, at).toLowerCase(), value: header.slice(at + 2) };
}

/** Its value and the part behind its scheme; of Basic also what that says. */
function secretsOfHeader(value: string): string[] {
  const [, scheme = '', credential = value] = /^([A-Za-z]+) +(.+)$/.exec(value) ?? [];
  const said = /^basic$/i.test(scheme) ? Buffer.from(credential, 'base64').toString('utf8') : '';
  return [value, credential, said, said.replace(/^[^:]*:/, '')].filter((secret) => secret !== '');
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
