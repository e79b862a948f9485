/**
 * `NODE_OPTIONS` of the restorer. Node has read its own when it was started; of what is new or different since then, this carries out what
 * Node can be told while it runs, and names the rest.
 */
import { parseNodeOptions } from './parse-node-options.js';

/** Does what an option says; `false` when the value is none. */
type Apply = (value: string) => boolean;

const flag =
  (set: () => void): Apply =>
  (value) => {
    set();
    return value === '';
  };

const report = (set: (value: string) => void): Apply => {
  return (value) => {
    set(value);
    return true;
  };
};

/** What can be told while Node runs. The modules are looked up when they are needed. */
const APPLICABLE: Readonly<Record<string, Apply>> = {
  '--stack-trace-limit': (value) => setStackTraceLimit(Number(value)),
  '--enable-source-maps': flag(() => process.setSourceMapsEnabled(true)),
  '--no-enable-source-maps': flag(() => process.setSourceMapsEnabled(false)),
  '--trace-warnings': flag(() => Object.assign(process, { traceProcessWarnings: true })),
  '--no-trace-warnings': flag(() => Object.assign(process, { traceProcessWarnings: false })),
  '--trace-deprecation': flag(() => Object.assign(process, { traceDeprecation: true })),
  '--no-trace-deprecation': flag(() => Object.assign(process, { traceDeprecation: false })),
  '--throw-deprecation': flag(() => Object.assign(process, { throwDeprecation: true })),
  '--no-throw-deprecation': flag(() => Object.assign(process, { throwDeprecation: false })),
  '--no-deprecation': flag(() => Object.assign(process, { noDeprecation: true })),
  '--deprecation': flag(() => Object.assign(process, { noDeprecation: false })),
  '--no-warnings': flag(silenceWarnings),
  '--title': report((title) => {
    process.title = title;
  }),
  '--dns-result-order': (order) => attempt(() => builtin('node:dns').setDefaultResultOrder(order as never)),
  '--network-family-autoselection': flag(() => builtin('node:net').setDefaultAutoSelectFamily(true)),
  '--no-network-family-autoselection': flag(() => builtin('node:net').setDefaultAutoSelectFamily(false)),
  '--network-family-autoselection-attempt-timeout': (value) =>
    attempt(() => builtin('node:net').setDefaultAutoSelectFamilyAttemptTimeout(Number(value))),
  '--tls-min-v1.2': flag(() => Object.assign(builtin('node:tls'), { DEFAULT_MIN_VERSION: 'TLSv1.2' })),
  '--tls-min-v1.3': flag(() => Object.assign(builtin('node:tls'), { DEFAULT_MIN_VERSION: 'TLSv1.3' })),
  '--tls-max-v1.2': flag(() => Object.assign(builtin('node:tls'), { DEFAULT_MAX_VERSION: 'TLSv1.2' })),
  '--tls-max-v1.3': flag(() => Object.assign(builtin('node:tls'), { DEFAULT_MAX_VERSION: 'TLSv1.3' })),
  '--tls-cipher-list': report((list) => Object.assign(builtin('node:tls'), { DEFAULT_CIPHERS: list })),
  '--heapsnapshot-near-heap-limit': (value) =>
    attempt(() => builtin('node:v8').setHeapSnapshotNearHeapLimit(Number(value))),
  '--report-on-signal': flag(() => setReport({ reportOnSignal: true })),
  '--report-on-fatalerror': flag(() => setReport({ reportOnFatalError: true })),
  '--report-uncaught-exception': flag(() => setReport({ reportOnUncaughtException: true })),
  '--report-compact': flag(() => setReport({ compact: true })),
  '--report-signal': report((signal) => setReport({ signal })),
  '--report-dir': report((directory) => setReport({ directory })),
  '--report-directory': report((directory) => setReport({ directory })),
  '--report-filename': report((filename) => setReport({ filename })),
};

/** The preload of this package does what it does in the image already. */
const PRELOADS = new Set(['--import', '--require', '-r']);
const OWN_PRELOAD = /node-crac.*\bregister\b/;

/** Carries out what is new in `after`; returns the options that Node would have to be started with. */
export function applyNodeOptions(before: string, after: string): readonly string[] {
  const known = new Set([...parseNodeOptions(before), ...process.execArgv.map(toOption)].map(describe));
  return parseNodeOptions(after)
    .filter((option) => !known.has(describe(option)))
    .filter(({ name, value }) => !(PRELOADS.has(name) && OWN_PRELOAD.test(value)))
    .filter(({ name, value }) => !(APPLICABLE[name]?.(value) ?? false))
    .map(describe);
}

function toOption(argument: string): { readonly name: string; readonly value: string } {
  const [option] = parseNodeOptions(JSON.stringify(argument));
  return option ?? { name: argument, value: '' };
}

function describe({ name, value }: { readonly name: string; readonly value: string }): string {
  return value === '' ? name : `${name}=${value}`;
}

function builtin<Name extends 'node:dns' | 'node:net' | 'node:tls' | 'node:v8'>(
  name: Name,
): ReturnType<typeof process.getBuiltinModule<Name>> {
  return process.getBuiltinModule(name);
}

function attempt(call: () => void): boolean {
  try {
    call();
    return true;
  } catch {
    return false;
  }
}

function setStackTraceLimit(limit: number): boolean {
  if (!Number.isInteger(limit)) return false;
  Error.stackTraceLimit = limit;
  return true;
}

function setReport(values: object): void {
  Object.assign(process.report, values);
}

/** Node shows warnings by a listener of its own, whose name is all that tells it from others. */
function silenceWarnings(): void {
  for (const listener of process.listeners('warning')) {
    if (listener.name === 'onWarning') process.off('warning', listener);
  }
}
