/**
 * Features of processors as texts: hexadecimal digits of the bytes that an image stores (`struct crac_cpu`), zeros behind them. What two
 * machines have in common is the bitwise AND of their texts.
 */

/** Bytes of the longest text. */
const SIZE = 40;

/** What every x86-64 server processor has had since 2010: x86-64-v2 with PCLMULQDQ and AES. */
const GENERIC: readonly number[] = [
  word(0, 1, 9, 13, 19, 20, 23, 25), // sse3 pclmulqdq ssse3 cx16 sse4_1 sse4_2 popcnt aes
  word(0, 4, 8, 15, 19, 23, 24, 25, 26), // fpu tsc cx8 cmov clflush mmx fxsr sse sse2
  0,
  0,
  0,
  0,
  word(0), // lahf_lm
  word(11, 29), // syscall lm
  0,
  0,
];

/**
 * The features that `choice` lets a program use: `generic`, or a text itself; empty for `native`, all that there are. `ignore` lets a
 * program use all of them and its images need none. `undefined` when it is nothing of these.
 */
export function parseFeatures(choice: string): string | undefined {
  if (choice === '' || choice === 'native') return '';
  if (choice === 'ignore') return '00';
  if (choice === 'generic') return encodeWords(GENERIC);
  return /^[0-9a-f]+$/i.test(choice) && choice.length <= SIZE * 2 ? choice.toLowerCase() : undefined;
}

/** What both have; `limit` may be empty for no limit. */
export function limitFeatures(features: string, limit: string): string {
  if (limit === '') return features;
  const other = toBytes(limit);
  return Buffer.from(toBytes(features).map((byte, index) => byte & (other[index] ?? 0))).toString('hex');
}

/** The ten words of CPUID that a text stands for. */
export function toWords(features: string): readonly number[] {
  const bytes = toBytes(features);
  return Array.from({ length: SIZE / 4 }, (_, index) => bytes.readUInt32LE(index * 4));
}

function encodeWords(words: readonly number[]): string {
  const bytes = Buffer.alloc(SIZE);
  words.forEach((value, index) => {
    bytes.writeUInt32LE(value, index * 4);
  });
  return bytes.toString('hex');
}

function toBytes(features: string): Buffer {
  return Buffer.from(features.padEnd(SIZE * 2, '0'), 'hex');
}

function word(...bits: readonly number[]): number {
  return bits.reduce((total, bit) => total + 2 ** bit, 0);
}
