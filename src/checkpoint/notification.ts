import { AsyncLocalStorage } from 'node:async_hooks';
import { processWide } from '../core/process-wide.js';

/** A notification of resources; what its callbacks leave behind (timers, servers) outlives it and is free again. */
interface Notification {
  underWay: boolean;
}

/**
 * Runs `tell`, so that {@link isInsideNotification} is true for everything that it calls until it has ended. The storage is in use only
 * meanwhile: before Node.js 24 one in use makes every promise of the program slower.
 */
export async function notifying(tell: () => Promise<void>): Promise<void> {
  const notification: Notification = { underWay: true };
  try {
    await storage().run(notification, tell);
  } finally {
    notification.underWay = false;
    storage().disable();
  }
}

/** Whether the caller was called, directly or not, by a resource that is being told. */
export function isInsideNotification(): boolean {
  return storage().getStore()?.underWay ?? false;
}

function storage(): AsyncLocalStorage<Notification> {
  return processWide('notification', () => new AsyncLocalStorage<Notification>());
}
