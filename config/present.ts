/** Leaves out what is null: in `Settings` a thing that is not set is absent. */
export function present<T extends object>(properties: T): { [K in keyof T]?: Exclude<T[K], null> } {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== null)) as {
    [K in keyof T]?: Exclude<T[K], null>;
  };
}
