/**
 * systemd, before and after the machine sleeps: suspended, hibernated, or saved by whoever has its guests sleep for that. A delay lock is taken from
 * logind; it holds sleep up, by five seconds at most if logind is not configured otherwise, until the process is prepared.
 *
 *   Inhibit("sleep", ..., "delay")  -> a descriptor, the lock
 *   PrepareForSleep(true)           prepare(), then the lock is closed
 *   PrepareForSleep(false)          resume(), and a new lock
 */
import { closeSync } from 'node:fs';
import { addMatch, type Bus, connectBus } from './dbus/connection.js';
import { type Call, type Message, readNumber } from './dbus/message.js';
import { createDriver, type Driver, listen, type SnapshotSource, type SourceOptions } from './source.js';

/** Where logind is asked. */
export interface SystemdSleepOptions extends SourceOptions {
  /** Address of the bus. @default the environment variable `DBUS_SYSTEM_BUS_ADDRESS`, else `unix:path=/run/dbus/system_bus_socket` */
  readonly address?: string;
  /** Who holds sleep up, as `systemd-inhibit --list` shows it. @default the title of the process */
  readonly who?: string;
}

const LOGIND = {
  destination: 'org.freedesktop.login1',
  path: '/org/freedesktop/login1',
  interface: 'org.freedesktop.login1.Manager',
} as const;

const SLEEP = `type='signal',interface='${LOGIND.interface}',member='PrepareForSleep'`;

/** Less than the five seconds after which logind no longer waits. */
const TIMEOUT = 4500;

/**
 * Prepares the process before the machine sleeps and resumes it, as a restored one, when that has woken up.
 *
 * @throws {Error} when nobody listens at the bus's address; what fails later is an event
 *
 * @example
 * ```js
 * import { existsSync } from 'node:fs';
 * import { watchSystemdSleep } from 'node-crac/sources';
 *
 * if (existsSync('/run/dbus/system_bus_socket')) watchSystemdSleep({ onEvent: console.log });
 * ```
 */
export function watchSystemdSleep(options: SystemdSleepOptions = {}): SnapshotSource {
  const driver = createDriver('systemd', { ...options, prepare: { timeout: TIMEOUT, ...options.prepare } });
  const address =
    options.address ?? process.env['DBUS_SYSTEM_BUS_ADDRESS'] ?? 'unix:path=/run/dbus/system_bus_socket';
  let watch: Watch | undefined;
  return listen('systemd', {
    open() {
      watch = new Watch(address, options.who ?? process.title, driver);
    },
    close() {
      watch?.close();
      watch = undefined;
    },
    descriptors: () => watch?.descriptors() ?? [],
  });
}

/** One connection, with the lock that was got over it. */
class Watch {
  readonly #bus: Bus;
  readonly #inhibit: Call;
  readonly #driver: Driver;
  #lock: number | undefined;
  #isOpen = true;
  /** Signals are carried out one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(address: string, who: string, driver: Driver) {
    this.#driver = driver;
    this.#inhibit = { ...LOGIND, member: 'Inhibit', args: ['sleep', who, 'prepares itself', 'delay'] };
    this.#bus = connectBus(address, {
      signal: (message) => this.#hear(message),
      lose: (error) => driver.fail(error),
    });
    this.#last = this.#begin();
  }

  descriptors(): readonly number[] {
    return this.#lock === undefined ? [this.#bus.fd] : [this.#bus.fd, this.#lock];
  }

  close(): void {
    this.#isOpen = false;
    this.#release();
    this.#bus.close();
  }

  /** The signal is asked for before the lock, so that none is missed. */
  async #begin(): Promise<void> {
    await this.#attempt(async () => {
      await this.#bus.call(addMatch(SLEEP));
      await this.#acquire();
    });
  }

  #hear({ interface: name, member, signature, body }: Message): void {
    if (name !== LOGIND.interface || member !== 'PrepareForSleep' || signature !== 'b') return;
    const isBefore = readNumber(body, 0) === 1;
    this.#last = this.#last.then(() => (isBefore ? this.#beforeSleep() : this.#afterSleep()));
  }

  /** A process that cannot be prepared does not keep the machine awake. */
  async #beforeSleep(): Promise<void> {
    await this.#driver.prepare();
    this.#release();
  }

  async #afterSleep(): Promise<void> {
    await this.#driver.resume();
    await this.#attempt(() => this.#acquire());
  }

  async #acquire(): Promise<void> {
    if (!this.#isOpen || this.#lock !== undefined) return;
    const { descriptors } = await this.#bus.call(this.#inhibit);
    [this.#lock] = descriptors;
    if (!this.#isOpen) this.#release();
  }

  #release(): void {
    if (this.#lock !== undefined) closeSync(this.#lock);
    this.#lock = undefined;
  }

  /** What ends because this end was closed is no failure. */
  async #attempt(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (this.#isOpen) this.#driver.fail(error);
    }
  }
}
