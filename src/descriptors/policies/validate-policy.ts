import { ACTIONS, type ResourcePolicy } from './policy.js';

/** Reads the value of one key: what it means, or a clause that says what it must be. */
type Reader = (text: string) => { readonly value: unknown } | { readonly expected: string };

const FAMILIES = ['ipv4', 'inet4', 'ipv6', 'inet6', 'ip', 'inet', 'unix'];

const anyText: Reader = (text) => (text === '' ? { expected: 'a text' } : { value: text });
const oneOf =
  (...words: readonly string[]): Reader =>
  (text) =>
    words.includes(text.toLowerCase())
      ? { value: text.toLowerCase() }
      : { expected: `one of ${words.join(', ')}` };
const number =
  (most: number): Reader =>
  (text) =>
    /^\d{1,10}$/.test(text) && Number(text) <= most
      ? { value: Number(text) }
      : { expected: `a number up to ${most}` };
const boolean: Reader = (text) => {
  const { value } = { value: undefined, ...oneOf('true', 'false')(text) };
  return value === undefined ? { expected: 'true or false' } : { value: value === 'true' };
};
const expression: Reader = (text) => {
  try {
    return { value: new RegExp(text).source };
  } catch {
    return { expected: 'a regular expression' };
  }
};
/** `*` stands for every value, as leaving the key out does. */
const orAny =
  (reader: Reader): Reader =>
  (text) =>
    text === '*' ? { value: undefined } : reader(text);

const PORT = orAny(number(65_535));
const COMMON: Readonly<Record<string, Reader>> = { warn: boolean };
const CLOSABLE = oneOf(...ACTIONS.filter((action) => action !== 'reopen'));

/** The keys of each type. */
const SCHEMA: Readonly<Record<string, Readonly<Record<string, Reader>>>> = {
  file: { ...COMMON, action: oneOf(...ACTIONS), path: anyText, changed: oneOf('error', 'allow') },
  pipe: { ...COMMON, action: CLOSABLE },
  socket: {
    ...COMMON,
    action: CLOSABLE,
    family: oneOf(...FAMILIES),
    localaddress: orAny(anyText),
    remoteaddress: orAny(anyText),
    localport: PORT,
    remoteport: PORT,
    localpath: anyText,
    remotepath: anyText,
  },
  filedescriptor: { ...COMMON, action: CLOSABLE, value: number(2 ** 31 - 1), regex: expression },
};

/** Names as the types of `policy.ts` write them; in a file their letters may be of any case. */
const NAMES: Readonly<Record<string, string>> = {
  localaddress: 'localAddress',
  remoteaddress: 'remoteAddress',
  localport: 'localPort',
  remoteport: 'remotePort',
  localpath: 'localPath',
  remotepath: 'remotePath',
};

/** One key of a rule with its value, both as text, and whatever says where it stands. */
export interface PolicyEntry {
  readonly key: string;
  readonly text: string;
  readonly line: number;
}

/** What is wrong with a rule, as a clause. */
export interface PolicyProblem {
  readonly line: number;
  readonly reason: string;
}

/** Makes a rule of its entries, which are not empty. */
export function validatePolicy(entries: readonly PolicyEntry[]): ResourcePolicy | PolicyProblem {
  const [first] = entries;
  const start = first?.line ?? 0;
  const type = find(entries, 'type')?.text.toLowerCase() ?? '';
  const schema = Object.hasOwn(SCHEMA, type) ? SCHEMA[type] : undefined;
  if (schema === undefined) {
    const line = find(entries, 'type')?.line ?? start;
    return { line, reason: `"type" must be one of ${Object.keys(SCHEMA).join(', ')}` };
  }
  if (find(entries, 'action') === undefined) return { line: start, reason: 'it has no "action"' };
  const policy: Record<string, unknown> = { type };
  for (const entry of entries) {
    const problem = enter(policy, entry, schema, type);
    if (problem !== undefined) return problem;
  }
  return policy as unknown as ResourcePolicy;
}

/** Whether a rule was refused. */
export function isPolicyProblem(result: ResourcePolicy | PolicyProblem): result is PolicyProblem {
  return 'reason' in result;
}

function enter(
  policy: Record<string, unknown>,
  { key, text, line }: PolicyEntry,
  schema: Readonly<Record<string, Reader>>,
  type: string,
): PolicyProblem | undefined {
  const lower = key.toLowerCase();
  if (lower === 'type') return undefined;
  const name = NAMES[lower] ?? lower;
  const reader = Object.hasOwn(schema, lower) ? schema[lower] : undefined;
  if (reader === undefined) {
    const known = Object.keys(schema).map((other) => NAMES[other] ?? other);
    return { line, reason: `"${key}" is no key of type ${type}, which has ${known.join(', ')}` };
  }
  if (name in policy) return { line, reason: `"${name}" stands there twice` };
  const result = reader(text);
  if ('expected' in result)
    return { line, reason: `"${name}" must be ${result.expected}, but it is "${text}"` };
  policy[name] = result.value;
  return undefined;
}

function find(entries: readonly PolicyEntry[], key: string): PolicyEntry | undefined {
  return entries.find((entry) => entry.key.toLowerCase() === key);
}
