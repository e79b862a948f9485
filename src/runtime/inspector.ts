import type { Repair } from './repair.js';

/** What this needs of `node:inspector`. */
export interface Inspector {
  url(): string | undefined;
  open(port?: number, host?: string): void;
  close(): void;
}

/** What this needs of the process. */
export interface InspectorServices {
  /** `node:inspector`, where Node has it. */
  inspector(): Inspector | undefined;
  /** Whether a debugger is attached. */
  hasDebugger(): boolean;
}

/**
 * The inspector that listens for a debugger (`--inspect`, `inspector.open()`, SIGUSR1): it is closed before a checkpoint and listens again at the
 * same address afterwards. Where that is taken Node says so and goes on.
 *
 * Closing it waits for debuggers to go away, however long that takes: while one is attached it stays open and is named.
 */
export function createInspector({ inspector, hasDebugger }: InspectorServices): Repair {
  let address: URL | undefined;
  return {
    beforeCheckpoint() {
      const url = inspector()?.url();
      if (url === undefined || hasDebugger()) return;
      address = new URL(url);
      inspector()?.close();
    },
    afterRestore() {
      if (address === undefined) return;
      inspector()?.open(Number(address.port), address.hostname.replace(/^\[|\]$/g, ''));
      address = undefined;
    },
  };
}

/** Says of each connection of a debugger, by descriptor, that it is one. */
export function adviseOnDebuggers(
  descriptors: readonly { readonly fd: number; readonly kind: string; readonly localAddress?: string }[],
  inspector: Inspector | undefined,
): readonly (readonly [number, string])[] {
  const url = inspector?.url();
  if (url === undefined) return [];
  const { port } = new URL(url);
  return descriptors
    .filter(({ kind, localAddress }) => kind === 'socket' && localAddress?.endsWith(`:${port}`))
    .map(({ fd }) => [fd, 'a debugger is attached, detach it'] as const);
}
