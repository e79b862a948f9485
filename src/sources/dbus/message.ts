/**
 * Messages of D-Bus, as far as they are needed to call a method with texts and to understand the answer. The layout is that of the D-Bus
 * specification, "Message Protocol": a fixed head, an array of fields, and behind a multiple of 8 the body.
 */

/** Kinds of messages. */
export const MESSAGE_KINDS = { call: 1, answer: 2, error: 3, signal: 4 } as const;

/** What is read of a message. */
export interface Message {
  readonly kind: number;
  /** Number of the call that it answers; 0 for none. */
  readonly replyTo: number;
  readonly interface: string;
  readonly member: string;
  readonly errorName: string;
  readonly signature: string;
  /** Descriptors that come along. */
  readonly descriptors: number;
  readonly body: Buffer;
}

/** A call of a method whose arguments are texts. */
export interface Call {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly args: readonly string[];
}

const LITTLE_ENDIAN = 'l'.charCodeAt(0);
const HEAD = 16;
const FIELDS = {
  path: 1,
  interface: 2,
  member: 3,
  error: 4,
  replyTo: 5,
  destination: 6,
  signature: 8,
  descriptors: 9,
};

/** Writes a call with this number. */
export function encodeCall(
  { destination, path, interface: name, member, args }: Call,
  serial: number,
): Buffer {
  const body = new Writer();
  for (const text of args) body.text(text);
  const fields = new Writer();
  fields.field(FIELDS.path, 'o', path);
  fields.field(FIELDS.interface, 's', name);
  fields.field(FIELDS.member, 's', member);
  fields.field(FIELDS.destination, 's', destination);
  if (args.length > 0) fields.field(FIELDS.signature, 'g', 's'.repeat(args.length));
  const head = new Writer();
  head.bytes(LITTLE_ENDIAN, MESSAGE_KINDS.call, 0, 1);
  head.number(body.length);
  head.number(serial);
  head.number(fields.length);
  const start = Buffer.concat([head.done(), fields.done()]);
  return Buffer.concat([start, Buffer.alloc(padding(start.length, 8)), body.done()]);
}

/** Number of bytes of the message that begins here; `undefined` when too few have come to tell. Throws for what is no message. */
export function lengthOf(bytes: Buffer): number | undefined {
  if (bytes.length < HEAD) return undefined;
  const fields = HEAD + readNumber(bytes, 12);
  return fields + padding(fields, 8) + readNumber(bytes, 4);
}

/** Reads a whole message. */
export function decodeMessage(bytes: Buffer): Message {
  const end = HEAD + readNumber(bytes, 12);
  const fields = new Map<number, string | number>();
  for (let at = HEAD; at < end; ) {
    at += padding(at, 8);
    const code = bytes[at] ?? 0;
    const type = String.fromCharCode(bytes[at + 2] ?? 0);
    at += 4;
    if (type === 'g') {
      const size = bytes[at] ?? 0;
      fields.set(code, bytes.toString('latin1', at + 1, at + 1 + size));
      at += size + 2;
    } else if (type === 'u') {
      fields.set(code, readNumber(bytes, at));
      at += 4;
    } else {
      fields.set(code, readText(bytes, at));
      at += 4 + readNumber(bytes, at) + 1;
    }
  }
  const text = (code: number): string => String(fields.get(code) ?? '');
  return {
    kind: bytes[1] ?? 0,
    replyTo: Number(fields.get(FIELDS.replyTo) ?? 0),
    interface: text(FIELDS.interface),
    member: text(FIELDS.member),
    errorName: text(FIELDS.error),
    signature: text(FIELDS.signature),
    descriptors: Number(fields.get(FIELDS.descriptors) ?? 0),
    body: bytes.subarray(end + padding(end, 8)),
  };
}

/** The text at this place. */
export function readText(bytes: Buffer, at: number): string {
  return bytes.toString('utf8', at + 4, at + 4 + readNumber(bytes, at));
}

/** The number at this place, in the order of bytes that the message has. */
export function readNumber(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at);
}

function padding(length: number, alignment: number): number {
  return (alignment - (length % alignment)) % alignment;
}

/** Writes values one after the other, each where it has to be. */
class Writer {
  readonly #pieces: Buffer[] = [];
  length = 0;

  bytes(...values: readonly number[]): void {
    this.#add(Buffer.from(values));
  }

  number(value: number): void {
    this.#align(4);
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    this.#add(bytes);
  }

  text(value: string): void {
    const bytes = Buffer.from(`${value}\0`);
    this.number(bytes.length - 1);
    this.#add(bytes);
  }

  field(code: number, type: 'o' | 's' | 'g', value: string): void {
    this.#align(8);
    this.bytes(code, 1, type.charCodeAt(0), 0);
    if (type === 'g') this.#add(Buffer.from(`${String.fromCharCode(value.length)}${value}\0`, 'latin1'));
    else this.text(value);
  }

  done(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  #align(to: number): void {
    this.#add(Buffer.alloc(padding(this.length, to)));
  }

  #add(bytes: Buffer): void {
    this.#pieces.push(bytes);
    this.length += bytes.length;
  }
}
