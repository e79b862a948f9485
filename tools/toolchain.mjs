import { has, Refusal } from './run.mjs';

const COMPILERS = ['cc', 'gcc', 'clang'];
const OLDEST_NODE = [20, 19];

/** Refuses, in one sentence that says what to install, when this machine cannot build the project. */
export function requireToolchain() {
  requireNode();
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Refusal(
      `Cannot build on ${process.platform}-${process.arch}: node-crac runs on linux-x64 only; use such a machine.`,
    );
  }
  const missing = [];
  if (!compiler()) missing.push(`a C compiler (tried ${COMPILERS.join(', ')})`);
  if (!has('make')) missing.push('make');
  if (missing.length > 0) {
    throw new Refusal(
      `Cannot build: ${missing.join(' and ')} not found; install with \`apt-get install gcc libc6-dev make\`.`,
    );
  }
}

/** The first C compiler on the PATH, or undefined. */
export function compiler() {
  return [process.env.CC, ...COMPILERS].filter(Boolean).find(has);
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  throw new Refusal(
    `Cannot build with Node ${process.version}: install Node ${OLDEST_NODE.join('.')} or newer.`,
  );
}
