import { createRequire } from 'node:module';
import { PROGRAMS_FOLDER } from './real-programs.js';

interface Socket {
  readonly id: string;
  once(event: string, listener: (value: never) => void): void;
  emit(event: string, value: unknown): void;
  emitWithAck(event: string, value: unknown): Promise<unknown>;
  disconnect(): void;
}

const require = createRequire(`${PROGRAMS_FOLDER}package.json`);

/** What a client of socket.io hears: over a websocket, over one that began with polling, and when it is turned away. */
export async function talk(port: number): Promise<unknown[]> {
  const [fast, upgraded] = [
    await connect(port, ['websocket']),
    await connect(port, ['polling', 'websocket']),
  ];
  const entered = new Promise((resolve) => upgraded.once('entered', resolve));
  upgraded.emit('enter', 'library');
  const heard = [
    await entered,
    await fast.emitWithAck('book', 7),
    await upgraded.emitWithAck('book', 8),
    await fast.emitWithAck('add', { title: 'Momo', pages: 304 }),
    await fast.emitWithAck('add', { title: 'Momo', pages: -1 }),
    await connect(port, ['websocket'], 'wrong').catch(({ message }: Error) => message),
  ];
  fast.disconnect();
  upgraded.disconnect();
  return heard;
}

async function connect(port: number, transports: readonly string[], token = 'right'): Promise<Socket> {
  const { io } = require('socket.io-client') as { io(url: string, options: object): Socket };
  const socket = io(`http://127.0.0.1:${port}`, {
    transports,
    auth: { token },
    forceNew: true,
    reconnection: false,
  });
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket));
    socket.once('connect_error', (error) => {
      socket.disconnect();
      reject(error);
    });
  });
}
