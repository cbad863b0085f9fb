/** Characters that some YAML reader refuses or shows as nothing: all but plain text and whole astral characters. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\uFEFF\uFFFE\uFFFF]/gu;
const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;
/** A list or group on one line is not wider. */
const MOST_WIDTH = 110;

/** A comment above a key, by its path with `.`; `*` stands for any key or position. */
export type Comments = Readonly<Record<string, string>>;

/**
 * A value as YAML that every reader, of YAML 1.1 or 1.2, reads the same: every text and every key that is not one of
 * ours in double quotes, every fraction with a point.
 * @param known the keys that stand without quotes.
 */
export function yamlText(
  value: Readonly<Record<string, unknown>>,
  known: ReadonlySet<string>,
  comments: Comments,
): string {
  return new Writer(known, comments).group(value, 0, []).join('\n').concat('\n');
}

/** A text in double quotes, on one line. */
export function yamlString(text: string): string {
  return JSON.stringify(text.replace(LONE_SURROGATE, '\uFFFD')).replace(UNPRINTABLE, escaped);
}

/** A number that a reader of YAML 1.1 takes for a number too: `1.0e-7` where JavaScript writes `1e-7`. */
export function yamlNumber(number: number): string {
  if (!Number.isFinite(number)) return yamlString(String(number));
  const text = String(number);
  return /^-?\d+e/.test(text) ? text.replace('e', '.0e') : text;
}

function escaped(character: string): string {
  const code = character.codePointAt(0)!;
  return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

class Writer {
  readonly #known: ReadonlySet<string>;
  readonly #comments: Comments;

  constructor(known: ReadonlySet<string>, comments: Comments) {
    this.#known = known;
    this.#comments = comments;
  }

  group(value: object, depth: number, path: readonly string[]): string[] {
    const indent = '  '.repeat(depth);
    return Object.entries(value).flatMap(([key, one]) => {
      if (one === undefined) return [];
      const here = [...path, this.#known.has(key) ? key : '*'];
      const comment = this.#comments[here.join('.')];
      const lines = comment === undefined ? [] : comment.split('\n').map((line) => `${indent}# ${line}`);
      return [...lines, ...this.#entry(`${indent}${this.#key(key)}:`, one, depth, here)];
    });
  }

  #entry(start: string, value: unknown, depth: number, path: readonly string[]): string[] {
    const flow = this.#flow(value);
    const isShort =
      start.length + flow.length < MOST_WIDTH && !(isGroup(value) && depth < 2 && Object.keys(value).length > 0);
    if (typeof value !== 'object' || value === null || isShort) return [`${start} ${flow}`];
    if (!Array.isArray(value)) return [start, ...this.group(value, depth + 1, path)];
    return [start, ...value.flatMap((item: unknown) => this.#item(item, depth + 1, path))];
  }

  #item(item: unknown, depth: number, path: readonly string[]): string[] {
    const indent = '  '.repeat(depth);
    const flow = this.#flow(item);
    const isShort = flow.length + indent.length < MOST_WIDTH;
    if (!isGroup(item) || (isShort && !('rationale' in item))) return [`${indent}- ${flow}`];
    const [first = '', ...more] = this.group(item, depth + 1, [...path, '*']);
    return [`${indent}- ${first.trimStart()}`, ...more];
  }

  #flow(value: unknown): string {
    if (typeof value === 'string') return yamlString(value);
    if (typeof value === 'number') return yamlNumber(value);
    if (typeof value === 'boolean' || value === null) return String(value);
    if (Array.isArray(value)) return `[${value.map((one) => this.#flow(one)).join(', ')}]`;
    const entries = Object.entries(value as object).filter(([, one]) => one !== undefined);
    if (entries.length === 0) return '{}';
    return `{ ${entries.map(([key, one]) => `${this.#key(key)}: ${this.#flow(one)}`).join(', ')} }`;
  }

  #key(key: string): string {
    return this.#known.has(key) ? key : yamlString(key);
  }
}

function isGroup(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
