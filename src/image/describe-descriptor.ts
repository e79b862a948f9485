import { damaged } from './damaged.js';
import {
  type FD_RECORD,
  FILE_UNCHECKED,
  IMAGE_DESCRIPTOR_KINDS,
  type ImageDescriptorKind,
  LISTENER_ENV_PORT,
  LISTENER_RECORD,
  NONE,
} from './format.js';
import type { ImageDescriptor } from './image.js';
import { decodeRecord, type RecordOf } from './record.js';
import type { ImageTables } from './tables.js';

type Fd = RecordOf<typeof FD_RECORD>;

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;

/** Says in words what a descriptor of the image is. */
export function describeDescriptor(fd: Fd, tables: ImageTables): ImageDescriptor {
  const kind =
    IMAGE_DESCRIPTOR_KINDS[fd.kind - 1] ?? damaged(`descriptor ${fd.fd} has the unknown kind ${fd.kind}`);
  return {
    fd: fd.fd,
    kind,
    description: DESCRIPTIONS[kind](fd, tables),
    ...(kind === 'file' && { path: tables.text(fd.path) }),
  };
}

const DESCRIPTIONS: Record<ImageDescriptorKind, (fd: Fd, tables: ImageTables) => string> = {
  epoll: (fd, tables) => `${tables.epolls.filter(({ epollFd }) => epollFd === fd.fd).length} registrations`,
  eventfd: (fd) => `counter ${fd.value}`,
  pipe: (fd, tables) => `pipe ${fd.pair}, ${tables.bytes(fd.data, fd.dataSize).length} bytes buffered`,
  io_uring: (fd) => `${fd.value} entries`,
  listener: (fd, tables) => describeListener(tables.bytes(fd.data, fd.dataSize)),
  device: (fd, tables) => (fd.path === NONE ? 'unnamed' : tables.text(fd.path)),
  alias: (fd) => `the restorer's descriptor ${fd.value}`,
  duplicate: (fd) => `duplicate of descriptor ${fd.value}`,
  placeholder: () => 'did not travel: /dev/null after the restore',
  stdio: () => "the restorer's own",
  inotify: () => 'no watches',
  file: (fd, tables) =>
    `${tables.text(fd.path)} at byte ${fd.value}${fd.extra & FILE_UNCHECKED ? ', even if it has changed' : ''}`,
  closed: () => 'closed by a policy',
  socketpair: (fd, tables) =>
    `${describePartner(fd)}, ${tables.bytes(fd.data, fd.dataSize).length} bytes buffered`,
};

/** An end whose other end did not travel names itself. */
function describePartner({ fd, pair }: Fd): string {
  return pair === fd ? 'its other end is closed' : `connected to descriptor ${pair}`;
}

function describeListener(content: Uint8Array): string {
  const listener = decodeRecord(LISTENER_RECORD, content);
  if (listener === undefined || content.length !== 128)
    return damaged('a listening socket has the wrong size');
  return `${describeAddress(listener)}${listener.options & LISTENER_ENV_PORT ? ', or where PORT says' : ''}`;
}

function describeAddress({ family, addressSize, address }: RecordOf<typeof LISTENER_RECORD>): string {
  if (family === AF_UNIX)
    return `unix ${unixPath(address.subarray(2, Math.min(addressSize, address.length)))}`;
  const port = ((address[2] ?? 0) << 8) | (address[3] ?? 0);
  if (family === AF_INET) return `tcp ${address.subarray(4, 8).join('.')}:${port}`;
  if (family === AF_INET6) return `tcp ${formatIPv6(address.subarray(8, 24))}:${port}`;
  return damaged(`a listening socket has the unknown family ${family}`);
}

function unixPath(path: Uint8Array): string {
  const abstract = path[0] === 0;
  const text = new TextDecoder().decode(abstract ? path.subarray(1) : path).replace(/\0.*$/s, '');
  return abstract ? `@${text}` : text;
}

function formatIPv6(bytes: Uint8Array): string {
  const groups = Array.from(
    { length: 8 },
    (_, index) => ((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0),
  );
  return new URL(`http://[${groups.map((group) => group.toString(16)).join(':')}]`).hostname;
}
