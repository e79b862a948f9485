import type { Session } from 'node:inspector';
import type { HttpSocket } from './connection.js';

/** Under this name V8's inspector hands over what it has found. */
const SLOT = Symbol.for('node-crac.found');

/**
 * All sockets of `node:tls` on the heap. Node knows which socket lies below one of them, but not the way back, and in Node.js 20 and 22 a server
 * of `node:http2` keeps no list. V8 looks through the whole heap, so this is only asked when there is a connection that nobody else knows.
 */
export function findTlsSockets(): readonly HttpSocket[] {
  const { TLSSocket } = process.getBuiltinModule('node:tls');
  const inspector = process.getBuiltinModule('node:inspector');
  const holder = globalThis as { [SLOT]?: object };
  const session = new inspector.Session();
  session.connect();
  try {
    holder[SLOT] = TLSSocket.prototype;
    const prototype = evaluate(session, `globalThis[Symbol.for('node-crac.found')]`);
    const found = query(session, prototype);
    call(session, found, `function () { globalThis[Symbol.for('node-crac.found')] = this; }`);
    return [...(holder[SLOT] as readonly HttpSocket[])];
  } catch {
    return [];
  } finally {
    delete holder[SLOT];
    session.disconnect();
  }
}

function evaluate(session: Session, expression: string): string {
  let objectId = '';
  session.post('Runtime.evaluate', { expression }, (_error, answer) => {
    objectId = answer?.result?.objectId ?? '';
  });
  return objectId;
}

function query(session: Session, prototypeObjectId: string): string {
  let objectId = '';
  session.post('Runtime.queryObjects', { prototypeObjectId }, (_error, answer) => {
    objectId = answer?.objects?.objectId ?? '';
  });
  return objectId;
}

function call(session: Session, objectId: string, functionDeclaration: string): void {
  session.post('Runtime.callFunctionOn', { objectId, functionDeclaration });
}
