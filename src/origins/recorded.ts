import { fileURLToPath } from 'node:url';
import { processWide } from '../core/process-wide.js';
import type { Resource } from '../core/resource.js';
import type { OpenDescriptor } from '../descriptors/open-descriptor.js';
import type { OpenedDetails } from '../error-details.js';
import { findPackage } from './find-package.js';

/** What `collect-stacks.cts` has recorded; it has these types too. */
interface Trace {
  readonly stack?: string;
  readonly time: number;
}
interface Recorded {
  readonly objects: WeakMap<object, Trace>;
  readonly descriptors: ReadonlyMap<number, Trace>;
  record?(on: boolean): void;
}

/** Where this package lies. */
const OWN_FOLDER = fileURLToPath(new URL('..', import.meta.url));

/** Who opened a descriptor, if that was recorded: by its object, by the server that accepted it, or by its number. */
export function openedBy(
  { fd, kind }: OpenDescriptor,
  object: object | undefined,
): OpenedDetails | undefined {
  const { objects, descriptors } = recorded();
  const { server } = (object ?? {}) as { readonly server?: object | null };
  const trace =
    (object && objects.get(object)) ??
    (server ? objects.get(server) : undefined) ??
    (kind.startsWith('socket') ? undefined : descriptors.get(fd));
  return trace && describeTrace(trace);
}

/** Who started a child process or made another object. */
export function madeBy(object: object): OpenedDetails | undefined {
  const trace = recorded().objects.get(object);
  return trace && describeTrace(trace);
}

/** Ends the recording with a checkpoint: a restored process does without. `undefined` when nothing is recorded. */
export function createRecording(): Resource | undefined {
  const { record } = recorded();
  return (
    record && {
      beforeCheckpoint: () => record(false),
      afterRestore(_context, { restored }) {
        if (!restored) record(true);
      },
    }
  );
}

function recorded(): Recorded {
  return processWide('stacks', () => ({ objects: new WeakMap(), descriptors: new Map() }));
}

function describeTrace({ stack = '', time }: Trace): OpenedDetails {
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  const location = frames.flatMap(placeOf).find(isForeign);
  const found = location === undefined ? undefined : findPackage(location.replace(/(?::\d+){1,2}$/, ''));
  const owner = found && { name: found.name, ...(found.version !== undefined && { version: found.version }) };
  return {
    stack: frames.join('\n'),
    time: new Date(time).toISOString(),
    ...(location !== undefined && { location }),
    ...(owner !== undefined && { owner }),
  };
}

/** `at name (place)` or `at place`. */
function placeOf(frame: string): readonly string[] {
  const [, inner, bare] = /\((.*)\)$|at (?:async )?(\S*)$/.exec(frame) ?? [];
  const place = inner ?? bare ?? '';
  return [place.startsWith('file:') ? decodeURIComponent(place.slice('file://'.length)) : place];
}

function isForeign(place: string): boolean {
  return place.startsWith('/') && !place.startsWith(OWN_FOLDER);
}
