/**
 * The manifest: the readable description of an image. It is stored as `manifest.json` beside the image and, with the same
 * text, as a note inside of `process.core`. It holds no environment, because environments hold secrets.
 */
import { getHeapStatistics } from 'node:v8';
import { packageVersion } from './package-version.js';
import { validateManifest } from './validate-manifest.js';

/** The option that says how many threads V8 has. */
const V8_POOL = /^--v8[-_]pool[-_]size=(\d+)$/;

/** Threads of each of the two pools unless somebody chooses. */
const DEFAULT_THREADS = 4;

/** Version of the manifest's own layout. */
export const MANIFEST_FORMAT = 1;

/** What an image tells about itself. */
export interface Manifest {
  readonly format: typeof MANIFEST_FORMAT;
  /** Identity of this one image, a random UUID. */
  readonly id: string;
  /** Wall clock of the checkpoint, ISO 8601 in UTC. */
  readonly createdAt: string;
  /** 1 for a process that was started by Node, one more for every restore in between. */
  readonly generation: number;
  /** Version of the package that wrote the image. */
  readonly package: string;
  readonly node: ManifestNode;
  /** Name of the engine that wrote the image. */
  readonly engine: string;
  /** Absolute path of the engine's module, when it is none of this package. */
  readonly engineFile?: string;
  /** What the application wanted to be kept with the image. */
  readonly userData?: Readonly<Record<string, string>>;
  readonly process: ManifestProcess;
  readonly limits: ManifestLimits;
}

/** The Node.js executable that the process ran on. */
export interface ManifestNode {
  /** For example `v22.23.3`. */
  readonly version: string;
  /** ABI version of native addons, for example `127`. */
  readonly modules: string;
  readonly arch: string;
  readonly platform: string;
  readonly execPath: string;
}

/** The process as it was at the checkpoint. */
export interface ManifestProcess {
  readonly pid: number;
  readonly title: string;
  readonly argv: readonly string[];
  readonly execArgv: readonly string[];
  readonly cwd: string;
}

/** What Node, V8 and libuv were laid out for when they were started: a restore can't change it. */
export interface ManifestLimits {
  /** Bytes to which the heap of the main thread may grow. */
  readonly heap: number;
  /** Threads of libuv's pool, once it is started. */
  readonly threadPool: number;
  /** Threads of V8's pool; 0 when V8 chooses by the number of processors. */
  readonly v8Threads: number;
}

/** The part of Node's `process` that a manifest is made from; pass `process` itself. */
export interface ProcessFacts {
  readonly pid: number;
  readonly title: string;
  readonly argv: readonly string[];
  readonly execArgv: readonly string[];
  readonly version: string;
  readonly versions: { readonly modules: string };
  readonly arch: string;
  readonly platform: string;
  readonly execPath: string;
  readonly env: { readonly UV_THREADPOOL_SIZE?: string | undefined };
  cwd(): string;
}

/** What has to be known to describe a new image. */
export interface ManifestInput {
  /** 1 for the first checkpoint of a process started by Node. */
  readonly generation: number;
  /** Name of the engine that writes the image. */
  readonly engine: string;
  /** Absolute path of the engine's module, when it is none of this package. */
  readonly engineFile?: string | undefined;
  /** What the application wants to be kept with the image. @default nothing */
  readonly userData?: Readonly<Record<string, string>>;
  /** Normally `process`. */
  readonly process: ProcessFacts;
}

/** A manifest, or the sentence that says what is wrong with the text. */
export type ManifestResult =
  | { readonly ok: true; readonly manifest: Manifest }
  | { readonly ok: false; readonly problem: string };

/** Describes an image that is about to be written, under a fresh id. */
export function createManifest(input: ManifestInput): Manifest {
  const { generation, engine, engineFile, userData = {}, process } = input;
  return {
    format: MANIFEST_FORMAT,
    id: crypto.randomUUID(),
    createdAt: new Date().toISOString(),
    generation,
    package: packageVersion(),
    node: {
      version: process.version,
      modules: process.versions.modules,
      arch: process.arch,
      platform: process.platform,
      execPath: process.execPath,
    },
    engine,
    ...(engineFile !== undefined && { engineFile }),
    ...(Object.keys(userData).length > 0 && { userData }),
    process: {
      pid: process.pid,
      title: process.title,
      argv: [...process.argv],
      execArgv: [...process.execArgv],
      cwd: process.cwd(),
    },
    limits: {
      heap: getHeapStatistics().heap_size_limit,
      threadPool: toCount(process.env.UV_THREADPOOL_SIZE),
      v8Threads: toCount(process.execArgv.map((argument) => V8_POOL.exec(argument)?.[1]).find(Boolean)),
    },
  };
}

function toCount(text: string | undefined): number {
  const count = Number.parseInt(text ?? '', 10);
  return Number.isNaN(count) ? DEFAULT_THREADS : count;
}

/** Turns a manifest into the text that is stored. */
export function stringifyManifest(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** Reads and validates a stored manifest; never throws, whatever the text holds. */
export function parseManifest(text: string): ManifestResult {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, problem: 'it is not JSON' };
  }
  return validateManifest(value);
}
