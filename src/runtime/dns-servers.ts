/**
 * The name servers that c-ares has read from `/etc/resolv.conf` when `node:dns` was loaded, for `dns.resolve()` and its like.
 *
 * They are changed in place, so that functions taken from `node:dns` before the checkpoint follow: `dns.setServers()` would give new functions
 * to the module. The place is the native channel of the default resolver, which shows itself as `this` of its method `getServers`.
 */
import type { Resolver } from 'node:dns';
import { statSync } from 'node:fs';

const FILE = '/etc/resolv.conf';

type Server = readonly [address: string, port: number];

/** The native channel of a resolver. */
interface Channel {
  getServers(): readonly Server[];
  /** 0, or a number that says why not. */
  setServers(servers: readonly (readonly [family: number, address: string, port: number])[]): number;
}

/** The name servers of this thread, as far as they come from the system. */
export interface DnsServers {
  /** Finds out whether there are any. */
  learn(): void;
  /** Reads them again if the file has changed. */
  renew(): void;
  /** What stands in the way of finding them, if anything does. */
  problem(): string | undefined;
}

/** Makes the handle of this thread's default resolver; `node:dns` is loaded only if the program has loaded it. */
export function createDnsServers(): DnsServers {
  let channel: Channel | undefined;
  let file = '';
  return {
    learn() {
      channel = undefined;
      if (!isLoaded()) return;
      const own = findChannel();
      if (own === undefined || describe(own) !== describe(readSystem())) return;
      channel = own;
      file = describeFile();
      set(readSystem(), readSystem());
    },
    renew() {
      if (channel === undefined || describeFile() === file) return;
      set(channel, readSystem());
    },
    problem() {
      if (!isLoaded() || findChannel() !== undefined) return undefined;
      return 'the default resolver of node:dns cannot be found in this Node.js; after a restore it asks the name servers of the checkpoint: call dns.setServers() in afterRestore.';
    },
  };
}

function isLoaded(): boolean {
  const { moduleLoadList } = process as { readonly moduleLoadList?: readonly string[] };
  return moduleLoadList?.includes('Internal Binding cares_wrap') ?? true;
}

/** A channel that has just read the file. */
function readSystem(): Channel | undefined {
  const { Resolver } = process.getBuiltinModule('node:dns');
  return (new Resolver() as Resolver & { readonly _handle?: Channel })._handle;
}

function findChannel(): Channel | undefined {
  const { getServers } = process.getBuiltinModule('node:dns');
  const fresh = readSystem();
  const prototype = fresh && (Object.getPrototypeOf(fresh) as Partial<Channel>);
  const original = prototype?.getServers;
  if (prototype === undefined || original === undefined) return undefined;
  let found: Channel | undefined;
  prototype.getServers = function (this: Channel) {
    found = this;
    return original.call(this);
  };
  getServers();
  prototype.getServers = original;
  return found;
}

function set(channel: Channel | undefined, system: Channel | undefined): void {
  const servers = system?.getServers() ?? [];
  channel?.setServers(servers.map(([address, port]) => [address.includes(':') ? 6 : 4, address, port]));
}

function describe(channel: Channel | undefined): string {
  return JSON.stringify(channel?.getServers());
}

/** Another file, or another content. */
function describeFile(): string {
  const stats = statSync(FILE, { throwIfNoEntry: false });
  return stats === undefined ? '' : `${stats.dev} ${stats.ino} ${stats.size} ${stats.mtimeMs}`;
}
