/** The membership of a resource in a context. Works with `using`. */
export interface Registration {
  /**
   * Takes the resource out of its context; a second call does nothing. A resource that was told of the checkpoint under way
   * is still told of its end.
   */
  unregister(): void;
  /** The same as `unregister()`. */
  [Symbol.dispose](): void;
}

/** `Symbol.dispose`, also under a Node that lacks it; polyfills use the same description. */
const DISPOSE: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose');

/** Makes the handle that a registration is undone with. */
export function createRegistration(unregister: () => void): Registration {
  return { unregister, [DISPOSE]: unregister };
}
