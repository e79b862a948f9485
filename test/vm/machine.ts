import type { Duplex, Writable } from 'node:stream';
import type { TestContext } from 'node:test';
import { type Running, start } from '../support/start.js';
import { Qmp } from './qmp.js';

/** How a virtual machine begins. */
export interface MachineOptions {
  readonly kernel: string;
  readonly initramfs: string;
  /** What its generation device says, a UUID. */
  readonly generation: string;
  /** The snapshot with which it goes on instead of booting. */
  readonly from?: string;
}

/** A virtual machine whose console is at hand. */
export interface Machine {
  /** Waits until the console has shown the pattern. */
  waitFor(pattern: RegExp): Promise<RegExpMatchArray>;
  /** Writes a line to the console. */
  type(line: string): Promise<void>;
  /** Stops it and writes all of its state to a new file. */
  save(file: string): Promise<void>;
  /** Ends it. */
  end(): Promise<void>;
}

/**
 * Arguments of the guest's kernel. Only its last words come between those of the programs, and whatever goes wrong in it ends the machine. Without
 * `no_timer_check` it gives up when the emulated timer does not tick in time, as on a busy host.
 */
const ARGUMENTS = 'console=ttyS0 earlyprintk=ttyS0 loglevel=1 oops=panic panic=-1 no_timer_check';

/** Long enough for a machine that emulates another one with many others at its side. */
const TIMEOUT = 300_000;

/**
 * Starts QEMU, which emulates the processor: where the tests run, there may be no other way.
 * What the guest's first process writes and reads is the console, the protocol is spoken over descriptor 3. It ends when the test process does.
 */
export function startMachine(t: Pick<TestContext, 'after'>, options: MachineOptions): Machine {
  const { kernel, initramfs, generation, from } = options;
  const command = [
    ...['setpriv', '--pdeathsig', 'KILL', 'qemu-system-x86_64', '-accel', 'tcg', '-cpu', 'max', '-m', '1G'],
    ...['-nodefaults', '-display', 'none', '-no-reboot'],
    ...['-serial', 'stdio', '-chardev', 'socket,id=control,fd=3', '-mon', 'chardev=control,mode=control'],
    ...['-device', `vmgenid,guid=${generation}`],
    ...['-kernel', kernel, '-initrd', initramfs, '-append', ARGUMENTS],
    ...(from === undefined ? [] : ['-incoming', 'defer']),
  ];
  const running = start(t, command, { stdio: ['pipe', 'pipe', 'pipe', 'pipe'], timeout: TIMEOUT });
  running.ended.catch(() => {});
  const { stdin, stdio } = running.child;
  const qmp = new Qmp(stdio[3] as Duplex);
  const ready = begin(qmp, from);
  ready.catch(() => {});
  return {
    waitFor: (pattern) => running.waitFor(pattern),
    type: async (line) => {
      await ready;
      (stdin as Writable).write(`${line}\n`);
    },
    save: async (file) => {
      await ready;
      await save(qmp, file);
    },
    end: async () => {
      await ready;
      await end(qmp, running);
    },
  };
}

/** Makes the protocol usable; a machine with a snapshot goes on once that was read. */
async function begin(qmp: Qmp, from: string | undefined): Promise<void> {
  await qmp.call('qmp_capabilities');
  await qmp.call('migrate-set-capabilities', { capabilities: [{ capability: 'events', state: true }] });
  if (from === undefined) return;
  await migrate(qmp, 'migrate-incoming', `exec:cat ${from}`);
  await qmp.call('cont');
}

async function save(qmp: Qmp, file: string): Promise<void> {
  await qmp.call('stop');
  await qmp.call('migrate-set-parameters', { 'max-bandwidth': 2 ** 40 });
  await migrate(qmp, 'migrate', `exec:cat > ${file}`);
}

/** Writes or reads all of the machine's state. */
async function migrate(qmp: Qmp, call: string, uri: string): Promise<void> {
  const ended = qmp.event('MIGRATION', ({ status }) => status === 'completed' || status === 'failed');
  await Promise.all([ended, qmp.call(call, { uri })]);
  const { status } = (await qmp.call('query-migrate')) as { status: string };
  if (status !== 'completed') throw new Error(`QEMU's ${call} of ${uri} ended as ${status}.`);
}

async function end(qmp: Qmp, { ended }: Running): Promise<void> {
  await qmp.call('quit').catch(() => {});
  await ended;
}
