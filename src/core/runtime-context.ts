import type { Context } from './context.js';
import { processWide } from './process-wide.js';
import type { Resource } from './resource.js';

/** The context of the resources of Node itself, and who waits for it to be made. */
interface Slot {
  context: Context | undefined;
  waiting: { readonly name: string; readonly resource: Resource }[];
}

/** The context of the resources of Node itself; whoever asks first makes it. */
export function openRuntime(create: () => Context): Context {
  const state = slot();
  state.context ??= create();
  for (const { name, resource } of state.waiting.splice(0)) state.context.register(resource, { name });
  return state.context;
}

/**
 * Adds a resource to those of Node itself, also before their context is made: it is told before those that are there already.
 *
 * @throws {CracException} `ERR_CRAC_REGISTRATION_REFUSED` in the middle of a checkpoint
 */
export function joinRuntime(name: string, resource: Resource): void {
  const { context, waiting } = slot();
  if (context === undefined) waiting.push({ name, resource });
  else context.register(resource, { name });
}

function slot(): Slot {
  return processWide('runtime', () => ({ context: undefined, waiting: [] }));
}
