import { EventEmitter } from 'node:events';
import type { Runtime, Session } from 'node:inspector';
import { fileURLToPath } from 'node:url';

/** Under this name V8's inspector hands over what it has found, and takes what it is asked about. */
const SLOT = Symbol.for('node-crac.found');
const EXPRESSION = `globalThis[Symbol.for('node-crac.found')]`;

/** What V8 knows about the objects of the program. */
export interface Heap {
  /** All event emitters: streams, sockets, and most of the objects by which libraries hold them. */
  readonly emitters: readonly object[];
  /** The files in which functions are written; `undefined` for native ones and for those made from text. */
  locate(functions: readonly object[]): readonly (string | undefined)[];
}

type Properties = readonly Runtime.PropertyDescriptor[];

/**
 * Lets `look` look at the heap. It is searched as a whole and all scripts are listed, which takes tens of milliseconds or more: only for
 * the moment when somebody has to be told who holds what.
 */
export function searchHeap<Value>(look: (heap: Heap) => Value): Value {
  const { Session } = process.getBuiltinModule('node:inspector');
  const session = new Session();
  session.connect();
  try {
    return look({
      emitters: findInstances(session, EventEmitter.prototype),
      locate: (functions) => locate(session, functions),
    });
  } finally {
    delete (globalThis as { [SLOT]?: unknown })[SLOT];
    session.disconnect();
  }
}

/** All objects on the heap that inherit from one; what nobody holds any more is collected before. It takes as long as `searchHeap()`. */
export function findHeirs(prototype: object): readonly object[] {
  const { Session } = process.getBuiltinModule('node:inspector');
  const session = new Session();
  session.connect();
  try {
    return findInstances(session, prototype);
  } finally {
    delete (globalThis as { [SLOT]?: unknown })[SLOT];
    session.disconnect();
  }
}

function findInstances(session: Session, prototype: object): readonly object[] {
  const prototypeObjectId = idOf(session, prototype);
  let objectId = '';
  session.post('Runtime.queryObjects', { prototypeObjectId }, (_error, answer) => {
    objectId = answer?.objects?.objectId ?? '';
  });
  const functionDeclaration = `function () { ${EXPRESSION} = this; }`;
  session.post('Runtime.callFunctionOn', { objectId, functionDeclaration });
  const found = (globalThis as { [SLOT]?: unknown })[SLOT];
  return Array.isArray(found) ? found.filter((each) => each !== undefined) : [];
}

function locate(session: Session, functions: readonly object[]): readonly (string | undefined)[] {
  const urls = new Map<string, string>();
  session.on('Debugger.scriptParsed', ({ params }) => urls.set(params.scriptId, params.url));
  session.post('Debugger.enable');
  try {
    const array = propertiesOf(session, idOf(session, [...functions]));
    return functions.map((_function, index) => {
      const objectId = array.result.find(({ name }) => name === String(index))?.value?.objectId;
      const place = objectId === undefined ? undefined : placeOf(propertiesOf(session, objectId).internal);
      return place === undefined ? undefined : toPath(urls.get(place));
    });
  } finally {
    session.post('Debugger.disable');
    session.removeAllListeners('Debugger.scriptParsed');
  }
}

function idOf(session: Session, value: object): string {
  (globalThis as { [SLOT]?: unknown })[SLOT] = value;
  let objectId = '';
  session.post('Runtime.evaluate', { expression: EXPRESSION }, (_error, answer) => {
    objectId = answer?.result?.objectId ?? '';
  });
  return objectId;
}

function propertiesOf(
  session: Session,
  objectId: string,
): { result: Properties; internal: readonly Runtime.InternalPropertyDescriptor[] } {
  let [result, internal]: [Properties, readonly Runtime.InternalPropertyDescriptor[]] = [[], []];
  session.post('Runtime.getProperties', { objectId, ownProperties: true }, (_error, answer) => {
    result = answer?.result ?? [];
    internal = answer?.internalProperties ?? [];
  });
  return { result, internal };
}

function placeOf(internal: readonly Runtime.InternalPropertyDescriptor[]): string | undefined {
  const found = internal.find(({ name }) => name === '[[FunctionLocation]]')?.value?.value as unknown;
  return (found as { readonly scriptId?: string } | undefined)?.scriptId;
}

function toPath(url: string | undefined): string | undefined {
  if (!url?.startsWith('file:')) return url || undefined;
  try {
    return fileURLToPath(url);
  } catch {
    return url;
  }
}
