/** A header and the name that it gets. */
export interface NamedHeader {
  readonly name: string;
  readonly sourceName?: string;
}

/**
 * Names for headers: an empty one becomes `column_<number>`, and a taken one (case does not count) gets `_2`,
 * `_3` … A name that some header has as it is stays that header's.
 */
export function namesOfHeaders(headers: readonly string[]): NamedHeader[] {
  const taken = new Set<string>();
  const own = new Set(headers.map((header) => header.trim().toLowerCase()));
  return headers.map((header, index) => {
    const trimmed = header.trim();
    const base = trimmed === '' ? `column_${index + 1}` : trimmed;
    let name = base;
    for (let next = 2; taken.has(name.toLowerCase()) || (name !== trimmed && own.has(name.toLowerCase())); next += 1)
      name = `${base}_${next}`;
    taken.add(name.toLowerCase());
    return name === header ? { name } : { name, sourceName: header };
  });
}
