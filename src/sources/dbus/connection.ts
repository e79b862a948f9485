/**
 * A connection to a D-Bus daemon over a unix socket: just what is needed to call methods with texts, to hear signals, and to be given descriptors.
 */
import { closeSync, writeSync } from 'node:fs';
import { loadBinding } from '../../binding/load.js';
import { type Readable, watchDescriptor } from '../descriptor.js';
import {
  type Call,
  decodeMessage,
  encodeCall,
  lengthOf,
  MESSAGE_KINDS,
  type Message,
  readText,
} from './message.js';

/** What came with the answer to a call. */
export interface Answer {
  readonly message: Message;
  /** The caller's from now on. */
  readonly descriptors: readonly number[];
}

/** Who is told of what was not asked for. */
export interface BusListener {
  signal(message: Message): void;
  /** The connection has ended by itself. */
  lose(error: unknown): void;
}

/** A connection. */
export interface Bus {
  readonly fd: number;
  /** Rejects with what the other side says, or when the connection ends before it says anything. */
  call(call: Call): Promise<Answer>;
  close(): void;
}

/** The daemon itself. */
const DAEMON = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
} as const;

const BUFFER = 65536;
const PASSED = 17;

interface Waiting {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/** Connects to the daemon at `address` and says hello. Throws when nobody listens there. */
export function connectBus(address: string, listener: BusListener): Bus {
  const fd = loadBinding().connectUnix(toPath(address));
  const buffer = Buffer.alloc(BUFFER);
  const passed = new Int32Array(PASSED);
  const waiting = new Map<number, Waiting>();
  const queue: Buffer[] = [];
  let descriptors: number[] = [];
  let pending: Buffer = Buffer.alloc(0);
  let isIn = false;
  let serial = 0;

  const end = (error: Error): void => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
    for (const each of descriptors.splice(0)) closeSync(each);
  };
  const look = (): void => {
    for (let size = receive(); size !== -1; size = receive()) {
      if (size === 0) throw new BusEnded('the D-Bus daemon has closed the connection');
      pending = Buffer.concat([pending, buffer.subarray(0, size)]);
      descriptors.push(...passed.subarray(1, 1 + (passed[0] ?? 0)));
    }
    if (!isIn) enter();
    if (isIn) dispatchAll();
  };
  const receive = (): number => loadBinding().receive(fd, buffer, passed);
  const enter = (): void => {
    const lines = pending.toString('latin1').split('\r\n');
    if (lines.length < 3) return;
    const [ok = '', agreed = ''] = lines;
    if (!ok.startsWith('OK') || agreed !== 'AGREE_UNIX_FD')
      throw new BusEnded(`the D-Bus daemon refuses: ${ok} ${agreed}`);
    pending = pending.subarray(ok.length + agreed.length + 4);
    isIn = true;
    for (const message of [Buffer.from('BEGIN\r\n'), ...queue.splice(0)]) writeSync(fd, message);
  };
  const dispatchAll = (): void => {
    for (
      let size = lengthOf(pending);
      size !== undefined && size <= pending.length;
      size = lengthOf(pending)
    ) {
      const message = decodeMessage(pending.subarray(0, size));
      pending = pending.subarray(size);
      const own = descriptors.slice(0, message.descriptors);
      descriptors = descriptors.slice(message.descriptors);
      dispatch(message, own);
    }
  };
  const dispatch = (message: Message, own: readonly number[]): void => {
    const caller = waiting.get(message.replyTo);
    waiting.delete(message.replyTo);
    if (message.kind === MESSAGE_KINDS.signal) listener.signal(message);
    else if (message.kind === MESSAGE_KINDS.error) caller?.reject(toError(message));
    const isWanted = message.kind === MESSAGE_KINDS.answer && caller !== undefined;
    if (isWanted) caller.resolve({ message, descriptors: own });
    else for (const each of own) closeSync(each);
  };
  const call = (made: Call): Promise<Answer> =>
    new Promise((resolve, reject) => {
      serial += 1;
      waiting.set(serial, { resolve, reject });
      const bytes = encodeCall(made, serial);
      if (isIn) writeSync(fd, bytes);
      else queue.push(bytes);
    });

  const readable: Readable = watchDescriptor(fd, 0, look, {
    lose(error) {
      end(error as Error);
      listener.lose(error);
    },
  });
  writeSync(fd, `\0AUTH EXTERNAL ${toHex(String(process.geteuid?.() ?? 0))}\r\nNEGOTIATE_UNIX_FD\r\n`);
  call({ ...DAEMON, member: 'Hello', args: [] }).catch(() => {});
  return {
    fd,
    call,
    close() {
      readable.close();
      end(new BusEnded('the connection to the D-Bus daemon was closed'));
    },
  };
}

/** The call that has the daemon hand on signals. */
export function addMatch(rule: string): Call {
  return { ...DAEMON, member: 'AddMatch', args: [rule] };
}

/** Why nothing is heard any more. */
class BusEnded extends Error {}

/** The first address that is a unix socket: `unix:path=/run/dbus/system_bus_socket,guid=...;tcp:...`. */
function toPath(address: string): string {
  for (const each of address.split(';')) {
    const [, kind, place = ''] = /^unix:(?:.*,)?(path|abstract)=([^,]*)/.exec(each) ?? [];
    if (kind !== undefined) return `${kind === 'abstract' ? '\0' : ''}${decodeURIComponent(place)}`;
  }
  return address;
}

function toHex(text: string): string {
  return Buffer.from(text).toString('hex');
}

function toError({ errorName, signature, body }: Message): Error {
  return new BusEnded(signature.startsWith('s') ? `${errorName}: ${readText(body, 0)}` : errorName);
}
