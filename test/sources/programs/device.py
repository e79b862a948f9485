"""
Mounts a file over the one that is given which behaves as the proposed device /dev/sysgenid: whoever opens it knows the generation; a read blocks, or fails
with EAGAIN, until there is another one, and goes on giving that until it is written back. Speaks to the kernel's FUSE itself. A number on standard input is
the next generation. Says how many have read, and `acknowledged` or `refused` of what is written.
"""
import ctypes, errno, os, select, struct, sys

INIT, GETATTR, OPEN, READ, WRITE, FORGET, INTERRUPT = 26, 3, 14, 15, 16, 2, 36
DIRECT_IO, MOUNT_PRIVATE, MOUNT_RECURSIVE = 1, 1 << 18, 1 << 14

generation = 7
known = {}
readers = set()


def say(*words):
    print(*words, flush=True)


def attributes():
    return struct.pack('<QII6Q10I', 0, 0, 0, 1, 4, 1, 0, 0, 0, 0, 0, 0, 0o100600, 1, 0, 0, 0, 512, 0)


def read(handle, flags):
    if handle not in readers:
        readers.add(handle)
        say('reader', len(readers))
    if known[handle] != generation:
        return 0, struct.pack('<I', generation)
    return (errno.EAGAIN, b'') if flags & os.O_NONBLOCK else None


def write(handle, data):
    if data != struct.pack('<I', generation):
        say('refused')
        return errno.EINVAL, b''
    known[handle] = generation
    say('acknowledged', generation)
    return 0, struct.pack('<II', len(data), 0)


def answer(operation, body):
    if operation == INIT:
        return 0, struct.pack('<IIIIHHIIHHI7I', 7, 31, 0, 0, 8, 8, 4096, 1, 0, 0, 0, *[0] * 7)
    if operation == GETATTR:
        return 0, attributes()
    if operation == OPEN:
        handle = len(known) + 1
        known[handle] = generation
        return 0, struct.pack('<QII', handle, DIRECT_IO, 0)
    if operation == READ:
        handle, _, _, _, _, flags = struct.unpack_from('<QQIIQI', body)
        return read(handle, flags)
    if operation == WRITE:
        handle, _, size = struct.unpack_from('<QQI', body)
        return write(handle, body[40:40 + size])
    return (None if operation in (FORGET, INTERRUPT) else (errno.ENOSYS, b''))


def serve(fuse):
    message = os.read(fuse, 1 << 16)
    _, operation, unique = struct.unpack_from('<IIQ', message)
    reply = answer(operation, message[40:])
    if reply is not None:
        error, body = reply
        os.write(fuse, struct.pack('<IiQ', 16 + len(body), -error, unique) + body)


libc = ctypes.CDLL(None, use_errno=True)
fuse = os.open('/dev/fuse', os.O_RDWR)
options = f'fd={fuse},rootmode=100000,user_id={os.getuid()},group_id={os.getgid()}'.encode()
if libc.mount(None, b'/', None, MOUNT_PRIVATE | MOUNT_RECURSIVE, None) or \
        libc.mount(b'sysgenid', sys.argv[1].encode(), b'fuse', 0, options):
    sys.exit(f'cannot mount: {os.strerror(ctypes.get_errno())}')
say(f'path /proc/{os.getpid()}/root{sys.argv[1]}')
while True:
    ready, _, _ = select.select([fuse, sys.stdin], [], [])
    if fuse in ready:
        serve(fuse)
    if sys.stdin in ready:
        line = sys.stdin.readline()
        if not line:
            break
        generation = int(line)
        say('wrote', generation)
