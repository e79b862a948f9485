import { readFileSync } from 'node:fs';
import type { RestoreInfo } from '../core/restore-info.js';
import type { Changes } from './changes.js';
import type { WorkerRepair, WorkerServices } from './in-worker.js';
import { applyNodeOptions } from './node-options.js';
import type { Repair } from './repair.js';
import type { RuntimeServices } from './runtime.js';

type Environment = Readonly<Record<string, string | undefined>>;
type KnownIdentity = Pick<Changes, 'pid' | 'moved' | 'isThere' | 'adoptEnvironment'>;

/** Names and values. */
type OwnVariables = readonly (readonly [string, string | undefined])[];

/** Variables that name the locale; the first one that is set counts. */
const LOCALE_VARIABLES = ['LC_ALL', 'LC_MESSAGES', 'LANG'] as const;

/**
 * Who the process is: its number, arguments, environment and working directory, all of which Node reads once and remembers.
 *
 * `process.ppid` needs nothing, Node asks the kernel each time.
 */
export function createIdentity({
  pid,
  changes,
  setLocale,
  warn,
}: Pick<RuntimeServices, 'pid' | 'changes' | 'setLocale' | 'warn'>): Repair {
  let options = '';
  let own: OwnVariables = [];
  let last: RestoreInfo | undefined;
  return {
    beforeCheckpoint() {
      options = process.env['NODE_OPTIONS'] ?? '';
      own = ownVariables(last?.env);
      makeWritable('pid');
    },
    afterRestore(_context, info) {
      if (!info.restored) return;
      last = info;
      const known = changes();
      const hasNewLocale = adoptIdentity(info, known ?? assumeAll(info, pid()), own);
      if (hasNewLocale) setLocale(toIcu(localeOf(process.env)));
      if (known?.hasSameOptions) return;
      const newOptions = process.env['NODE_OPTIONS'] ?? '';
      if (newOptions !== options) adoptNodeOptions(options, newOptions, warn);
    },
  };
}

/**
 * Worker threads have copies of `process.pid` and `process.env`, made when they were started. A variable that had another value than in the
 * main thread was given to the worker by the program and stays.
 */
export function createWorkerIdentity({ timeZoneChanged, localeChanged }: WorkerServices): WorkerRepair {
  let before: Environment = {};
  return {
    beforeCheckpoint(env) {
      before = env;
    },
    afterRestore({ info: { restored }, pid, env }) {
      if (!restored) return;
      makeWritable('pid', pid);
      if (env === undefined) return;
      adoptChanges(before, env);
      if (before['TZ'] !== env['TZ']) timeZoneChanged();
      if (localeOf(before) !== localeOf(env)) localeChanged();
    },
  };
}

/** Returns whether the environment names another locale. To go where it is already has Node forget where it was. */
function adoptIdentity(info: RestoreInfo, changes: KnownIdentity, own: OwnVariables): boolean {
  (process as { pid: number }).pid = changes.pid;
  const hasNewLocale = changes.adoptEnvironment();
  for (const [name, value] of own) process.env[name] ??= value;
  if (info.hasArgs) process.argv.splice(2, Number.POSITIVE_INFINITY, ...info.args);
  if (changes.moved) process.chdir(changes.isThere ? '.' : info.cwd || '.');
  return hasNewLocale;
}

function adoptNodeOptions(before: string, after: string, warn: RuntimeServices['warn']): void {
  const ignored = applyNodeOptions(before, after);
  if (ignored.length === 0) return;
  warn(
    `NODE_OPTIONS of the restore has what only a start of Node.js can do: ${ignored.join(' ')}. Start the program with it before the checkpoint.`,
    'WARN_CRAC_NODE_OPTIONS',
  );
}

/** What has to be done when nobody knows what has changed. */
function assumeAll({ env }: RestoreInfo, pid: number): KnownIdentity {
  return {
    pid,
    moved: true,
    isThere: false,
    adoptEnvironment: () => env !== undefined && adoptEnvironment(env),
  };
}

/** Turns a property that Node sets once and for all into a plain one. It takes too long to be done after a restore. */
function makeWritable(name: 'pid', value: number = process[name]): void {
  Object.defineProperty(process, name, { value, writable: true, enumerable: true, configurable: true });
}

/** Replaces the content and keeps the object, which programs hold on to. Assigning `TZ` also makes V8 forget the old time zone. */
function adoptEnvironment(env: Readonly<Record<string, string>>): boolean {
  const locale = localeOf(process.env);
  for (const name of Object.keys(process.env)) {
    if (!(name in env)) delete process.env[name];
  }
  for (const [name, value] of Object.entries(env)) {
    if (process.env[name] !== value) process.env[name] = value;
  }
  return localeOf(process.env) !== locale;
}

/**
 * What the program itself has put into its environment, as dotenv does: neither the start of the process nor the last restore brought it, so
 * no restorer can be expected to.
 */
function ownVariables(brought: Environment = {}): OwnVariables {
  started ??= startedWith();
  const isOwn = (name: string): boolean => started?.has(name) === false && !(name in brought);
  return Object.entries(process.env).filter(([name]) => isOwn(name));
}

let started: ReadonlySet<string> | undefined;

/** Names of the variables that the process was started with, of which the kernel keeps a copy. */
function startedWith(): ReadonlySet<string> | undefined {
  try {
    const entries = readFileSync('/proc/self/environ', 'utf8').split('\0');
    return new Set(entries.map((entry) => entry.slice(0, entry.indexOf('='))));
  } catch {
    return undefined;
  }
}

/** Only what differs between the two environments of the main thread, where the worker had the same as that. */
function adoptChanges(before: Environment, after: Environment): void {
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (before[name] === after[name] || process.env[name] !== before[name]) continue;
    if (after[name] === undefined) delete process.env[name];
    else process.env[name] = after[name];
  }
}

function localeOf(env: Environment): string {
  return LOCALE_VARIABLES.map((name) => env[name]).find((value) => value) ?? 'C';
}

/** ICU's name of a locale of POSIX: `de_DE.UTF-8` is `de_DE`. */
function toIcu(locale: string): string {
  const [name = ''] = locale.split(/[.@]/);
  return name === 'C' || name === 'POSIX' ? 'en_US_POSIX' : name;
}
