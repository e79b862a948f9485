/*
 * Sockets that never travel: connections, datagram sockets, netlink and all others that neither
 * accept connections (listener.c) nor have both ends in this process (socketpair.c). The peer's
 * kernel holds half of their state, so all there is to do is to say what they are.
 */
#include <errno.h>
#include <sys/socket.h>

#include "../arch/x86_64/syscall.h"
#include "kinds.h"

int socket_option(uint32_t fd, int level, int option, int otherwise)
{
    int value = otherwise;
    uint32_t size = sizeof(value);
    return sys_failed(sys(SYS_getsockopt, fd, level, option, &value, &size)) ? otherwise : value;
}

static int is_socket(const struct object_view *view)
{
    return S_ISSOCK(view->stat.st_mode);
}

static const char *protocol_name(int domain, int type)
{
    int inet6 = domain == AF_INET6;
    if (domain == AF_INET || inet6) {
        if (type == SOCK_STREAM)
            return inet6 ? "tcp6" : "tcp";
        if (type == SOCK_DGRAM)
            return inet6 ? "udp6" : "udp";
    }
    if (domain == AF_UNIX)
        return type == SOCK_STREAM ? "unix" : type == SOCK_DGRAM ? "unix-dgram" : "unix-seqpacket";
    return domain == AF_NETLINK ? "netlink" : "other";
}

/* Asks for one of both addresses and turns it into text; empty when there is none. */
static void address_of(long call, uint32_t fd, char *out, size_t capacity)
{
    struct sockaddr_storage address;
    uint32_t size = sizeof(address);
    out[0] = 0;
    if (!sys_failed(sys(call, fd, &address, &size)))
        socket_address_text(&address, size < sizeof(address) ? size : sizeof(address), out,
                            capacity);
}

void socket_describe(const struct object_view *view, struct crac_description *out)
{
    int domain = socket_option(view->fd, SOL_SOCKET, SO_DOMAIN, 0);
    out->protocol = protocol_name(domain, socket_option(view->fd, SOL_SOCKET, SO_TYPE, 0));
    address_of(SYS_getsockname, view->fd, out->local, sizeof(out->local));
    address_of(SYS_getpeername, view->fd, out->remote, sizeof(out->remote));
}

static int refuses_socket(const struct object_view *view, struct text *why)
{
    struct crac_description description;
    struct sockaddr_storage peer;
    uint32_t size = sizeof(peer);
    socket_describe(view, &description);
    int connected = !sys_failed(sys(SYS_getpeername, view->fd, &peer, &size));
    text_add(why, connected ? "a connection (" : "a socket (");
    text_add(why, description.protocol);
    if (description.local[0]) {
        text_add(why, " ");
        text_add(why, description.local);
    }
    if (description.remote[0]) {
        text_add(why, " to ");
        text_add(why, description.remote);
    }
    text_add(why, ") can't travel: close it in beforeCheckpoint");
    return 1;
}

const struct object_kind object_socket = {
    .name = "socket",
    .matches = is_socket,
    .refuses = refuses_socket,
};
