/*
 * The tables of descriptors and of registrations with epoll sets.
 *
 * Descriptors ascend and are unique, so one is found by halving. References go one step at most: a
 * duplicate names a descriptor that is none itself, an alias names a standard stream, the ends of a
 * pipe name the first of them, those of a socket pair each other. The launcher opens no path of
 * this table but five devices, and binds no address of another family than it says.
 */
#include <fcntl.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "checking.h"

#ifndef IORING_SETUP_NO_SQARRAY
#define IORING_SETUP_NO_SQARRAY (1u << 16)
#endif
#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

#define MOST_RING_ENTRIES 32768u

const struct crac_fd *check_find_fd(const struct crac_tables *tables, uint64_t fd)
{
    size_t low = 0, high = tables->fd_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (tables->fds[middle].fd < fd)
            low = middle + 1;
        else
            high = middle;
    }
    return low < tables->fd_count && tables->fds[low].fd == fd ? &tables->fds[low] : NULL;
}

static int has_kind(const struct crac_tables *tables, uint64_t fd, uint32_t kind)
{
    const struct crac_fd *record = check_find_fd(tables, fd);
    return record && record->kind == kind;
}

static const char *fault_of_eventfd(const struct crac_tables *tables, const struct crac_fd *fd)
{
    if (fd->value == UINT64_MAX || (fd->extra & ~(uint32_t)EFD_SEMAPHORE))
        return "has an impossible counter";
    return NULL;
}

static const char *fault_of_pipe(const struct crac_tables *tables, const struct crac_fd *fd)
{
    uint32_t mode = fd->status_flags & O_ACCMODE;
    if (mode != O_RDONLY && mode != O_WRONLY)
        return "is an end of a pipe for neither reading nor writing";
    if (fd->value == 0 || fd->value > INT32_MAX || fd->data_size > fd->value)
        return "is a pipe of an impossible capacity";
    if (fd->data_size && mode != O_RDONLY)
        return "is a pipe whose content lies at the wrong end";
    if (fd->pair > fd->fd)
        return "is a pipe that names a wrong partner";
    if (fd->pair == fd->fd)
        return NULL;
    const struct crac_fd *partner = check_find_fd(tables, fd->pair);
    if (!partner || partner->kind != CRAC_FD_PIPE || partner->pair != fd->pair ||
        (partner->status_flags & O_ACCMODE) == mode)
        return "is a pipe that names a wrong partner";
    return NULL;
}

static const char *fault_of_socketpair(const struct crac_tables *tables, const struct crac_fd *fd)
{
    uint32_t type = fd->extra & CRAC_PAIR_TYPE;
    if (type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_SEQPACKET)
        return "is a socket pair of an unknown type";
    if (fd->extra >> CRAC_PAIR_SHUTDOWN > 3 || fd->value > INT32_MAX)
        return "is a socket pair in an impossible state";
    if (fd->data_size && type != SOCK_STREAM)
        return "is a socket pair of messages with content";
    if (fd->pair == fd->fd)
        return NULL;
    const struct crac_fd *other = check_find_fd(tables, fd->pair);
    if (!other || other->kind != CRAC_FD_SOCKETPAIR || other->pair != fd->fd ||
        (other->extra & CRAC_PAIR_TYPE) != type)
        return "is a socket pair that names a wrong partner";
    return NULL;
}

static const char *fault_of_uring(const struct crac_tables *tables, const struct crac_fd *fd)
{
    uint32_t known = IORING_SETUP_CQSIZE | IORING_SETUP_NO_SQARRAY;
    if (fd->value == 0 || fd->value > MOST_RING_ENTRIES || (fd->value & (fd->value - 1)))
        return "is a ring of an impossible size";
    if (fd->extra & ~known)
        return "is a ring with unknown flags";
    if ((fd->extra & IORING_SETUP_CQSIZE) &&
        (fd->pair < fd->value || fd->pair > 2 * MOST_RING_ENTRIES || (fd->pair & (fd->pair - 1))))
        return "is a ring of an impossible size";
    return NULL;
}

/* Whether the size of an address fits its family. */
static int is_address_size(uint32_t family, uint32_t size)
{
    if (family == AF_INET)
        return size == sizeof(struct sockaddr_in);
    if (family == AF_INET6)
        return size == sizeof(struct sockaddr_in6);
    return size > sizeof(sa_family_t) && size <= sizeof(((struct crac_listener *)0)->address);
}

/* Whether a stream socket of a family may have a protocol. */
static int is_protocol(uint32_t family, uint32_t protocol)
{
    return protocol == 0 ||
           (family != AF_UNIX && (protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP));
}

static const char *fault_of_listener(const struct crac_tables *tables, const struct crac_fd *fd)
{
    struct crac_listener listener;
    sa_family_t family;
    if (fd->data_size != sizeof(listener))
        return "is a server socket without an address";
    __builtin_memcpy(&listener, tables->bytes + fd->data, sizeof(listener));
    __builtin_memcpy(&family, listener.address, sizeof(family));
    if (listener.family != AF_INET && listener.family != AF_INET6 && listener.family != AF_UNIX)
        return "is a server socket of an unknown family";
    if (family != listener.family || !is_address_size(listener.family, listener.address_size))
        return "is a server socket with an address of another family";
    if (!is_protocol(listener.family, listener.protocol))
        return "is a server socket of an unknown protocol";
    if (listener.options & ~(CRAC_LISTENER_REUSEADDR | CRAC_LISTENER_REUSEPORT |
                             CRAC_LISTENER_V6ONLY | CRAC_LISTENER_ENV_PORT))
        return "is a server socket with unknown options";
    return listener.backlog > INT32_MAX ? "is a server socket with an impossible backlog" : NULL;
}

static const char *fault_of_device(const struct crac_tables *tables, const struct crac_fd *fd)
{
    static const char *const known[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random",
                                        "/dev/urandom"};
    if (!is_text(tables, fd->path))
        return "is a device without a path";
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (text_equal(tables->strings + fd->path, known[i]))
            return NULL;
    }
    return "is a device that has a state";
}

static const char *fault_of_file(const struct crac_tables *tables, const struct crac_fd *fd)
{
    if (!is_text(tables, fd->path) || tables->strings[fd->path] != '/')
        return "is a file without a path";
    if (fd->data_size != sizeof(struct crac_open_file))
        return "is a file without a description";
    return fd->value > INT64_MAX || (fd->extra & ~CRAC_FILE_UNCHECKED)
               ? "is a file at an impossible position"
               : NULL;
}

static const char *fault_of_alias(const struct crac_tables *tables, const struct crac_fd *fd)
{
    if (fd->value > 2 || !has_kind(tables, fd->value, CRAC_FD_STDIO))
        return "stands for a standard stream that is not in the table";
    return fd->extra > 1 ? "is an alias with unknown flags" : NULL;
}

static const char *fault_of_duplicate(const struct crac_tables *tables, const struct crac_fd *fd)
{
    const struct crac_fd *original = check_find_fd(tables, fd->value);
    if (!original)
        return "duplicates a descriptor that is not in the table";
    if (original->kind == CRAC_FD_DUPLICATE || original->kind == CRAC_FD_ALIAS)
        return "duplicates what is a duplicate itself";
    return NULL;
}

static const char *fault_of_stdio(const struct crac_tables *tables, const struct crac_fd *fd)
{
    return fd->fd > 2 ? "can't be a standard stream" : NULL;
}

/* Further rules of each kind; kinds without an entry have none. */
static const char *(*const faults[CRAC_FD_KINDS])(const struct crac_tables *,
                                                  const struct crac_fd *) = {
    [CRAC_FD_EVENTFD] = fault_of_eventfd,       [CRAC_FD_PIPE] = fault_of_pipe,
    [CRAC_FD_URING] = fault_of_uring,           [CRAC_FD_LISTENER] = fault_of_listener,
    [CRAC_FD_DEVICE] = fault_of_device,         [CRAC_FD_ALIAS] = fault_of_alias,
    [CRAC_FD_STDIO] = fault_of_stdio,           [CRAC_FD_DUPLICATE] = fault_of_duplicate,
    [CRAC_FD_SOCKETPAIR] = fault_of_socketpair, [CRAC_FD_FILE] = fault_of_file,
};

static const char *fault_of(const struct crac_tables *tables, const struct crac_fd *fd)
{
    if (fd->kind == 0 || fd->kind >= CRAC_FD_KINDS)
        return "is of an unknown kind";
    if (fd->fd <= 2 && fd->kind != CRAC_FD_STDIO)
        return "must be a standard stream";
    if (!is_in_bytes(tables, fd->data, fd->data_size))
        return "has its data outside of the image";
    return faults[fd->kind] ? faults[fd->kind](tables, fd) : NULL;
}

/* Numbers ascend and stay below the limit; afterwards descriptors can be found by halving. */
static int check_numbers(const struct crac_tables *tables, const char **reason)
{
    uint64_t lowest = 0;
    for (size_t i = 0; i < tables->fd_count; i++) {
        uint32_t fd = tables->fds[i].fd;
        if (fd < lowest || fd >= CRAC_FD_LIMIT || fd > tables->image->highest_fd)
            return refuse_record(reason, "descriptor", fd, "is out of order");
        lowest = (uint64_t)fd + 1;
    }
    if (tables->image->highest_fd >= CRAC_FD_LIMIT)
        return refuse(reason, "its highest descriptor is too high");
    return 0;
}

static int check_epolls(const struct crac_tables *tables, const char **reason)
{
    for (size_t i = 0; i < tables->epoll_count; i++) {
        const struct crac_epoll *epoll = &tables->epolls[i];
        if (!has_kind(tables, epoll->epoll_fd, CRAC_FD_EPOLL))
            return refuse_record(reason, "registration", i, "belongs to no epoll set");
        if (epoll->target_fd == epoll->epoll_fd || !check_find_fd(tables, epoll->target_fd))
            return refuse_record(reason, "registration", i,
                                 "is of a descriptor that is not in the table");
    }
    return 0;
}

int check_fds(const struct crac_tables *tables, const char **reason)
{
    if (check_numbers(tables, reason) != 0)
        return -1;
    for (size_t i = 0; i < tables->fd_count; i++) {
        const char *fault = fault_of(tables, &tables->fds[i]);
        if (fault)
            return refuse_record(reason, "descriptor", tables->fds[i].fd, fault);
    }
    return check_epolls(tables, reason);
}
