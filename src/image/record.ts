/**
 * Fixed-size little-endian records, described as data in the order of the C struct that they mirror.
 * Fields lie without padding, which `native/image/image.h` guarantees.
 */

/** Type of one field. `size` is an unsigned 64-bit number that must fit a double exactly; `u64` is kept as it is. */
export type FieldType =
  | 'u16'
  | 'u32'
  | 'size'
  | 'u64'
  | { readonly bytes: number }
  | { readonly text: number };

/** Names and types of all fields, in order. */
export type RecordLayout = { readonly [field: string]: FieldType };

type FieldValue<Type> = Type extends 'u16' | 'u32' | 'size'
  ? number
  : Type extends 'u64'
    ? bigint
    : Type extends { readonly text: number }
      ? string
      : Uint8Array;

/** The decoded form of a layout. */
export type RecordOf<Layout extends RecordLayout> = {
  readonly [Field in keyof Layout]: FieldValue<Layout[Field]>;
};

/** Bytes that a record occupies. */
export function recordSize(layout: RecordLayout): number {
  return Object.values(layout).reduce((total, type) => total + fieldSize(type), 0);
}

/** Decodes one record, or returns `undefined` if it does not fit or a `size` is beyond 2^53. */
export function decodeRecord<Layout extends RecordLayout>(
  layout: Layout,
  bytes: Uint8Array,
  offset = 0,
): RecordOf<Layout> | undefined {
  if (offset + recordSize(layout) > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const record: Record<string, unknown> = {};
  let position = offset;
  for (const [field, type] of Object.entries(layout)) {
    const value = decodeField(type, view, position);
    if (value === undefined) return undefined;
    record[field] = value;
    position += fieldSize(type);
  }
  return record as RecordOf<Layout>;
}

/** Decodes an array of records; `undefined` unless the bytes hold a whole number of valid ones. */
export function decodeTable<Layout extends RecordLayout>(
  layout: Layout,
  bytes: Uint8Array,
): readonly RecordOf<Layout>[] | undefined {
  const size = recordSize(layout);
  if (bytes.length % size !== 0) return undefined;
  const records: RecordOf<Layout>[] = [];
  for (let offset = 0; offset < bytes.length; offset += size) {
    const record = decodeRecord(layout, bytes, offset);
    if (record === undefined) return undefined;
    records.push(record);
  }
  return records;
}

function fieldSize(type: FieldType): number {
  if (type === 'u16') return 2;
  if (type === 'u32') return 4;
  if (type === 'size' || type === 'u64') return 8;
  return 'bytes' in type ? type.bytes : type.text;
}

function decodeField(type: FieldType, view: DataView, offset: number): unknown {
  if (type === 'u16') return view.getUint16(offset, true);
  if (type === 'u32') return view.getUint32(offset, true);
  if (type === 'u64') return view.getBigUint64(offset, true);
  if (type === 'size') return exactNumber(view.getBigUint64(offset, true));
  const bytes = new Uint8Array(view.buffer, view.byteOffset + offset, fieldSize(type));
  return 'bytes' in type ? bytes : terminatedText(bytes);
}

function exactNumber(value: bigint): number | undefined {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined;
}

/** Reads bytes up to the first NUL as UTF-8. */
export function terminatedText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end === -1 ? bytes : bytes.subarray(0, end));
}
