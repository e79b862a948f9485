/** What is searched for in an image: one secret in every form in which memory may hold it. */

/** How a hit was written. `two-byte` is UTF-16, as V8 keeps strings that hold a character beyond Latin-1. */
export const SECRET_FORMS = ['one-byte', 'two-byte', 'base64', 'hex'] as const;
export type SecretForm = (typeof SECRET_FORMS)[number];

/** Finds one secret in a stretch of memory. */
export interface Needle {
  /** What is told of it: never the secret itself. */
  readonly label: string;
  readonly form: SecretForm;
  /** Bytes of neighbouring stretches that must overlap, so that nothing between them is missed. */
  readonly reach: number;
  /** Where it begins in these bytes, each place once. */
  find(bytes: Buffer): number[];
}

/** Longest match of a regular expression that is found wherever it lies. */
const PATTERN_REACH = 4096;

/** Shortest base64 or hexadecimal form that is looked for: shorter ones are found by chance. */
const SHORTEST_ENCODED = 8;

/** The needles of a text. */
export function needlesOfText(label: string, text: string): Needle[] {
  const bytes = Buffer.from(text);
  const plain = [
    needle(label, 'one-byte', bytes),
    ...distinct(bytes, Buffer.from(text, 'latin1')).map((latin) => needle(label, 'one-byte', latin)),
    needle(label, 'two-byte', Buffer.from(text, 'utf16le')),
  ];
  const hex = bytes.toString('hex');
  const digits = [...new Set([hex, hex.toUpperCase()])];
  const encoded = [
    ...digits.map((text) => needle(label, 'hex', Buffer.from(text))),
    ...[0, 1, 2].map((shift) => needle(label, 'base64', base64Core(bytes, shift))),
  ];
  return [...plain, ...encoded.filter(({ reach }) => reach >= SHORTEST_ENCODED)];
}

/** The needles of a regular expression. */
export function needlesOfPattern(label: string, pattern: RegExp): Needle[] {
  const flags = [...new Set(`${pattern.flags}g`)].filter((flag) => flag !== 'y').join('');
  const all = (encoding: 'latin1' | 'utf16le', width: number) => (bytes: Buffer) =>
    [...bytes.toString(encoding).matchAll(new RegExp(pattern.source, flags))].map(
      ({ index }) => index * width,
    );
  return [
    { label, form: 'one-byte', reach: PATTERN_REACH, find: all('latin1', 1) },
    { label, form: 'two-byte', reach: PATTERN_REACH, find: all('utf16le', 2) },
  ];
}

function needle(label: string, form: SecretForm, content: Buffer): Needle {
  return {
    label,
    form,
    reach: content.length,
    find(bytes) {
      const hits: number[] = [];
      for (let at = bytes.indexOf(content); at !== -1; at = bytes.indexOf(content, at + 1)) hits.push(at);
      return hits;
    },
  };
}

/** Text with characters of Latin-1 is stored by V8 in one byte each, and elsewhere as UTF-8. */
function distinct(utf8: Buffer, latin: Buffer): Buffer[] {
  return utf8.length === latin.length ? [] : [latin];
}

/** The characters that stand for these bytes alone where `shift` bytes come before them in a group of three. */
function base64Core(bytes: Buffer, shift: number): Buffer {
  const text = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString('base64')
    .replaceAll('=', '');
  const whole = Math.floor((shift + bytes.length) / 3) * 4;
  return Buffer.from(text.slice(shift === 0 ? 0 : 4, whole));
}
