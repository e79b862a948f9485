import { readFileSync } from 'node:fs';
import { repository } from '../support/paths.js';

/** One request; a body makes it a POST of JSON. */
export interface ProgramRequest {
  readonly path: string;
  readonly body?: unknown;
  /** Whether the program is also loaded with it; its answer is the same each time. */
  readonly load?: boolean;
}

/** A server made of packages from npm that knows nothing of checkpoints and listens on the port that `PORT` names. */
export interface RealProgram {
  /** Arguments of Node.js. */
  readonly command: readonly string[];
  readonly requests: readonly ProgramRequest[];
  /** Pattern of what differs from answer to answer. */
  readonly random?: string;
}

/** The folder of the programs and of the packages that they are made of. */
export const PROGRAMS_FOLDER: string = `${repository}test/programs/`;

/** All programs by name; the benchmark reads the same file. */
export const REAL_PROGRAMS: Readonly<Record<string, RealProgram>> = JSON.parse(
  readFileSync(`${PROGRAMS_FOLDER}programs.json`, 'utf8'),
);
