import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { cracError } from '../../errors.js';
import type { EngineRestoreRequest } from '../engine.js';
import { type Answer, type Call, PID_FILE, parseWaiting, type Waiting } from './call.js';

/**
 * Wakes the process that waits at the image directory and hands it what the restore brings; settles with 0 when it goes on. It keeps its own
 * standard streams and its parent, which alone hears how it ends.
 *
 * @throws {CracException} `ERR_CRAC_NOT_WAITING`, `ERR_CRAC_IMAGE_DAMAGED`
 */
export async function wakeUp(request: EngineRestoreRequest): Promise<number> {
  const { directory, image } = request;
  const { args, hasArgs, env, cwd, cwdPolicy, envPolicy, startedAt } = request;
  const waiting = await readPidFile(directory);
  const call = { id: image.id, directory, args, hasArgs, env, cwd, cwdPolicy, envPolicy, startedAt };
  const answer = await ask(waiting, directory, call);
  if (answer.awake) return 0;
  throw cracError('ERR_CRAC_NOT_WAITING', { directory, reason: answer.reason });
}

async function readPidFile(directory: string): Promise<Waiting> {
  const path = join(directory, PID_FILE);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    const reason = 'it has no file "pid", so its process was restored already or never got to wait';
    throw cracError('ERR_CRAC_NOT_WAITING', { directory, reason }, cause);
  });
  const waiting = parseWaiting(text);
  if (waiting !== undefined) return waiting;
  const reason = 'it does not hold the number and the address of a process';
  throw cracError('ERR_CRAC_IMAGE_DAMAGED', { path, reason });
}

async function ask({ pid, address }: Waiting, directory: string, call: Call): Promise<Answer> {
  const socket = await open(address).catch((cause: unknown) => {
    const reason = `process ${pid}, which its file "pid" names, is gone`;
    throw cracError('ERR_CRAC_NOT_WAITING', { directory, reason }, cause);
  });
  socket.write(`${JSON.stringify(call)}\n`);
  const text = await readAll(socket);
  const answer = parseAnswer(text);
  if (answer !== undefined) return answer;
  throw cracError('ERR_CRAC_NOT_WAITING', { directory, reason: `process ${pid} ended without an answer` });
}

function open(address: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(address);
    socket.once('error', reject);
    socket.once('connect', () => resolve(socket));
  });
}

/** What comes until the connection ends, in whatever way. */
function readAll(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    text += chunk;
  });
  socket.removeAllListeners('error').on('error', () => socket.destroy());
  return new Promise((resolve) => socket.once('close', () => resolve(text)));
}

function parseAnswer(text: string): Answer | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'awake' in value ? (value as Answer) : undefined;
  } catch {
    return undefined;
  }
}
