import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { compiled } from '../support/paths.js';
import { firstOf, needsCommand, needsWorking } from '../support/requirements.js';
import { scratch } from '../support/scratch.js';
import { start } from '../support/start.js';

const PYTHON = '/usr/bin/python3';

/** Speaks to the stand-in for logind, with another implementation of D-Bus. Arguments: the bus, and the value of the signal if one is to be sent. */
const SPEAK = `
import dbus, json, sys
bus = dbus.bus.BusConnection(sys.argv[1])
logind = bus.get_object('org.freedesktop.login1', '/org/freedesktop/login1')
manager = 'org.freedesktop.login1.Manager'
if len(sys.argv) > 2:
    value = dbus.Boolean(sys.argv[2] == 'true')
    logind.EmitSignal(manager, 'PrepareForSleep', 'b', [value], dbus_interface='org.freedesktop.DBus.Mock')
print(json.dumps([[str(each) for each in lock[:4]] for lock in logind.ListInhibitors(dbus_interface=manager)]))
`;

const missing = firstOf(
  needsCommand('dbus-daemon'),
  needsWorking([PYTHON, '-c', 'import dbus, dbusmock'], "Debian's python3-dbusmock"),
);

describe('watchSystemdSleep()', { skip: missing }, () => {
  it('holds sleep up until the process is prepared, and resumes it when the machine has woken up', async (t) => {
    const bus = await startLogind(t);
    const driven = join(compiled, 'sources/programs/driven.js');
    const program = start(t, [process.execPath, driven, 'systemd', '{}', bus]);
    await program.waitFor(/ready/);
    await untilLocks(bus, 1);
    assert.deepEqual(speak(bus), [['sleep', 'driven', 'prepares itself', 'delay']]);
    for (const round of [1, 2]) {
      speak(bus, 'true');
      await program.waitFor(new RegExp(`(before[^]*event prepared[^]*){${round}}`));
      await untilLocks(bus, 0);
      speak(bus, 'false');
      await program.waitFor(new RegExp(`(after true[^]*event resumed[^]*){${round}}`));
      await untilLocks(bus, 1);
    }
    program.child.kill('SIGKILL');
    await untilLocks(bus, 0);
  });

  it('does not keep the machine awake when the process cannot be prepared', async (t) => {
    const bus = await startLogind(t);
    const driven = join(compiled, 'sources/programs/driven.js');
    const program = start(t, [process.execPath, driven, 'systemd', '{}', bus], { env: { FAIL: '1' } });
    await untilLocks(bus, 1);
    speak(bus, 'true');
    await program.waitFor(/event failed/);
    await untilLocks(bus, 0);
  });
});

/** Starts a bus of its own and the stand-in on it: the address of the bus. */
async function startLogind(t: TestContext): Promise<string> {
  const address = `unix:path=${join(scratch(t), 'bus')}`;
  const daemon = start(t, [
    'dbus-daemon',
    '--session',
    '--nofork',
    '--nopidfile',
    '--print-address=1',
    `--address=${address}`,
  ]);
  await daemon.waitFor(/unix:path=/);
  start(t, [PYTHON, '-m', 'dbusmock', '--system', '--template', 'logind'], {
    env: { DBUS_SYSTEM_BUS_ADDRESS: address },
  });
  for (;;) {
    try {
      speak(address);
      return address;
    } catch {
      await sleep(50);
    }
  }
}

/** Sends the signal, if one is given: the locks that there are. */
function speak(bus: string, ...signal: readonly string[]): readonly (readonly string[])[] {
  const text = execFileSync(PYTHON, ['-c', SPEAK, bus, ...signal], { encoding: 'utf8', stdio: 'pipe' });
  return JSON.parse(text);
}

async function untilLocks(bus: string, count: number): Promise<void> {
  while (speak(bus).length !== count) await sleep(20);
}
