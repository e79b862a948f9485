import type { StandardStream, StreamHandle } from './made-streams.js';

/** What a stream keeps when its inside is exchanged: who listens, and the data that is on its way. */
const KEPT: ReadonlySet<PropertyKey> = new Set([
  '_events',
  '_eventsCount',
  '_maxListeners',
  '_readableState',
  '_writableState',
  'domain',
]);

/**
 * Gives a stream the inside of another one, which was just made by Node for what is behind the descriptor now and is not used afterwards.
 * Whoever holds the stream goes on with it: the object, its listeners and its buffers stay.
 */
export function transplant(stream: StandardStream, donor: StandardStream): void {
  Object.setPrototypeOf(stream, Object.getPrototypeOf(donor) as object);
  const [inside, given] = [stream, donor] as unknown as Record<PropertyKey, unknown>[];
  if (inside === undefined || given === undefined) return;
  for (const key of Reflect.ownKeys(donor)) {
    if (!KEPT.has(key) || !(key in stream)) inside[key] = given[key];
  }
  if (stream._readableState && donor._readableState) {
    stream._readableState.highWaterMark = donor._readableState.highWaterMark;
  }
  const handle = donor._handle;
  if (!handle) return;
  const owner = ownerSymbol(handle, donor);
  if (owner !== undefined) Object.assign(handle, { [owner]: stream });
}

/** The key under which a handle keeps its stream. */
export function ownerSymbol(handle: StreamHandle, stream: StandardStream): symbol | undefined {
  const keys = Object.getOwnPropertySymbols(handle);
  return keys.find((key) => (handle as unknown as Record<symbol, unknown>)[key] === stream);
}
