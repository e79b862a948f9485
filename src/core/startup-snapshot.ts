/**
 * `v8.startupSnapshot` for libraries that can be in a snapshot of the heap: what they do before and after one is right for an image too.
 * As long as this process may be checkpointed they are told that a snapshot is being built, and what they register is kept.
 *
 * Loading `node:v8` takes longer than all the rest of the preload, so nothing happens before the program gets it. The namespace of Node is
 * changed in place: whoever has it already sees the change, in CommonJS and in ES modules. The preload waits for this file, so it imports nothing.
 */

/** What libraries have registered, each with its data, in their order. */
export interface SnapshotHooks {
  readonly beforeImage: SnapshotHook[];
  readonly afterRestore: SnapshotHook[];
}

/** A function and what it is called with. */
export type SnapshotHook = readonly [callback: (data?: unknown) => unknown, data: unknown];

/** The part of `node:v8` that is changed. */
interface Namespace {
  isBuildingSnapshot(): boolean;
  addSerializeCallback(...hook: SnapshotHook): void;
  addDeserializeCallback(...hook: SnapshotHook): void;
  setDeserializeMainFunction(...hook: SnapshotHook): void;
}

const SLOT = Symbol.for('node-crac.startup-snapshot');

const NAMES: ReadonlySet<string> = new Set(['v8', 'node:v8']);

/** What was registered in this thread so far, by whichever copy of the package. */
export function snapshotHooks(): SnapshotHooks {
  const holder = globalThis as { [SLOT]?: SnapshotHooks };
  if (holder[SLOT] === undefined)
    Object.defineProperty(globalThis, SLOT, { value: { beforeImage: [], afterRestore: [] } });
  return holder[SLOT] as SnapshotHooks;
}

/** Changes `node:v8` as soon as the program gets it by `process.getBuiltinModule`, which is how libraries get what may be missing. */
export function offerSnapshotHooks(): void {
  const original = process.getBuiltinModule;
  const changed = (name: string): object | undefined => {
    const module = original(name);
    if (NAMES.has(name)) {
      if (process.getBuiltinModule === changed) process.getBuiltinModule = original;
      changeSnapshotNamespace(module as Parameters<typeof changeSnapshotNamespace>[0]);
    }
    return module;
  };
  process.getBuiltinModule = changed as typeof original;
}

/** Changes `node:v8`, once. Where Node itself builds a snapshot everything stays as it is. */
export function changeSnapshotNamespace({ startupSnapshot }: { startupSnapshot?: Namespace } = {}): void {
  if (startupSnapshot === undefined || startupSnapshot.isBuildingSnapshot()) return;
  const { beforeImage, afterRestore } = snapshotHooks();
  const emulation: Namespace = {
    isBuildingSnapshot: () => true,
    addSerializeCallback: (callback, data) => void beforeImage.push([callback, data]),
    addDeserializeCallback: (callback, data) => void afterRestore.push([callback, data]),
    // A program that leaves its start to this function expects that the process ends without it: it is started as if from a snapshot.
    setDeserializeMainFunction: (callback, data) => void setImmediate(callback, data),
  };
  Object.assign(startupSnapshot, emulation);
}
