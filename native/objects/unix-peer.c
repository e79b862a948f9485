/*
 * Who a UNIX socket is connected to: its peer's inode number, which neither /proc nor getpeername()
 * tell.
 *
 * The kernel answers over netlink (unix_diag), at once and within sendto(), so that nothing here
 * ever waits:
 *
 *     asked      nlmsghdr  unix_diag_req  inode
 *     answered   nlmsghdr  unix_diag_msg  inode   attributes: NAME if it has one, PEER, SHUTDOWN
 *     or         nlmsghdr  NLMSG_ERROR    negated errno
 *
 * Sandboxes and kernels without unix_diag don't answer; their sockets stay without a known peer.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>

#include "../arch/x86_64/syscall.h"
#include "kinds.h"

struct question {
    struct nlmsghdr header;
    struct unix_diag_req request;
};

/* Takes over one attribute of an answer. */
static void read_attribute(const struct nlattr *attribute, struct unix_peer *out)
{
    const char *value = (const char *)attribute + NLA_HDRLEN;
    size_t size = attribute->nla_len - NLA_HDRLEN;
    if (attribute->nla_type == UNIX_DIAG_NAME)
        out->is_named = 1;
    if (attribute->nla_type == UNIX_DIAG_PEER && size == sizeof(out->peer))
        __builtin_memcpy(&out->peer, value, size);
    if (attribute->nla_type == UNIX_DIAG_SHUTDOWN && size == 1)
        out->shutdown = *(const uint8_t *)value;
}

/* Reads an answer about a socket: 0, or a negated errno. */
static long read_answer(const char *answer, size_t size, uint32_t inode, struct unix_peer *out)
{
    const struct nlmsghdr *header = (const void *)answer;
    const struct unix_diag_msg *message = (const void *)(answer + NLMSG_HDRLEN);
    size_t at = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(*message));
    if (size < at || header->nlmsg_len > size || header->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
        message->udiag_ino != inode)
        return -ENOENT;
    *out = (struct unix_peer){0};
    while (at + NLA_HDRLEN <= header->nlmsg_len) {
        const struct nlattr *attribute = (const void *)(answer + at);
        if (attribute->nla_len < NLA_HDRLEN || attribute->nla_len > header->nlmsg_len - at)
            return -EPROTO;
        read_attribute(attribute, out);
        at += NLA_ALIGN(attribute->nla_len);
    }
    return 0;
}

/* Asks through an open netlink socket. */
static long ask(long netlink, uint32_t inode, struct unix_peer *out)
{
    _Alignas(8) char answer[1024];
    struct question question = {
        .header = {.nlmsg_len = sizeof(question),
                   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                   .nlmsg_flags = NLM_F_REQUEST},
        .request = {.sdiag_family = AF_UNIX,
                    .udiag_states = ~0u,
                    .udiag_ino = inode,
                    .udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER,
                    .udiag_cookie = {~0u, ~0u}},
    };
    long result = sys(SYS_sendto, netlink, &question, sizeof(question), MSG_DONTWAIT, 0, 0);
    if (sys_failed(result))
        return result;
    result = sys(SYS_recvfrom, netlink, answer, sizeof(answer), MSG_DONTWAIT, 0, 0);
    return sys_failed(result) ? result : read_answer(answer, (size_t)result, inode, out);
}

long unix_peer_of(uint32_t inode, struct unix_peer *out)
{
    long netlink = sys(SYS_socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (sys_failed(netlink))
        return netlink;
    long failed = ask(netlink, inode, out);
    sys(SYS_close, netlink);
    return failed;
}
