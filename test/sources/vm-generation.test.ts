import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { accessSync, closeSync, constants, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { tellsNewGeneration as tellsInLog } from '#dist/sources/ways/kernel-log.js';
import { tellsNewGeneration as tellsInEvent } from '#dist/sources/ways/uevents.js';
import { checkpoint, startRestored } from '../support/image.js';
import { compiled } from '../support/paths.js';
import { scratch } from '../support/scratch.js';
import { type Running, start } from '../support/start.js';

/** With which root has the kernel tell of something that has not happened. */
const EVENTS = '/sys/devices/platform/VMGENCTR:00/uevent';

/** What `linux/vmclock-abi.h` says of the device, in bytes. */
const VMCLOCK_SIZE = 112;

const FORKED = '5,1200,98765,-;random: crng reseeded due to virtual machine fork\n';

describe('watchVmGeneration()', () => {
  it('hears the event of the VMGENID device', { skip: needsDevice() }, async (t) => {
    const running = await listen(t, { ways: ['uevent'] });
    writeFileSync(EVENTS, `change ${randomUUID()} NEWVMGENID=1`);
    await assertResumed(running);
  });

  it('hears what the kernel says in its log from now on', async (t) => {
    const kernelLog = join(scratch(t), 'kmsg');
    execFileSync('mkfifo', [kernelLog]);
    const log = openSync(kernelLog, constants.O_RDWR);
    t.after(() => closeSync(log));
    writeSync(log, FORKED);
    const running = await listen(t, { ways: ['kernel-log'], kernelLog });
    writeSync(log, FORKED);
    await assertResumed(running);
  });

  it('hears that the counter of a VMClock has changed', async (t) => {
    const vmclock = makeClock(scratch(t));
    const running = await listen(t, { ways: ['vmclock'], vmclock });
    turn(vmclock, 8n);
    await assertResumed(running);
  });

  it('hears that the firmware has told the kernel once more, as everybody may read under QEMU', async (t) => {
    const acpiCounter = join(scratch(t), 'gpe05');
    const count = (events: number): void => {
      writeFileSync(
        `${acpiCounter}.new`,
        `${events}`.padStart(8).concat('     EN     enabled      unmasked\n'),
      );
      renameSync(`${acpiCounter}.new`, acpiCounter);
    };
    count(4);
    const running = await listen(t, { ways: ['acpi'], acpiCounter });
    count(5);
    await assertResumed(running);
  });

  it('hears that the wall clock has jumped, where that is asked for', async (t) => {
    const running = start(t, command({ ways: ['clock'], clockJump: 60_000 }, 'jump'));
    await running.waitFor(/ready clock\n/);
    assert.match((await running.ended).stdout, /^renewed/m);
  });

  it('takes what several ways tell for one generation, and what one of them tells again for the next', async (t) => {
    const folder = scratch(t);
    const [vmclock, kernelLog] = [makeClock(folder), join(folder, 'kmsg')];
    execFileSync('mkfifo', [kernelLog]);
    const log = openSync(kernelLog, constants.O_RDWR);
    t.after(() => closeSync(log));
    const ways = ['kernel-log', 'vmclock'];
    const running = start(t, command({ ways, kernelLog, vmclock }, 'twice'));
    await running.waitFor(/ready kernel-log,vmclock\n/);
    writeSync(log, FORKED);
    turn(vmclock, 8n);
    await running.waitFor(/ready again/);
    writeSync(log, FORKED);
    turn(vmclock, 9n);
    const { stdout } = await running.ended;
    assert.match(stdout, /^ready .*\ntold true\nresumed \nready again\ntold true\nresumed \n$/);
  });

  it('renews random numbers, and tells nobody, where the process was not prepared', async (t) => {
    const vmclock = makeClock(scratch(t));
    const running = await listen(t, { ways: ['vmclock'], vmclock }, 'wait');
    turn(vmclock, 8n);
    const { code, stdout } = await running.ended;
    assert.deepEqual([code, stdout], [0, 'ready vmclock\nrenewed \n']);
  });

  it('leaves out ways that the machine does not have', async (t) => {
    const vmclock = makeClock(scratch(t));
    writeFileSync(vmclock, clockPage(7n, 0n));
    const running = start(
      t,
      command({ ways: ['vmclock', 'kernel-log', 'clock'], vmclock, kernelLog: '/nowhere' }, ''),
    );
    await running.waitFor(/^ready \n/m);
  });

  it('holds nothing open while an image is written, and listens again in the restored process', async (t) => {
    const vmclock = makeClock(scratch(t));
    const options = JSON.stringify({ ways: ['vmclock', 'uevent'], vmclock });
    const image = await checkpoint(t, 'sources/programs/generations', { args: [options, 'restore'] });
    const restored = startRestored(t, image);
    await restored.waitFor(/ready/);
    let generation = 8n;
    const changing = setInterval(() => turn(vmclock, generation++), 50);
    t.after(() => clearInterval(changing));
    assert.match((await restored.ended).stdout, /^renewed/m);
  });
});

describe('what the kernel tells', () => {
  it('is believed of the kernel only, and not of programs that write to its log', () => {
    assert.equal(tellsInLog(Buffer.from(FORKED)), true);
    assert.equal(tellsInLog(Buffer.from(FORKED.replace('5,', '12,'))), false);
    assert.equal(tellsInLog(Buffer.from('6,1,2,-;random: crng init done\n')), false);
  });

  it('is a change of a device with a new generation', () => {
    const event = ['change@/devices/platform/VMGENCTR:00', 'ACTION=change', 'NEW_VMGENID=1', 'SEQNUM=9', ''];
    assert.equal(tellsInEvent(Buffer.from(event.join('\0'))), true);
    assert.equal(tellsInEvent(Buffer.from(event.join('\0').replace('=1', '=0'))), false);
    assert.equal(tellsInEvent(Buffer.from('libudev\0NEW_VMGENID=1\0')), false);
  });
});

/** Starts the program and waits until it listens. */
async function listen(t: TestContext, options: object, act: string = 'prepare'): Promise<Running> {
  const running = start(t, command(options, act));
  await running.waitFor(/ready [a-z-]+\n/);
  return running;
}

function command(options: object, act: string): string[] {
  return [
    process.execPath,
    join(compiled, 'sources/programs/generations.js'),
    JSON.stringify(options),
    ...(act === '' ? [] : [act]),
  ];
}

async function assertResumed(running: Running): Promise<void> {
  const { code, stdout, stderr } = await running.ended;
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(stdout, /^ready [a-z-]+\ntold true\nresumed \n$/);
}

function makeClock(folder: string): string {
  const path = join(folder, 'vmclock0');
  writeFileSync(path, clockPage(7n));
  return path;
}

/** Changes the device as a whole. */
function turn(path: string, generation: bigint): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, clockPage(generation), 0, VMCLOCK_SIZE, 0);
  closeSync(fd);
}

/** Flag 8 says that generations are counted. */
function clockPage(generation: bigint, flags: bigint = 1n << 8n): Buffer {
  const page = Buffer.alloc(VMCLOCK_SIZE);
  page.write('VCLK', 'latin1');
  page.writeUInt32LE(VMCLOCK_SIZE, 4);
  page.writeBigUInt64LE(flags, 24);
  page.writeBigUInt64LE(generation, 104);
  return page;
}

function needsDevice(): string | false {
  try {
    accessSync(EVENTS, constants.W_OK);
    return false;
  } catch {
    return 'needs root and a machine with a VMGENID device';
  }
}
