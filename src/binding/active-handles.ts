import { loadBinding } from './load.js';

/** What Node tells of the handles of this thread, also of those that do not keep it alive; none where it no longer does. */
export function activeHandles(): readonly object[] {
  const { _getActiveHandles: list } = process as { _getActiveHandles?: () => readonly object[] };
  return loadBinding().withAllHandles(() => list?.call(process) ?? []);
}
