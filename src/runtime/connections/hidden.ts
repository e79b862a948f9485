/**
 * What an object keeps under the symbol of that description, itself or by its class. Node and undici hide their state like this; the
 * descriptions are the same in all versions that are supported.
 */
export function hidden(object: object, description: string): unknown {
  for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at)) {
    const key = Object.getOwnPropertySymbols(at).find((symbol) => symbol.description === description);
    if (key !== undefined) return (object as Readonly<Record<symbol, unknown>>)[key];
  }
  return undefined;
}

/** Whether `value` is an object. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Whether `value` is an object that has a method of that name. */
export function hasMethod<Name extends string>(
  value: unknown,
  name: Name,
): value is Readonly<Record<Name, (...args: readonly unknown[]) => unknown>> {
  return isObject(value) && typeof (value as Readonly<Record<string, unknown>>)[name] === 'function';
}
