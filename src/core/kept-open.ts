import { processWide } from './process-wide.js';

/** Who goes on listening while the process is prepared for a snapshot that somebody else takes. */
interface State {
  preparing: boolean;
  readonly listeners: Set<() => Iterable<number>>;
}

function state(): State {
  return processWide('kept-open', () => ({ preparing: false, listeners: new Set() }));
}

/**
 * Says of descriptors that they stay open when the process is prepared: whoever is to be told that it goes on has to listen meanwhile.
 * They are asked for anew at each step. An image of the native engine is another thing: for that, their owners close them. Returns how to take it back.
 */
export function keepOpen(descriptors: () => Iterable<number>): () => void {
  const { listeners } = state();
  listeners.add(descriptors);
  return () => void listeners.delete(descriptors);
}

/** All descriptors that stay open when the process is prepared. */
export function keptOpen(): readonly number[] {
  return [...state().listeners].flatMap((descriptors) => [...descriptors()]);
}

/** Whether resources are told because the process is being prepared, and not because of an image. */
export function isPreparing(): boolean {
  return state().preparing;
}

/** Runs `tell`, in whose course {@link isPreparing} holds. */
export async function preparing<Result>(tell: () => Promise<Result>): Promise<Result> {
  const own = state();
  own.preparing = true;
  try {
    return await tell();
  } finally {
    own.preparing = false;
  }
}
