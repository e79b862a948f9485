import { existsSync, readFileSync, statSync } from 'node:fs';
import { Module } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A command-line tool that can be run again and again in one process. */
export interface Tool {
  /** Runs its file once more from the beginning; what it only loads stays loaded. Resolves when the file was evaluated, which says nothing of what it began. */
  run(): Promise<void>;
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
  let runs = 0;
  return {
    async run() {
      runs += 1;
      if (isModule) await import(`${pathToFileURL(file).href}?run=${runs}`);
      else runCommonJs(file);
    },
    hasChanged: () => watched.map(identify).join() !== before,
  };
}

function runCommonJs(file: string): void {
  forget(loader._cache[file]);
  loader._load(file, null, true);
}

/**
 * A module that exports nothing is there for what it does: it has to do it again. One that it loads and that exports something is a library.
 */
function forget(module: LoadedModule | undefined): void {
  if (module?.filename == null || loader._cache[module.filename] !== module) return;
  delete loader._cache[module.filename];
  for (const child of module.children) if (exportsNothing(child)) forget(child);
}

function exportsNothing({ exports }: LoadedModule): boolean {
  return typeof exports === 'object' && exports !== null && Reflect.ownKeys(exports).length === 0;
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
