import type { OpenDescriptor } from '../descriptors/open-descriptor.js';
import type { Origin } from '../descriptors/origin.js';
import { nameOf } from '../errors.js';
import { describeDatabase } from './databases.js';
import { type FoundPackage, findPackage } from './find-package.js';
import { classOf, holdersOf, invert, listenersOf } from './holders.js';
import { adviceOf } from './library-advice.js';
import { type OpenSocket, objectsByDescriptor } from './objects.js';
import { openedBy } from './recorded.js';
import { type Heap, searchHeap } from './search-heap.js';

/**
 * Finds out to whom descriptors belong. `sockets` are those that the event loop lists. The objects behind them lead to those that hold them,
 * their classes and listeners to files, and files to packages.
 */
export function findOrigins(
  refused: readonly OpenDescriptor[],
  sockets: readonly OpenSocket[],
): ReadonlyMap<number, Origin> {
  try {
    return searchHeap((heap) => findIn(heap, refused, sockets));
  } catch {
    return new Map();
  }
}

function findIn(
  heap: Heap,
  refused: readonly OpenDescriptor[],
  sockets: readonly OpenSocket[],
): ReadonlyMap<number, Origin> {
  const objects = objectsByDescriptor(heap.emitters, sockets);
  const heldBy = invert(heap.emitters);
  const found = refused.map((descriptor) => {
    const object = objects.get(descriptor.fd);
    return {
      descriptor,
      object,
      holders: object === undefined ? [] : [object, ...holdersOf(object, heldBy)],
    };
  });
  const packages = findPackages(heap, found);
  return new Map(
    found.map(({ descriptor, object, holders }) => [
      descriptor.fd,
      describe(descriptor, object, holders, packages),
    ]),
  );
}

type Packages = ReadonlyMap<object, FoundPackage>;

/** All functions at once: listing the scripts takes most of the time. */
function findPackages(
  heap: Heap,
  found: readonly { readonly object: object | undefined; readonly holders: readonly object[] }[],
): Packages {
  const functions = new Set(
    found.flatMap(({ object, holders }) => [
      ...holders.flatMap((holder) => classOf(holder) ?? []),
      ...(object === undefined ? [] : listenersOf(object)),
    ]),
  );
  const files = heap.locate([...functions]);
  return new Map(
    [...functions].flatMap((each, index) => {
      const owner = findPackage(files[index] ?? '');
      return owner === undefined ? [] : [[each, owner] as const];
    }),
  );
}

function describe(
  descriptor: OpenDescriptor,
  object: object | undefined,
  holders: readonly object[],
  packages: Packages,
): Origin {
  const opened = openedBy(descriptor, object);
  const traced = opened === undefined ? {} : { opened };
  if (object === undefined) return { ...describeDatabase(descriptor), ...ownerOf(opened?.owner), ...traced };
  const known = holders.flatMap((holder) => {
    const made = classOf(holder);
    const owner = made && packages.get(made);
    return made && owner ? [{ name: made.name, owner }] : [];
  });
  const listening = listenersOf(object).flatMap((listener) => packages.get(listener) ?? []);
  const chain = [...known.map(({ owner }) => owner), ...listening];
  const installed = chain.filter((each) => each.installed);
  const advised = installed.findLast(({ name }) => adviceOf(name, descriptor) !== undefined);
  const owner = advised ?? installed[0] ?? opened?.owner ?? chain[0];
  const advice = advised && adviceOf(advised.name, descriptor);
  return {
    holder: [describeObject(object, packages), describeChild(holders), describeHolders(known, object)]
      .filter(Boolean)
      .join(', '),
    ...ownerOf(owner),
    ...traced,
    ...(advice !== undefined && { advice }),
  };
}

function ownerOf(owner: { readonly name: string; readonly version?: string } | undefined): Origin {
  if (owner === undefined) return {};
  const { name, version } = owner;
  return { owner: { name, ...(version !== undefined && { version }) } };
}

/** Modules of the classes of Node.js. */
const MODULES: Readonly<Record<string, string>> = {
  Socket: 'net.Socket',
  TLSSocket: 'tls.TLSSocket',
  FileHandle: 'FileHandle',
  ReadStream: 'fs.ReadStream',
  WriteStream: 'fs.WriteStream',
};

function describeObject(object: object, packages: Packages): string {
  const made = classOf(object);
  const owner = made && packages.get(made);
  if (owner) return `${made.name} of ${nameOf(owner)}`;
  if ('bind' in object && 'addMembership' in object) return 'dgram.Socket';
  return MODULES[made?.name ?? ''] ?? made?.name ?? 'object';
}

function describeChild(holders: readonly object[]): string {
  const child = holders.find((holder) => classOf(holder)?.name === 'ChildProcess');
  const { pid } = (child ?? {}) as { readonly pid?: number };
  return pid === undefined ? '' : `connected to child process ${pid}`;
}

/** One object of each package, the farthest: the one that the program has. */
function describeHolders(
  known: readonly { readonly name: string; readonly owner: FoundPackage }[],
  object: object,
): string {
  const own = classOf(object)?.name;
  const others = known.filter(({ name }) => name !== own);
  const parts = new Map(others.map(({ name, owner }) => [owner.name, `${name} of ${nameOf(owner)}`]));
  return parts.size === 0 ? '' : `held by ${[...parts.values()].join(', by ')}`;
}
