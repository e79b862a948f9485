/** What may be done with a descriptor that does not travel by itself. */
export const ACTIONS = ['error', 'ignore', 'close', 'reopen'] as const;
export type PolicyAction = (typeof ACTIONS)[number];

interface Common {
  /**
   * - `error` (default): no image is written
   * - `ignore`: the engine does what it can: files are opened again whether they have changed or not, connections are found closed by their peer
   * - `close`: the restored process does not have it any more; connections are found closed by their peer
   * - `reopen`: files only: opened again at the same position
   */
  readonly action: PolicyAction;
  /** Whether a warning says that the application left this open. @default true, `error` never warns */
  readonly warn?: boolean;
}

/** Regular files, directories, named pipes and devices. */
export interface FilePolicy extends Common {
  readonly type: 'file';
  /** Pattern of absolute paths: `*` and `?` stay within one folder, `**` does not, `[a-z]` and `{one,other}` choose. @default every path */
  readonly path?: string;
  /** `allow`: a file that has another size or was written since is opened all the same. @default 'error', `allow` for files that are open for appending */
  readonly changed?: 'error' | 'allow';
}

/** Anonymous pipes whose other end is outside of the process. */
export interface PipePolicy extends Common {
  readonly type: 'pipe';
  readonly action: Exclude<PolicyAction, 'reopen'>;
}

/** Sockets, but for those that listen: they travel by themselves. */
export interface SocketPolicy extends Common {
  readonly type: 'socket';
  readonly action: Exclude<PolicyAction, 'reopen'>;
  /** @default any */
  readonly family?: 'ipv4' | 'inet4' | 'ipv6' | 'inet6' | 'ip' | 'inet' | 'unix';
  /** An address, or `*`. @default any */
  readonly localAddress?: string;
  readonly remoteAddress?: string;
  /** @default any */
  readonly localPort?: number;
  readonly remotePort?: number;
  /** Pattern of the path of a unix socket. @default any */
  readonly localPath?: string;
  readonly remotePath?: string;
}

/** Any descriptor, by its number or by what the kernel says it is. */
export interface DescriptorPolicy extends Common {
  readonly type: 'filedescriptor';
  readonly action: Exclude<PolicyAction, 'reopen'>;
  readonly value?: number;
  /** Regular expression for the target of `/proc/self/fd/N`, found anywhere in it. */
  readonly regex?: string;
}

/** One rule. Of several that fit a descriptor the first counts. */
export type ResourcePolicy = FilePolicy | PipePolicy | SocketPolicy | DescriptorPolicy;
