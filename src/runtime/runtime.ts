import { Context } from '../core/context.js';
import type { Resource } from '../core/resource.js';
import type { Heap } from './heap.js';
import { createIdentity } from './identity.js';
import { createMemory } from './memory.js';

/** What the resources of Node itself need of the rest. */
export interface RuntimeServices {
  /** The number of this process, as the kernel gives it now. */
  pid(): number;
  readonly heap: Heap;
}

interface RuntimeResource {
  readonly name: string;
  readonly create: (services: RuntimeServices) => Resource;
}

/**
 * The resources of Node itself, in the order in which they are told of a checkpoint; of a restore they are told in the opposite one.
 * They are told after all resources of the application and restored before them. Memory is last, because all others leave garbage behind.
 *
 * None of them may let the event loop turn in `afterRestore`: what was queued in the image runs only when all of them are back.
 */
export const RUNTIME_RESOURCES: readonly RuntimeResource[] = [
  { name: 'identity', create: createIdentity },
  { name: 'memory', create: createMemory },
];

/** Makes the context of the resources of Node itself. One that is registered later is told earlier. */
export function createRuntime(services: RuntimeServices): Context {
  const runtime = new Context({ name: 'runtime' });
  for (const { name, create } of [...RUNTIME_RESOURCES].reverse())
    runtime.register(create(services), { name });
  return runtime;
}

/** Makes a context of the same resources with services that change nothing, so that a restore can be rehearsed with it. */
export function createRehearsal({ pid }: RuntimeServices): Context {
  return createRuntime({ pid, heap: { async compact() {}, setIncrementalMarking() {} } });
}
