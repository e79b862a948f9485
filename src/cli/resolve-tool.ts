import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { cracError } from '../errors.js';

const PROGRAM = /\.[cm]?js$/;

/**
 * The JavaScript file behind the name of a command-line tool: a path, a command of the nearest `node_modules/.bin`, or one in `PATH`.
 *
 * @throws {CracException} `ERR_CRAC_TOOL_NOT_FOUND`
 */
export function resolveTool(name: string): string {
  const candidates = name.includes('/')
    ? [resolve(name)]
    : [...localCommands(name), ...globalCommands(name), ...(PROGRAM.test(name) ? [resolve(name)] : [])];
  const found = candidates.find((path) => existsSync(path) && statSync(path).isFile());
  if (found === undefined)
    throw cracError('ERR_CRAC_TOOL_NOT_FOUND', { tool: name, reason: 'there is no such file or command' });
  const file = realpathSync(found);
  if (isScript(file)) return file;
  throw cracError('ERR_CRAC_TOOL_NOT_FOUND', { tool: name, reason: `${file} is no JavaScript program` });
}

function* localCommands(name: string): Generator<string> {
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    yield join(folder, 'node_modules/.bin', name);
    if (folder === dirname(folder)) return;
  }
}

function globalCommands(name: string): readonly string[] {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .filter(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** By its name, or by a first line that calls Node.js. */
function isScript(file: string): boolean {
  if (PROGRAM.test(file)) return true;
  const [first = ''] = readBeginning(file).split('\n');
  return /^#!.*\bnode\b/.test(first);
}

function readBeginning(file: string): string {
  const [buffer, fd] = [Buffer.alloc(256), openSync(file, 'r')];
  try {
    return buffer.toString('latin1', 0, readSync(fd, buffer));
  } finally {
    closeSync(fd);
  }
}
