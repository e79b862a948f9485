/** One open descriptor, as the kernel shows it. */
export interface OpenDescriptor {
  readonly fd: number;
  /** `file`, `directory`, `fifo`, `socket`, `listener`, `inotify`, ... */
  readonly kind: string;
  /** Target of `/proc/self/fd/N`: a path, `socket:[inode]`, `anon_inode:[name]`, ... */
  readonly target: string;
  /** Whether the engine carries it over by itself. */
  readonly travels: boolean;
  /** For sockets: `tcp`, `tcp6`, `udp`, `udp6`, `unix`, `unix-dgram`, `unix-seqpacket`, `netlink`, `other`. */
  readonly protocol?: string;
  readonly localAddress?: string;
  readonly remoteAddress?: string;
}
