/** The thread that listens while its process sleeps. When it has been called it closes everything, so that nothing of it is open afterwards. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { workerData } from 'node:worker_threads';
import { type Answer, type Call, MAX_CALL_LENGTH, parseCall } from './call.js';
import { DOOR, type DoorkeeperData, type Word } from './door.js';

/** Longest path of a unix socket that every system takes. */
const MAX_SOCKET_PATH = 100;

const { id, directory, earlier, state, port } = workerData as DoorkeeperData;

keepDoor().catch((error: unknown) =>
  say({ state: DOOR.failed, reason: error instanceof Error ? error.message : String(error) }),
);

async function keepDoor(): Promise<void> {
  if (earlier !== undefined && (await isListening(earlier))) {
    return say({ state: DOOR.failed, reason: 'another process waits there already' });
  }
  if (earlier?.endsWith('.sock')) rmSync(earlier, { force: true });
  const server = createServer();
  const calling = waitForCall(server);
  const address = await listen(server);
  say({ state: DOOR.listening, address });
  const call = await calling;
  if (!address.startsWith(directory)) rmSync(dirname(address), { recursive: true, force: true });
  say({ state: DOOR.called, call });
}

function say(word: Word): void {
  port.postMessage(word);
  Atomics.store(state, 0, word.state);
  Atomics.notify(state, 0);
}

function isListening(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

function listen(server: Server): Promise<string> {
  const address = chooseAddress();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => {
      if (process.platform !== 'win32') chmodSync(address, 0o600);
      resolve(address);
    });
  });
}

/** In the image directory, or in a private one of its own where the path would be too long. */
function chooseAddress(): string {
  if (process.platform === 'win32') return `\\\\.\\pipe\\node-crac-${id}`;
  const address = join(directory, `wake-${id.slice(0, 8)}.sock`);
  if (Buffer.byteLength(address) <= MAX_SOCKET_PATH) return address;
  return join(mkdtempSync(join(tmpdir(), 'node-crac-')), 'wake.sock');
}

/** Settles with the first call that is meant for this process, when server and connections are closed. */
function waitForCall(server: Server): Promise<Call> {
  const sockets = new Set<Socket>();
  return new Promise((resolve) => {
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.once('close', () => sockets.delete(socket));
      readLine(socket, (line) => {
        const call = parseCall(line, id);
        if (typeof call === 'string') return answer(socket, { awake: false, reason: call });
        server.close(() => resolve(call));
        for (const other of sockets) if (other !== socket) other.destroy();
        answer(socket, { awake: true });
      });
    });
  });
}

/** Gives the one line that somebody sends; whoever sends too much is turned away. */
function readLine(socket: Socket, then: (line: string) => void): void {
  let text = '';
  socket.setEncoding('utf8');
  const onData = (chunk: string): void => {
    text += chunk;
    const end = text.indexOf('\n');
    if (end === -1 && text.length <= MAX_CALL_LENGTH) return;
    socket.off('data', onData);
    if (end === -1) answer(socket, { awake: false, reason: 'the call is too long' });
    else then(text.slice(0, end));
  };
  socket.on('data', onData);
}

/** Nothing is waited for behind the answer: it lies in the kernel's buffer. */
function answer(socket: Socket, said: Answer): void {
  socket.end(`${JSON.stringify(said)}\n`, () => socket.destroy());
}
