import { existsSync, readFileSync, statSync } from 'node:fs';
import { Module } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A command-line tool that can be run again and again in one process. */
export interface Tool {
  /** Runs its file once more from the beginning; what it only loads stays loaded. Resolves when the file was evaluated, which says nothing of what it began. */
  run(): Promise<void>;
  /** Has this file of its modules loaded again for each run, because it keeps the arguments of the one in which it was loaded. */
  keepsArguments(file: string): void;
  /** Whether its file or the version of its package are others than when this object was made. */
  hasChanged(): boolean;
}

/** A module of CommonJS as Node.js keeps it. */
interface LoadedModule {
  readonly filename: string | null;
  readonly exports: unknown;
  readonly children: readonly LoadedModule[];
}

interface ModuleLoader {
  readonly _cache: Record<string, LoadedModule | undefined>;
  _load(file: string, parent: null, isMain: boolean): unknown;
}

const loader = Module as unknown as ModuleLoader;

/** The tool whose program is `file`, an absolute path. */
export function createTool(file: string): Tool {
  const manifest = findManifest(file);
  const watched = [file, ...(manifest === undefined ? [] : [manifest])];
  const before = watched.map(identify).join();
  const isModule = isEcmaScript(file, manifest);
  const readers = new Set<string>();
  const isWork = findWork(file, manifest);
  let runs = 0;
  return {
    async run() {
      runs += 1;
      for (const path of Object.keys(loader._cache)) if (isWork(path)) delete loader._cache[path];
      if (isModule) await runModule(`${pathToFileURL(file).href}?run=${runs}`);
      else runCommonJs(file, readers);
    },
    keepsArguments: (reader) => void readers.add(reader),
    hasChanged: () => watched.map(identify).join() !== before,
  };
}

/**
 * What an installed tool works on: configuration, plugins, tests, which lie outside of it and of all installed packages. They are loaded again,
 * as they are then; native code cannot be.
 */
function findWork(tool: string, manifest = tool): (path: string) => boolean {
  const [own, before] = [join(dirname(manifest), '/'), new Set(Object.keys(loader._cache))];
  return (path) =>
    isInstalled(tool) &&
    !isInstalled(path) &&
    !path.startsWith(own) &&
    !path.endsWith('.node') &&
    !before.has(path);
}

function isInstalled(file: string): boolean {
  return file.includes('/node_modules/');
}

/** Modules that it imports stay, so that the program of commander has to be made like new. */
async function runModule(url: string): Promise<void> {
  for (const module of Object.values(loader._cache)) if (module !== undefined) renewProgram(module);
  await import(url);
}

function runCommonJs(file: string, readers: ReadonlySet<string>): void {
  const entry = loader._cache[file];
  if (entry !== undefined) forget(entry, readers);
  loader._load(file, null, true);
}

/**
 * What has to do its work again must be loaded again: modules that export nothing, which are there for what they do, those that
 * keep arguments, and the program that commander has for everybody, with all that use these. Others are libraries and stay.
 */
function forget(entry: LoadedModule, readers: ReadonlySet<string>): void {
  const doers = [entry];
  for (const { children } of doers) {
    for (const child of children) if (exportsNothing(child) && !doers.includes(child)) doers.push(child);
  }
  const keepsState = (module: LoadedModule): boolean =>
    readers.has(module.filename ?? '') || holdsProgram(module);
  for (const module of [...doers, ...usersOf(entry, keepsState)]) {
    if (module.filename !== null) delete loader._cache[module.filename];
  }
}

function exportsNothing({ exports }: LoadedModule): boolean {
  return (
    typeof exports === 'object' &&
    exports !== null &&
    Reflect.ownKeys(exports).every((key) => key === '__esModule')
  );
}

/** The modules behind `entry` that fit, and all by which they were reached. */
function usersOf(entry: LoadedModule, fits: (module: LoadedModule) => boolean): ReadonlySet<LoadedModule> {
  const users = new Map<LoadedModule, LoadedModule[]>([[entry, []]]);
  for (const [module] of users) {
    for (const child of module.children) users.set(child, [...(users.get(child) ?? []), module]);
  }
  const found = new Set([...users.keys()].filter(fits));
  for (const module of found) for (const user of users.get(module) ?? []) found.add(user);
  return found;
}

function renewProgram({ exports }: LoadedModule): void {
  const [command, program] = ['Command', 'program'].map((name) => ownValue(exports, name));
  if (typeof command !== 'function' || !(program instanceof command) || program === exports) return;
  for (const key of Reflect.ownKeys(program)) Reflect.deleteProperty(program, key);
  Object.assign(program, Reflect.construct(command, []));
}

/** Whether this is commander, whose `program` remembers options and commands. Getters of other modules are left alone. */
function holdsProgram({ exports }: LoadedModule): boolean {
  const command = ownValue(exports, 'Command');
  if (typeof command !== 'function') return false;
  return exports instanceof command || ownValue(exports, 'program') instanceof command;
}

function ownValue(object: unknown, name: string): unknown {
  if ((typeof object !== 'object' && typeof object !== 'function') || object === null) return undefined;
  return Reflect.getOwnPropertyDescriptor(object, name)?.value;
}

function isEcmaScript(file: string, manifest: string | undefined): boolean {
  if (file.endsWith('.mjs')) return true;
  if (file.endsWith('.cjs') || manifest === undefined) return false;
  const { type } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly type?: string };
  return type === 'module';
}

function findManifest(file: string): string | undefined {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest)) return manifest;
    if (folder === dirname(folder)) return undefined;
  }
}

/** Changes whenever the file is written or replaced. */
function identify(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? 'gone' : `${found.ino}:${found.size}:${found.ctimeMs}`;
}
