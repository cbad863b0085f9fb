/** A column's name without regard to case, spaces and underscores, as the contract matches names. */
export function columnKey(name: string): string {
  return name.replace(/[\s_]/g, '').toLowerCase();
}
