/*
 * Pairs of connected UNIX sockets without a name, both ends of which are in this process, with the
 * bytes in them. Addons keep them to wake up an event loop of their own.
 *
 * Each end is a record; `pair` is the number of the other end, or its own if the other one does not
 * travel, and its data is what it has still to read:
 *
 *     fd 12  SOCKETPAIR  pair 13  data = written at 13     fd 13  SOCKETPAIR  pair 12
 *
 * The kernel tells the inode number of the other end (unix-peer.c); both must name each other. What
 * is queued is looked at with MSG_PEEK. Streams keep it; of datagrams and packets, of which only
 * the first one can be seen, there must be none. Descriptors that are on their way through a socket
 * can't travel.
 */
#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include "../arch/x86_64/syscall.h"
#include "kinds.h"

#ifndef POLLRDHUP
#define POLLRDHUP 0x2000
#endif
#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#endif

static uint32_t socketpair_identity(const struct object_view *view)
{
    return (uint32_t)view->stat.st_ino;
}

/* Whether a descriptor of this process, other than a standard one, is the socket of an inode. */
static int is_here(uint32_t inode)
{
    struct object_listing listing;
    struct stat stat;
    uint32_t fd;
    int found = 0;
    if (listing_open(&listing) != 0)
        return 0;
    while (!found && listing_next(&listing, &fd) == 1)
        found = fd > 2 && sys(SYS_fstat, fd, &stat) == 0 && S_ISSOCK(stat.st_mode) &&
                stat.st_ino == inode;
    listing_close(&listing);
    return found;
}

/* Asks for the state of an end, which must have no name and a peer: whether it does. */
static int is_end(uint32_t inode, struct unix_peer *end)
{
    return unix_peer_of(inode, end) == 0 && !end->is_named && end->peer != 0;
}

static int is_socketpair(const struct object_view *view)
{
    struct unix_peer own, other;
    uint32_t inode = socketpair_identity(view);
    return S_ISSOCK(view->stat.st_mode) &&
           socket_option(view->fd, SOL_SOCKET, SO_DOMAIN, 0) == AF_UNIX && is_end(inode, &own) &&
           own.peer != inode && is_end(own.peer, &other) && other.peer == inode &&
           is_here(own.peer);
}

static int has_timeout(uint32_t fd, int option)
{
    int64_t value[2] = {0, 0}; /* struct timeval */
    uint32_t size = sizeof(value);
    return !sys_failed(sys(SYS_getsockopt, fd, SOL_SOCKET, option, value, &size)) &&
           (value[0] || value[1]);
}

/* Whether the socket was told to behave in a way that the image has no room for. */
static int has_options(uint32_t fd)
{
    static const struct {
        int option, usual;
    } options[] = {
        {SO_PASSCRED, 0}, {SO_PASSSEC, 0}, {SO_PASSPIDFD, 0}, {SO_PEEK_OFF, -1}, {SO_RCVLOWAT, 1}};
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        int usual = options[i].usual;
        if (socket_option(fd, SOL_SOCKET, options[i].option, usual) != usual)
            return 1;
    }
    return has_timeout(fd, SO_RCVTIMEO) || has_timeout(fd, SO_SNDTIMEO);
}

static int is_stream(uint32_t fd)
{
    return socket_option(fd, SOL_SOCKET, SO_TYPE, 0) == SOCK_STREAM;
}

/* Whether a datagram or packet waits to be read. One without content can only be told from the end
 * of all packets as long as there is no such end; behind it both read alike. */
static int has_message(uint32_t fd)
{
    struct pollfd poll = {.fd = (int)fd, .events = POLLIN | POLLRDHUP};
    if (sys(SYS_poll, &poll, 1, 0) == 1 && (poll.revents & (POLLIN | POLLRDHUP)) == POLLIN)
        return 1;
    return sys(SYS_recvfrom, fd, 0, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT, 0, 0) > 0;
}

/* Linux 5.6 counts the descriptors in the queue; before, save_content() notices them. */
static int has_descriptors(uint32_t fd)
{
    char info[512];
    return !sys_failed(view_info(fd, info, sizeof(info))) &&
           info_field(info, "scm_fds:", 10, 0) > 0;
}

/* What is in the way, or NULL. */
static const char *fault_of(uint32_t fd)
{
    if (has_options(fd))
        return "with a timeout, or with an option for credentials, peeking or low water";
    if (has_descriptors(fd))
        return "through which descriptors are on their way";
    return !is_stream(fd) && has_message(fd) ? "with messages that were not read" : NULL;
}

static void add_refusal(struct text *why, const char *fault)
{
    text_add(why, "a pair of connected sockets ");
    text_add(why, fault);
    text_add(why, " can't travel: close it in beforeCheckpoint");
}

static int refuses_socketpair(const struct object_view *view, struct text *why)
{
    const char *fault = fault_of(view->fd);
    if (fault)
        add_refusal(why, fault);
    return fault != NULL;
}

/* Looks at `size` queued bytes without consuming them: 0, OBJECT_REFUSED when something else lies
 * between them, or a negated errno. */
static long peek(uint32_t fd, uint8_t *to, size_t size)
{
    struct iovec part = {to, size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    long result = sys(SYS_recvmsg, fd, &message, MSG_PEEK | MSG_DONTWAIT);
    if (sys_failed(result))
        return result;
    return result != (long)size || (message.msg_flags & MSG_CTRUNC) ? OBJECT_REFUSED : 0;
}

/* Puts what an end of a stream has still to read into BYTES. */
static long save_content(struct object_saving *saving, const struct object_view *view,
                         struct crac_fd *record, struct text *why)
{
    int size = 0;
    long failed = is_stream(view->fd) ? sys(SYS_ioctl, view->fd, FIONREAD, &size) : 0;
    if (sys_failed(failed) || size == 0)
        return failed;
    struct crac_pool *bytes = &saving->save->bytes;
    int64_t offset = pool_add(bytes, NULL, (size_t)size);
    if (offset < 0 || offset > (int64_t)(CRAC_NONE - (uint32_t)size))
        return -ENOMEM;
    record->data = (uint32_t)offset;
    record->data_size = (uint32_t)size;
    failed = peek(view->fd, bytes->start + offset, (size_t)size);
    if (failed == OBJECT_REFUSED)
        add_refusal(why, "through which more than bytes is on its way");
    return failed;
}

/* The saved record of the other end, or NULL. */
static struct crac_fd *find_saved(const struct crac_save *save, uint32_t inode)
{
    struct crac_fd *fds = (struct crac_fd *)save->fds.start;
    for (size_t i = 0; i < save->fds.used / sizeof(*fds); i++) {
        if (fds[i].kind == CRAC_FD_SOCKETPAIR && fds[i].reserved == inode)
            return &fds[i];
    }
    return NULL;
}

static long save_socketpair(struct object_saving *saving, const struct object_view *view,
                            struct crac_fd *record, struct text *why)
{
    struct unix_peer own;
    long failed = unix_peer_of(socketpair_identity(view), &own);
    if (failed)
        return failed;
    struct crac_fd *other = find_saved(saving->save, own.peer);
    record->pair = view->fd;
    if (other) {
        record->pair = other->fd;
        other->pair = view->fd;
    }
    record->value = (uint64_t)socket_option(view->fd, SOL_SOCKET, SO_SNDBUF, 0);
    record->extra = (uint32_t)socket_option(view->fd, SOL_SOCKET, SO_TYPE, 0) |
                    (own.shutdown & 3) << CRAC_PAIR_SHUTDOWN;
    return save_content(saving, view, record, why);
}

/* The record of the other end, or NULL. */
static const struct crac_fd *find_other(const struct object_restoring *restoring,
                                        const struct crac_fd *record)
{
    for (size_t i = 0; i < restoring->count; i++) {
        if (restoring->fds[i].fd == record->pair && record->pair != record->fd)
            return &restoring->fds[i];
    }
    return NULL;
}

/* Gives an end its buffer size if that is more (or less) than it has. A wish, unless the content
 * needs it. */
static void size_buffer(const struct crac_fd *record, long end, int more)
{
    int size = (int)(record->value / 2); /* the kernel doubles it */
    int now = socket_option((uint32_t)end, SOL_SOCKET, SO_SNDBUF, 0);
    if ((int)record->value != now && ((int)record->value > now) == more)
        sys(SYS_setsockopt, end, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

/* Writes what an end has still to read at the other end. */
static int fill(const struct object_restoring *restoring, const struct crac_fd *record, long other)
{
    for (size_t done = 0; done < record->data_size;) {
        long result = sys(SYS_sendto, other, restoring->bytes + record->data + done,
                          record->data_size - done, MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0);
        if (sys_failed(result))
            return restore_failed(restoring, record, result, "send", "content of a socket pair");
        done += (size_t)result;
    }
    return 0;
}

/* Brings an end that has its content to its final state and number; closes it if the image has
 * none. */
static int finish(const struct object_restoring *restoring, const struct crac_fd *record, long end)
{
    if (record) {
        uint32_t shut = record->extra >> CRAC_PAIR_SHUTDOWN;
        size_buffer(record, end, 0);
        if (shut)
            sys(SYS_shutdown, end, shut - 1);
    }
    return restore_end(restoring, record, end);
}

static int restore_socketpair(const struct object_restoring *restoring,
                              const struct crac_fd *record)
{
    if (record->pair < record->fd)
        return 0;
    const struct crac_fd *other = find_other(restoring, record);
    uint32_t type = record->extra & CRAC_PAIR_TYPE;
    int low[2];
    long ends[2];
    long made = sys(SYS_socketpair, AF_UNIX, type | SOCK_CLOEXEC, 0, low);
    if (sys_failed(made))
        return restore_failed(restoring, record, made, "socketpair", "socket pair");
    if (restore_lift(restoring, record, low, ends) != 0)
        return -1;
    size_buffer(record, ends[0], 1);
    if (other)
        size_buffer(other, ends[1], 1);
    if (fill(restoring, record, ends[1]) != 0 || (other && fill(restoring, other, ends[0]) != 0))
        return -1;
    if (finish(restoring, record, ends[0]) != 0)
        return -1;
    return finish(restoring, other, ends[1]);
}

const struct object_kind object_socketpair = {
    .kind = CRAC_FD_SOCKETPAIR,
    .name = "socketpair",
    .matches = is_socketpair,
    .refuses = refuses_socketpair,
    .identity = socketpair_identity,
    .save = save_socketpair,
    .restore = restore_socketpair,
};
