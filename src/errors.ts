/**
 * The one table of errors: code, class, sentence. Every error that the package makes comes from here, by `cracError(code, details)`
 * or as one of the two collecting exceptions of `exceptions.ts`. `docs/reference/errors.md` explains each code.
 */
import { describeOpenDescriptor, describeOpened, inParentheses } from './describe-open.js';
import type { ErrorCode, ErrorDetails } from './error-details.js';
import {
  CheckpointOpenFileException,
  CheckpointOpenResourceException,
  CheckpointOpenSocketException,
  CracException,
} from './exceptions.js';

export { type DescribedError, describeError } from './describe-error.js';
export { describeOpened, nameOf } from './describe-open.js';
export { isCracException } from './exceptions.js';

type ExceptionClass = new (code: string, message: string, details: object, cause?: unknown) => CracException;

interface Row<Details> {
  readonly type: ExceptionClass;
  readonly message: (details: Details) => string;
}

/** What begins requests on the thread pool, by the names that Node.js lists. */
const REQUESTS: Readonly<Record<string, string>> = {
  CloseReq: 'closing of a FileHandle',
  FSReqCallback: 'fs',
  FSReqPromise: 'fs.promises',
  GetAddrInfoReqWrap: 'dns.lookup',
  GetNameInfoReqWrap: 'dns.lookupService',
};

/** Class and sentence of every code. */
export const ERROR_TABLE: { readonly [Code in ErrorCode]: Row<ErrorDetails[Code]> } = {
  ERR_CRAC_AGENT_INCOMPATIBLE: {
    type: CracException,
    message: ({ path, reason }) => `Cannot load the native agent ${path}: ${reason}.`,
  },
  ERR_CRAC_AGENT_MISSING: {
    type: CracException,
    message: ({ path }) =>
      `Cannot checkpoint: the native agent ${path} does not exist. In a checkout compile it with "npm run build"; otherwise install node-crac again.`,
  },
  ERR_CRAC_ALREADY_NOTIFIED: {
    type: CracException,
    message: ({ context }) =>
      `Cannot notify context ${context} of a checkpoint: it takes part in one already. Register it in one parent only and wait for the earlier notification to end.`,
  },
  ERR_CRAC_ALREADY_PREPARED: {
    type: CracException,
    message: () => 'Cannot begin a checkpoint: the process is prepared for one. Call resume() first.',
  },
  ERR_CRAC_CHILD_PROCESS: {
    type: CheckpointOpenResourceException,
    message: ({ pid, command, isClusterWorker, opened }) =>
      isClusterWorker
        ? `Cluster worker ${pid} is running and cannot travel in an image: start the program without node:cluster, checkpoint that one process, and restore as many copies as there were workers with "crac restore --reuse-port".`
        : `Child process ${pid}${inParentheses(command, opened && describeOpened(opened))} is running and cannot travel in an image: end it and wait for its "exit" event in beforeCheckpoint, start it again in afterRestore.`,
  },
  ERR_CRAC_COMMAND_NEEDS_SHIM: {
    type: CracException,
    message: ({ verb }) =>
      `"crac ${verb}" is carried out by the shell script bin/crac: call it through that.`,
  },
  ERR_CRAC_CONTROL_CLIENT_GONE: {
    type: CracException,
    message: () =>
      'The command that asked for the checkpoint went away before the image was written: ask again and wait for the answer.',
  },
  ERR_CRAC_CONTROL_DIRECTORY: {
    type: CracException,
    message: ({ directory, reason }) =>
      `Cannot keep control sockets in ${directory}: it ${reason}. Set CRAC_RUNTIME_DIR to a directory that only you can enter.`,
  },
  ERR_CRAC_CONTROL_PROTOCOL: {
    type: CracException,
    message: ({ path, reason }) =>
      `The process at ${path} cannot be talked to: ${reason}. Use the same version of node-crac on both sides.`,
  },
  ERR_CRAC_CONTROL_SOCKET_TAKEN: {
    type: CracException,
    message: ({ path }) =>
      `Cannot listen on the control socket ${path}: another process answers there. Set CRAC_RUNTIME_DIR to another directory.`,
  },
  ERR_CRAC_CONTROL_UNREACHABLE: {
    type: CracException,
    message: ({ path }) =>
      `No process answers at ${path}: start the program with "crac run" or "node --import node-crac/register".`,
  },
  ERR_CRAC_DIRECTORY_REFUSED: {
    type: CracException,
    message: ({ directory, reason }) => `Cannot write an image to ${directory}: ${reason}.`,
  },
  ERR_CRAC_ENGINE_FAILED: {
    type: CracException,
    message: ({ engine, directory, reason, phase }) =>
      `Engine ${engine} could not write an image to ${directory}${phase === undefined ? '' : ` (step "${phase}")`}: ${reason}`,
  },
  ERR_CRAC_ENGINE_INVALID: {
    type: CracException,
    message: ({ engine, reason }) =>
      `Cannot use engine ${engine}: ${reason}. Name an engine of node-crac, the path of a module or a package.`,
  },
  ERR_CRAC_ENGINE_MISMATCH: {
    type: CracException,
    message: ({ directory, asked, engine }) =>
      `Cannot restore ${directory} with engine ${asked}: its image was written by engine ${engine}. Leave --engine out or name that one.`,
  },
  ERR_CRAC_ENGINE_RESTORE_FAILED: {
    type: CracException,
    message: ({ engine, directory, reason }) => `Engine ${engine} could not restore ${directory}: ${reason}.`,
  },
  ERR_CRAC_ENGINE_OPTION: {
    type: CracException,
    message: ({ engine, key, reason, known }) =>
      `Option "${key}" of engine ${engine} ${reason}: ${known.length === 0 ? 'this engine has no options' : `the options of this engine are ${known.join(', ')}`}.`,
  },
  ERR_CRAC_ENGINE_LACKS: {
    type: CracException,
    message: ({ engine, capability }) =>
      `Engine ${engine} cannot do ${capability}: choose another engine or leave that option out.`,
  },
  ERR_CRAC_IMAGE_DAMAGED: {
    type: CracException,
    message: ({ path, reason }) =>
      `Image ${path} is damaged: ${reason}. Write it again with a new checkpoint.`,
  },
  ERR_CRAC_IMAGE_MISSING: {
    type: CracException,
    message: ({ path }) =>
      `There is no readable image at ${path}: name the directory that a checkpoint was written to.`,
  },
  ERR_CRAC_IMAGE_NOT_WRITTEN: {
    type: CracException,
    message: ({ pid, reason }) => `Process ${pid} wrote no image: ${reason}.`,
  },
  ERR_CRAC_IMAGE_UNTRUSTED: {
    type: CracException,
    message: ({ directory, reason }) =>
      `Cannot restore ${directory}: ${reason}. Whoever can change an image decides what it does: use --trust-owner if you trust them.`,
  },
  ERR_CRAC_INVALID_ARGUMENT: {
    type: CracException,
    message: ({ argument, expected, received }) =>
      `Argument ${argument} must be ${expected}, but it is ${received}.`,
  },
  ERR_CRAC_LABEL_INVALID: {
    type: CracException,
    message: ({ name, reason }) => `Cannot label an image with "${name}": ${reason}. Give it as name=value.`,
  },
  ERR_CRAC_LABEL_REQUIRED: {
    type: CracException,
    message: ({ directory, reason }) =>
      `Cannot restore ${directory}: ${reason}. Name another image, or make one with crac checkpoint --label.`,
  },
  ERR_CRAC_LAUNCHER_MISSING: {
    type: CracException,
    message: ({ path }) =>
      `The launcher ${path} does not exist. In a checkout compile it with "npm run build"; otherwise install node-crac again.`,
  },
  ERR_CRAC_MOMENT_MISSED: {
    type: CracException,
    message: ({ moment }) =>
      `No image was written: the program ended before ${moment}. Choose an earlier moment, or keep the program running.`,
  },
  ERR_CRAC_NOT_CONFIGURED: {
    type: CracException,
    message: () =>
      'Cannot checkpoint: no image directory is known. Pass { directory } to checkpointRestore() or set CRAC_CHECKPOINT_TO.',
  },
  ERR_CRAC_NOT_PREPARED: {
    type: CracException,
    message: () => 'Cannot resume: the process is not prepared. Call prepare() first and wait for it.',
  },
  ERR_CRAC_NOT_TOLD: {
    type: CracException,
    message: ({ resources, deadline }) =>
      `The deadline of ${deadline} passed before ${resources.join(', ')} could be told of the checkpoint: allow more time or make the slower resources faster.`,
  },
  ERR_CRAC_NOT_WAITING: {
    type: CracException,
    message: ({ directory, reason }) =>
      directory === undefined
        ? `The process cannot wait for a restore: ${reason}.`
        : `No process waits at ${directory}: ${reason}. Make another checkpoint and restore that.`,
  },
  ERR_CRAC_OPEN_FILE: { type: CheckpointOpenFileException, message: describeOpenDescriptor },
  ERR_CRAC_OPEN_RESOURCE: { type: CheckpointOpenResourceException, message: describeOpenDescriptor },
  ERR_CRAC_OPEN_SOCKET: { type: CheckpointOpenSocketException, message: describeOpenDescriptor },
  ERR_CRAC_PLACEHOLDER_INVALID: {
    type: CracException,
    message: ({ path, placeholder, reason }) =>
      `Cannot name an image by ${path}: "${placeholder}" is no placeholder: ${reason}.`,
  },
  ERR_CRAC_POLICY_INVALID: {
    type: CracException,
    message: ({ path, line, reason }) =>
      `Policy file ${path}${line === undefined ? '' : `, line ${line}`}: ${reason}.`,
  },
  ERR_CRAC_POLICY_REFUSES: {
    type: CracException,
    message: ({ directory, path, fd, target }) =>
      `Cannot restore ${directory}: a rule of ${path} refuses descriptor ${fd} (${target}). Give it another action, or leave the rule out.`,
  },
  ERR_CRAC_PROCESS_AMBIGUOUS: {
    type: CracException,
    message: ({ target, pids }) =>
      `"${target}" names ${pids.length} processes (${pids.join(', ')}): give the number of one of them.`,
  },
  ERR_CRAC_PROCESS_NOT_FOUND: {
    type: CracException,
    message: ({ target, directory }) =>
      `No process "${target}" can be reached in ${directory}: "crac ps" lists those that can, and CRAC_RUNTIME_DIR must be the same for both sides.`,
  },
  ERR_CRAC_RECURSIVE_CALL: {
    type: CracException,
    message: ({ call }) =>
      `Cannot call ${call}() inside of beforeCheckpoint or afterRestore: it would wait for itself. Call it after the notification has ended.`,
  },
  ERR_CRAC_REGISTRATION_REFUSED: {
    type: CracException,
    message: ({ resource, context, reason }) =>
      `Cannot register ${resource} in context ${context}: ${reason}.`,
  },
  ERR_CRAC_REQUESTS_IN_FLIGHT: {
    type: CracException,
    message: ({ requests, timeout }) =>
      `Requests on the thread pool did not end within ${timeout} ms (${Object.entries(requests)
        .map(([name, count]) => `${count} ${REQUESTS[name] ?? name}`)
        .join(', ')}): wait for pending file and DNS operations in beforeCheckpoint.`,
  },
  ERR_CRAC_RESOURCE_THREW: {
    type: CracException,
    message: ({ resource, phase, thrown }) =>
      `${phase} of ${resource} threw ${thrown}, which is no Error: throw an Error that says what failed.`,
  },
  ERR_CRAC_RESOURCE_TIMEOUT: {
    type: CracException,
    message: ({ resource, phase, deadline, timeout }) =>
      `${phase} of ${resource} did not end within the ${timeout} ms of ${deadline}: make it faster or allow more time.`,
  },
  ERR_CRAC_SELF_TEST_FAILED: {
    type: CracException,
    message: ({ directory, reason }) => `Cannot compare copies of ${directory}: ${reason}`,
  },
  ERR_CRAC_TOOL_NOT_FOUND: {
    type: CracException,
    message: ({ tool, reason }) =>
      `Cannot find the tool "${tool}": ${reason}. Name a command of node_modules/.bin or PATH, or a JavaScript file.`,
  },
  ERR_CRAC_SECRET_UNAVAILABLE: {
    type: CracException,
    message: ({ secret, reason }) => `Cannot read secret ${secret}: ${reason}.`,
  },
  ERR_CRAC_UNAVAILABLE: {
    type: CracException,
    message: ({ engine, reason }) => `Cannot checkpoint with engine ${engine}: ${reason}`,
  },
  ERR_CRAC_UNSUPPORTED_PLATFORM: {
    type: CracException,
    message: ({ platform, reason }) => `Cannot checkpoint on ${platform}: ${reason}.`,
  },
  ERR_CRAC_WARM_FAILED: {
    type: CracException,
    message: ({ tool, reason }) => `Cannot make a warmed-up command of ${tool}: ${reason}`,
  },
  ERR_CRAC_WARM_UP_FAILED: {
    type: CracException,
    message: ({ command, end }) =>
      `The command "${command}" ${end}: run it against the program by hand to see why.`,
  },
  ERR_CRAC_WORKER_THREAD: {
    type: CracException,
    message: ({ call }) =>
      `Cannot call ${call}() in a worker thread: a checkpoint holds the whole process, ask the main thread for it.`,
  },
};

/** Every code: those of the table and those of the two collecting exceptions. */
export const ERROR_CODES: readonly string[] = [
  ...Object.keys(ERROR_TABLE),
  'ERR_CRAC_CHECKPOINT_FAILED',
  'ERR_CRAC_RESTORE_FAILED',
].sort();

/** Makes the error of `code`. */
export function cracError<Code extends ErrorCode>(
  code: Code,
  details: ErrorDetails[Code],
  cause?: unknown,
): CracException {
  const { type, message }: Row<ErrorDetails[Code]> = ERROR_TABLE[code];
  return new type(code, message(details), details, cause);
}
