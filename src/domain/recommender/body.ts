import { BtcFakeError } from '../errors.ts';
import { type ContentId, parseContentId } from '../ids.ts';
import { printable } from '../quoted-value.ts';

const EXCERPT_LENGTH = 200;
const HOLDER_NAMES = ['response', 'data'] as const;
const LIST_NAMES = ['ml_recommendations', 'recommendations', 'results'] as const;
const ERROR_NAMES = ['error', 'errors'] as const;
/** Where services that have no `error` say what is wrong. */
const MESSAGE_NAMES = ['message', 'detail'] as const;
const ID_NAMES = ['recommended_content_id', 'content_id', 'contentId', 'ContentId'] as const;

/**
 * The recommended contents in the recommender's answer, in its order, each once; possibly none (contract section 1,
 * "Recommendations"). A list is taken whole or not at all: half an answer would look like an answer.
 * @param text the whole body as it was received.
 * @throws BtcFakeError RECOMMENDER_BODY, with its first 200 characters, when it is not JSON, holds no list where the
 * contract allows one, names an error beside an empty list, or holds an item without a valid content id.
 */
export function parseRecommendationBody(text: string): ContentId[] {
  const body = decode(text);
  const list = findList(body);
  if (list === undefined) throw notARecommendation('it holds no list of recommendations', text);
  if (list.length === 0 && holdsError(body)) throw notARecommendation('it names an error beside an empty list', text);
  const ids = new Set<ContentId>();
  for (const [index, item] of list.entries()) {
    const id = parseContentId(isObject(item) ? firstPresent(item, ID_NAMES) : item);
    if (id === undefined) throw notARecommendation(`item ${index + 1} of the list has no valid content id`, text);
    ids.add(id);
  }
  return [...ids];
}

/**
 * Whether a body that is no recommendation is JSON that says what is wrong, as a service does and a proxy or a crash
 * does not.
 */
export function namesAnError(text: string): boolean {
  try {
    const body: unknown = JSON.parse(text);
    return holdsError(body) || (isObject(body) && MESSAGE_NAMES.some((name) => isSaid(body[name])));
  } catch {
    return false;
  }
}

/** The first 200 characters of a text that somebody else wrote, on one line: what cannot be printed is escaped. */
export function bodyExcerpt(text: string): string {
  const characters = Array.from(text.slice(0, 2 * EXCERPT_LENGTH + 2));
  const shown = printable(characters.slice(0, EXCERPT_LENGTH).join(''));
  return characters.length > EXCERPT_LENGTH ? `${shown}…` : shown;
}

function decode(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw notARecommendation(text.trim() === '' ? 'it is empty' : 'it is not JSON', text, cause);
  }
}

/**
 * Where a name is present, nothing else is looked at: a `response` that is null or an error object must not be passed
 * over in favour of some other list.
 */
function findList(body: unknown): readonly unknown[] | undefined {
  const holder = isObject(body) ? firstPresent(body, HOLDER_NAMES, body) : body;
  const list = isObject(holder) ? firstPresent(holder, LIST_NAMES) : holder;
  return Array.isArray(list) ? list : undefined;
}

function holdsError(body: unknown): boolean {
  if (!isObject(body)) return false;
  return [body, firstPresent(body, HOLDER_NAMES)].some(
    (holder) => isObject(holder) && ERROR_NAMES.some((name) => isSaid(holder[name])),
  );
}

/** Services write "no error" as null, false, `""`, `[]` or `{}`. */
function isSaid(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function firstPresent(object: JsonObject, names: readonly string[], otherwise?: unknown): unknown {
  const name = names.find((candidate) => Object.hasOwn(object, candidate));
  return name === undefined ? otherwise : object[name];
}

function notARecommendation(reason: string, text: string, cause?: unknown): BtcFakeError {
  const shown = text.trim() === '' ? '' : `: ${bodyExcerpt(text)}`;
  return new BtcFakeError('RECOMMENDER_BODY', `The recommender's answer is no recommendation, ${reason}${shown}`, {
    remedy: 'Check that API_BASE_URL and API_ENDPOINT name the recommender, then re-queue the employee.',
    cause,
  });
}
