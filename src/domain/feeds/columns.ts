import { printable } from '../quoted-value.ts';

const SHOWN_CHARACTERS = 300;

/** A column's name without regard to case, spaces and underscores, as the contract matches names. */
export function columnKey(name: string): string {
  return name.replace(/[\s_]/g, '').toLowerCase();
}

/** The columns of a header as error messages name them: `it has: Title, Flag`. Not the whole of a huge header. */
export function columnsFound(header: readonly string[]): string {
  const names = header.map((name) => name.trim()).filter(Boolean);
  return `it has: ${printable(names.join(', ').slice(0, SHOWN_CHARACTERS)) || 'none'}`;
}
