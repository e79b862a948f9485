import { nameOf } from '../errors.js';
import { loadedAddons } from './databases.js';
import { findPackage } from './find-package.js';
import { findHeirs } from './search-heap.js';

/**
 * Names what is on the thread pool although Node.js does not list it, `count` of them: computations of `node:crypto` and `node:zlib` by their
 * objects, of which the heap is searched, and what remains as work of addons. Takes tens of milliseconds or more.
 */
export function nameThreadPoolWork(count: number): string {
  const found = new Map<string, number>();
  for (const name of namesOfBusy()) found.set(name, (found.get(name) ?? 0) + 1);
  const named = [...found].map(([name, times]) => `${times} ${name}`);
  const rest = count - [...found.values()].reduce((sum, times) => sum + times, 0);
  return [...named, ...(rest > 0 ? [`${rest} of a native addon${addonNames()}`] : [])].join(', ');
}

function namesOfBusy(): readonly string[] {
  try {
    return findHeirs(prototypeOfWork()).flatMap((each) => nameBusy(each) ?? []);
  } catch {
    return [];
  }
}

/** What all objects have in common behind which native code of Node.js works; it is no value of any module. */
function prototypeOfWork(): object {
  const stream = process.getBuiltinModule('node:zlib').createInflateRaw();
  const { _handle: handle } = stream as unknown as { readonly _handle: object };
  stream.close();
  return Object.getPrototypeOf(Object.getPrototypeOf(handle));
}

/** While they are at work, `node:crypto` has set a callback and `node:zlib` what is read from. */
function nameBusy(work: object): string | undefined {
  const { name } = work.constructor;
  if (name.endsWith('Job')) {
    if (typeof ownValue(work, 'ondone') !== 'function') return undefined;
    const kind = name.slice(0, -'Job'.length);
    return `${/File|Dir/.test(kind) ? 'node:fs' : 'node:crypto'} ${kind}`;
  }
  return ownValue(work, 'buffer') ? `node:zlib ${name}` : undefined;
}

/** A value of its own; a getter may do anything. */
function ownValue(object: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(object, key)?.value;
}

function addonNames(): string {
  const names = loadedAddons().map((file) => {
    const owner = findPackage(file);
    return owner === undefined ? file : nameOf(owner);
  });
  const others = [...new Set(names)].filter((name) => !name.startsWith('node-crac'));
  return others.length === 0 ? '' : ` (${others.join(', ')})`;
}
