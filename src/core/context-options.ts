/** How a resource is registered. */
export interface RegisterOptions {
  /** Name in messages. @default the name of its class and the number of its registration */
  readonly name?: string;
  /** Milliseconds that each of its two methods may take. @default the context's own `timeout` */
  readonly timeout?: number;
}

/** How a context is made. */
export interface ContextOptions {
  /** Name in messages. @default 'context' */
  readonly name?: string;
  /** Milliseconds that each method of a resource may take that has no deadline of its own. @default none */
  readonly timeout?: number;
}
