/*
 * Stream sockets that accept connections: TCP over IPv4 and IPv6, and UNIX.
 *
 * A listener is its address, its backlog, a few options, and for a UNIX path the permissions of the
 * file (`extra`). Connections that wait to be accepted are lost, as if the server had been
 * restarted.
 *
 * On restore the address may still be taken. For TCP, SO_REUSEADDR overcomes connections in
 * TIME_WAIT. A UNIX path outlives its server: a socket there that refuses connections is a leftover
 * and is removed; anything that is not a socket, and a socket with a live server, stays, and bind()
 * then reports that the address is in use.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "../arch/x86_64/syscall.h"
#include "kinds.h"

#define DEFAULT_BACKLOG                                                                            \
    511 /* Node's own default; the kernel does not tell that of UNIX sockets                       \
         */

static int is_listener(const struct object_view *view)
{
    if (!S_ISSOCK(view->stat.st_mode) || socket_option(view->fd, SOL_SOCKET, SO_ACCEPTCONN, 0) != 1)
        return 0;
    int domain = socket_option(view->fd, SOL_SOCKET, SO_DOMAIN, 0);
    return socket_option(view->fd, SOL_SOCKET, SO_TYPE, 0) == SOCK_STREAM &&
           (domain == AF_INET || domain == AF_INET6 || domain == AF_UNIX);
}

static uint32_t listener_identity(const struct object_view *view)
{
    return (uint32_t)view->stat.st_ino;
}

/* Asks for the own address: 0, or a negated errno; -ENAMETOOLONG when a record can't hold it. */
static long own_address(uint32_t fd, struct crac_listener *listener)
{
    struct sockaddr_storage address;
    uint32_t size = sizeof(address);
    long failed = sys(SYS_getsockname, fd, &address, &size);
    if (sys_failed(failed))
        return failed;
    if (size > sizeof(listener->address))
        return -ENAMETOOLONG;
    __builtin_memcpy(listener->address, &address, size);
    listener->address_size = size;
    return 0;
}

static int refuses_listener(const struct object_view *view, struct text *why)
{
    struct crac_listener listener;
    long failed = own_address(view->fd, &listener);
    if (failed == 0)
        return 0;
    text_add(why, "a server socket can't travel because its address can't be saved (");
    text_add(why, errno_name(failed));
    text_add(why, "): close it in beforeCheckpoint");
    return 1;
}

/* The backlog of a TCP listener is where a connection counts its acknowledged segments. */
static uint32_t backlog_of(uint32_t fd, int domain)
{
    struct tcp_info info = {.tcpi_sacked = DEFAULT_BACKLOG};
    uint32_t size = sizeof(info);
    if (domain == AF_UNIX ||
        sys_failed(sys(SYS_getsockopt, fd, IPPROTO_TCP, TCP_INFO, &info, &size)))
        return DEFAULT_BACKLOG;
    return info.tcpi_sacked;
}

static uint32_t options_of(uint32_t fd, int domain)
{
    uint32_t options = 0;
    if (socket_option(fd, SOL_SOCKET, SO_REUSEADDR, 0))
        options |= CRAC_LISTENER_REUSEADDR;
    if (socket_option(fd, SOL_SOCKET, SO_REUSEPORT, 0))
        options |= CRAC_LISTENER_REUSEPORT;
    if (domain == AF_INET6 && socket_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0))
        options |= CRAC_LISTENER_V6ONLY;
    return options;
}

/* Copies the path of a UNIX address, terminated: whether it has one. */
static int unix_path(const struct crac_listener *listener, char path[sizeof(listener->address)])
{
    size_t offset = sizeof(sa_family_t);
    size_t size = listener->address_size - offset;
    if (listener->family != AF_UNIX || listener->address_size <= offset ||
        listener->address[offset] == 0)
        return 0;
    __builtin_memset(path, 0, sizeof(listener->address));
    __builtin_memcpy(path, listener->address + offset, size);
    return 1;
}

/* Type and permissions of the file of a UNIX listener, or 0. */
static uint32_t file_mode(const struct crac_listener *listener)
{
    char path[sizeof(listener->address)];
    struct stat stat;
    if (!unix_path(listener, path) || sys(SYS_lstat, path, &stat) != 0 || !S_ISSOCK(stat.st_mode))
        return 0;
    return stat.st_mode;
}

/* Whether it listens where the environment said. */
static int follows_environment(const struct crac_listener *listener, uint32_t port)
{
    return port != 0 && listener->family != AF_UNIX &&
           (uint32_t)(listener->address[2] << 8 | listener->address[3]) == port;
}

static long save_listener(struct object_saving *saving, const struct object_view *view,
                          struct crac_fd *record, struct text *why)
{
    struct crac_listener listener = {0};
    int domain = socket_option(view->fd, SOL_SOCKET, SO_DOMAIN, 0);
    long failed = own_address(view->fd, &listener);
    if (failed)
        return failed;
    listener.family = (uint32_t)domain;
    listener.protocol = (uint32_t)socket_option(view->fd, SOL_SOCKET, SO_PROTOCOL, 0);
    listener.backlog = backlog_of(view->fd, domain);
    listener.options = options_of(view->fd, domain);
    if (follows_environment(&listener, saving->save->environment_port))
        listener.options |= CRAC_LISTENER_ENV_PORT;
    int64_t offset = pool_add(&saving->save->bytes, &listener, sizeof(listener));
    if (offset < 0 || offset >= CRAC_NONE)
        return -ENOMEM;
    record->data = (uint32_t)offset;
    record->data_size = sizeof(listener);
    record->extra = file_mode(&listener);
    return 0;
}

static long set_option(long fd, int level, int option)
{
    int one = 1;
    return sys(SYS_setsockopt, fd, level, option, &one, sizeof(one));
}

/* Sets what must be set before bind(). 0, or a negated errno. */
static long set_options(long fd, const struct crac_listener *listener)
{
    long failed = 0;
    if (listener->family != AF_UNIX || (listener->options & CRAC_LISTENER_REUSEADDR))
        failed = set_option(fd, SOL_SOCKET, SO_REUSEADDR);
    if (!failed && (listener->options & CRAC_LISTENER_REUSEPORT))
        failed = set_option(fd, SOL_SOCKET, SO_REUSEPORT);
    if (!failed && listener->family == AF_INET6) {
        int only = (listener->options & CRAC_LISTENER_V6ONLY) != 0;
        failed = sys(SYS_setsockopt, fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only));
    }
    return failed;
}

/* Removes the file of a server that is gone. */
static void remove_leftover(const struct crac_listener *listener)
{
    char path[sizeof(listener->address)];
    if (!unix_path(listener, path) || !file_mode(listener))
        return;
    long probe = sys(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (sys_failed(probe))
        return;
    long answer = sys(SYS_connect, probe, listener->address, listener->address_size);
    sys(SYS_close, probe);
    if (answer == -ECONNREFUSED)
        sys(SYS_unlink, path);
}

/* Gives the file of a UNIX listener its permissions back. */
static void restore_mode(const struct crac_listener *listener, uint32_t mode)
{
    char path[sizeof(listener->address)];
    if (mode && unix_path(listener, path))
        sys(SYS_chmod, path, mode & 0777);
}

/* What failed and where: "tcp 127.0.0.1:3000". */
static int listener_failed(const struct object_restoring *restoring, const struct crac_fd *record,
                           const struct crac_listener *listener, long error, const char *what)
{
    char address[160];
    char subject[176];
    struct text text = TEXT_IN(subject);
    socket_address_text(listener->address, listener->address_size, address, sizeof(address));
    text_add(&text, listener->family == AF_UNIX ? "unix " : "tcp ");
    text_add(&text, address);
    return restore_failed(restoring, record, error, what, subject);
}

/* Brings a fresh socket to the state of the saved one. 0, or -1 with the failure filled. */
static int start_listening(const struct object_restoring *restoring, const struct crac_fd *record,
                           const struct crac_listener *listener, long made)
{
    long failed = set_options(made, listener);
    if (failed)
        return listener_failed(restoring, record, listener, failed, "setsockopt");
    remove_leftover(listener);
    failed = sys(SYS_bind, made, listener->address, listener->address_size);
    if (failed)
        return listener_failed(restoring, record, listener, failed, "bind");
    restore_mode(listener, record->extra);
    failed = sys(SYS_listen, made, listener->backlog);
    if (failed)
        return listener_failed(restoring, record, listener, failed, "listen");
    return 0;
}

static int restore_listener(const struct object_restoring *restoring, const struct crac_fd *record)
{
    struct crac_listener listener;
    __builtin_memcpy(&listener, restoring->bytes + record->data, sizeof(listener));
    listener_redirect(&listener);
    long made = sys(SYS_socket, listener.family, SOCK_STREAM | SOCK_CLOEXEC, listener.protocol);
    if (sys_failed(made))
        return listener_failed(restoring, record, &listener, made, "socket");
    if (start_listening(restoring, record, &listener, made) != 0) {
        sys(SYS_close, made);
        return -1;
    }
    if (restore_place(restoring, record, made) != 0)
        return -1;
    return restore_flags(restoring, record);
}

const struct object_kind object_listener = {
    .kind = CRAC_FD_LISTENER,
    .name = "listener",
    .matches = is_listener,
    .refuses = refuses_listener,
    .identity = listener_identity,
    .save = save_listener,
    .restore = restore_listener,
};
