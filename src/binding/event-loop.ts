import { agentServices } from './services.js';

/** What Node tells of the handles of this thread, also of those that do not keep it alive; none where it no longer does. */
export function activeHandles(): readonly object[] {
  const { _getActiveHandles: list } = process as { _getActiveHandles?: () => readonly object[] };
  return agentServices().withAllHandles(() => list?.call(process) ?? []);
}

/** Requests of this thread that Node lists, by kind, and the number of those that it does not list: its own computations, and work of addons. */
export function activeRequests(): { readonly listed: readonly string[]; readonly unlisted: number } {
  const { _getActiveRequests: list } = process as { _getActiveRequests?: () => readonly object[] };
  const known = list?.call(process).length;
  return {
    listed: process.getActiveResourcesInfo(),
    unlisted: known === undefined ? 0 : Math.max(0, agentServices().requests() - known),
  };
}
