/** A part of a JSON Schema; `description` is the comment that `lakehouse init` writes above the key. */
export interface SchemaNode {
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
}
