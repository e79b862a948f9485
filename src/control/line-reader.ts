import { StringDecoder } from 'node:string_decoder';

/** Cuts a byte stream into lines of a limited length. */
export interface LineReader {
  /** Takes the next bytes and returns the lines that they complete; `undefined` once a line is longer than the limit. */
  push(chunk: Uint8Array): readonly string[] | undefined;
}

/** Makes a reader whose lines hold at most `limit` UTF-16 code units. */
export function createLineReader(limit: number): LineReader {
  const decoder = new StringDecoder('utf8');
  let pending = '';
  let overflown = false;
  return {
    push(chunk) {
      const lines = (pending + decoder.write(chunk)).split('\n');
      pending = lines.pop() ?? '';
      overflown ||= pending.length > limit || lines.some((line) => line.length > limit);
      return overflown ? undefined : lines;
    },
  };
}
