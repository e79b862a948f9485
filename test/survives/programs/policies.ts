/**
 * Leaves descriptors open that policies are about. Arguments: `file` PATH FLAGS, `deleted` PATH, `fifo` PATH, `watched` PATH (a named pipe), `socket` PORT, `directory` PATH; `policies` in JSON
 * come in the environment variable `POLICIES`. After the restore it says what it can do with them.
 */
import { closeSync, fstatSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { connect, Socket } from 'node:net';
import { checkpointRestore, type ResourcePolicy } from 'node-crac/management';

const [, , kind = '', place = '', flags = 'r'] = process.argv;
const given = process.env['POLICIES'];
const policies = given === undefined ? undefined : (JSON.parse(given) as ResourcePolicy[]);

let socket: Socket | undefined;
const events: string[] = [];
if (kind === 'socket') {
  socket = connect(Number(place), '127.0.0.1');
  await new Promise((resolve) => socket?.once('data', resolve));
}
const fd = kind === 'socket' ? -1 : openSync(place, flags);
if (kind === 'watched') socket = new Socket({ fd, readable: true, writable: false }).resume();
for (const event of ['end', 'close', 'error']) socket?.on(event, () => void events.push(event));
if (kind === 'deleted') unlinkSync(place);
if (kind === 'file' && flags.startsWith('r')) readSync(fd, Buffer.alloc(4));
if (kind === 'file' && !flags.startsWith('r')) writeSync(fd, 'one\n');

await checkpointRestore({ ...(policies !== undefined && { policies }) });

if (socket !== undefined) {
  for (let turn = 0; turn < 100 && !socket.destroyed; turn += 1)
    await new Promise((resolve) => setTimeout(resolve, 10));
  process.stdout.write(`${events.filter((event) => event !== 'error').join(' ')}\n`);
} else {
  process.stdout.write(
    `${attempt(use)} ${attempt(() => (fstatSync(fd).isDirectory() ? 'directory' : 'no directory'))}\n`,
  );
  closeSync(fd);
}

function use(): string {
  if (kind === 'directory') return 'opened';
  if (kind === 'file' && flags.startsWith('r')) {
    const buffer = Buffer.alloc(100);
    return JSON.stringify(buffer.toString('utf8', 0, readSync(fd, buffer)));
  }
  return `wrote ${writeSync(fd, 'two\n')}`;
}

function attempt(work: () => string): string {
  try {
    return work();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'failed';
  }
}
