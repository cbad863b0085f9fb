/**
 * Names that are no person's: Unity Catalog's own schemas, and words that SQL or a reader would take for something
 * else.
 */
const RESERVED: ReadonlySet<string> = new Set([
  'all',
  'current',
  'default',
  'global_temp',
  'hive_metastore',
  'information_schema',
  'main',
  'null',
  'public',
  'samples',
  'session',
  'system',
]);

/** Unity Catalog allows 255; a suffix and table names still have to be read by people. */
const LONGEST = 60;

/** Letters that have no form without a mark. */
const SPELLED: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
};

/** Whether nobody may have a personal schema of this name. */
export function isReservedSchemaName(name: string): boolean {
  return RESERVED.has(name);
}

/**
 * Proposes the name of a personal schema. It is asked once for each person; the answer is stored and never computed
 * again.
 * @param email of the person; what is before the `@` makes the name.
 * @param taken whether a name, in lower case, belongs to somebody or something else, people who have left among them.
 * @returns lower case, `[a-z0-9_]`, beginning with a letter, at most 64 characters, neither taken nor reserved.
 */
export function proposeSchemaName(email: string, taken: (name: string) => boolean): string {
  const base = baseName(email);
  for (let suffix = 1; ; suffix++) {
    const name = suffix === 1 ? base : `${base}_${suffix}`;
    if (!taken(name) && !isReservedSchemaName(name)) return name;
  }
}

function baseName(email: string): string {
  const [local = ''] = email.split('@');
  const [own = ''] = local.split('+');
  const plain = own
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[ßæœøłđðþı]/g, (letter) => SPELLED[letter] ?? '_')
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');
  const name = /^[a-z]/.test(plain) ? plain : plain === '' ? 'person' : `p_${plain}`;
  return name.slice(0, LONGEST).replace(/_+$/, '');
}
