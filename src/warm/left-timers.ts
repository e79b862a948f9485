/** Timers that do not keep a process alive end with it. After a rehearsal they would go on, and be due at once in every restored process. */
import { createHook } from 'node:async_hooks';
import { callingFiles } from './call-sites.js';

/**
 * Watches the timers that the program makes from now on; those of Node.js itself are its own.
 *
 * @returns Ends the watching, and the timers that are left.
 */
export function watchTimers(): () => void {
  const timers: NodeJS.Timeout[] = [];
  const hook = createHook({
    init(_id, type, _trigger, resource) {
      if (type === 'Timeout' && isOfProgram()) timers.push(resource as NodeJS.Timeout);
    },
  }).enable();
  return () => {
    hook.disable();
    for (const timer of timers) clearTimeout(timer);
  };
}

/** Whether the public function was called, and by no module of Node.js. */
function isOfProgram(): boolean {
  const files = callingFiles();
  const caller = files[files.lastIndexOf('node:timers') + 1];
  return files.includes('node:timers') && caller?.startsWith('node:') !== true;
}
