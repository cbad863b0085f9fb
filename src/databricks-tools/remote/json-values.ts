/** Values in answers of a REST API, which may lack anything. */

/** An object, or an empty one for anything else. */
export function anObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/** A list, or an empty one for anything else. */
export function anArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A text or a number as text, or an empty text for anything else. */
export function aText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
