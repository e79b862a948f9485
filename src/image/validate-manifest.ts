import type { Manifest, ManifestResult } from './manifest.js';

type Check = (value: unknown) => boolean;
type Shape = { readonly [field: string]: Check | Shape };

const isText: Check = (value) => typeof value === 'string';
const isPositive: Check = (value) => Number.isSafeInteger(value) && Number(value) > 0;
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isTextList: Check = (value) => Array.isArray(value) && value.every(isText);
const isId: Check = (value) =>
  typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value);
const isDate: Check = (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value));

const MANIFEST_SHAPE: Shape = {
  format: (value) => value === 1,
  id: isId,
  createdAt: isDate,
  generation: isPositive,
  package: isText,
  node: { version: isText, modules: isText, arch: isText, platform: isText, execPath: isText },
  engine: isText,
  process: { pid: isPositive, title: isText, argv: isTextList, execArgv: isTextList, cwd: isText },
  limits: { heap: isPositive, threadPool: isCount, v8Threads: isCount },
};

/** Checks that a parsed value is a manifest of this version; unknown fields are allowed and kept. */
export function validateManifest(value: unknown): ManifestResult {
  const problem = problemOf(value, MANIFEST_SHAPE, '');
  return problem === undefined ? { ok: true, manifest: value as Manifest } : { ok: false, problem };
}

function problemOf(value: unknown, shape: Shape, path: string): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return `${path === '' ? 'it' : `field "${path}"`} is not an object`;
  }
  for (const [field, check] of Object.entries(shape)) {
    const fieldPath = path === '' ? field : `${path}.${field}`;
    const member: unknown = Object.hasOwn(value, field) ? Reflect.get(value, field) : undefined;
    const problem =
      typeof check === 'function'
        ? leafProblem(member, check, fieldPath)
        : problemOf(member, check, fieldPath);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function leafProblem(value: unknown, check: Check, path: string): string | undefined {
  if (value === undefined) return `field "${path}" is missing`;
  return check(value) ? undefined : `field "${path}" has the unexpected value ${preview(value)}`;
}

function preview(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
