/** A socket that the event loop lists. */
export interface OpenSocket {
  readonly fd: number;
  readonly socket: object;
}

/** The JavaScript objects behind descriptors: sockets, and what else knows its number. */
export function objectsByDescriptor(
  emitters: readonly object[],
  sockets: readonly OpenSocket[],
): ReadonlyMap<number, object> {
  const others = emitters.flatMap((emitter) => {
    const fd = descriptorOf(emitter);
    return fd === undefined ? [] : [[fd, emitter] as const];
  });
  return new Map([...others, ...sockets.map(({ fd, socket }) => [fd, socket] as const)]);
}

/** Streams and loggers keep the number as a value; a `FileHandle` has a getter, and a datagram socket a handle. */
function descriptorOf(emitter: object): number | undefined {
  const { value } = Object.getOwnPropertyDescriptor(emitter, 'fd') ?? {};
  if (isDescriptor(value)) return value;
  if (emitter.constructor?.name === 'FileHandle') {
    const { fd } = emitter as { readonly fd?: unknown };
    return isDescriptor(fd) ? fd : undefined;
  }
  return datagramDescriptor(emitter);
}

function datagramDescriptor(emitter: object): number | undefined {
  const key = Object.getOwnPropertySymbols(emitter).find(({ description }) => description === 'state symbol');
  if (key === undefined) return undefined;
  const state = (
    emitter as Record<symbol, { readonly handle?: { readonly fd?: unknown } | null } | undefined>
  )[key];
  const fd = state?.handle?.fd;
  return isDescriptor(fd) ? fd : undefined;
}

function isDescriptor(value: unknown): value is number {
  return typeof value === 'number' && value > 2;
}
