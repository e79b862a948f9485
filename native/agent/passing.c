/*
 * Unix sockets over which descriptors are passed. Node reads such sockets with read(2), by which
 * the kernel drops what was passed along.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "agent.h"
#include "events.h"
#include "module.h"

#define MAX_PASSED 16

static napi_value throw_errno(napi_env env, const char *what, const char *subject, int error)
{
    struct crac_error failure = {0};

    error_set(&failure, "socket", -error, what, subject);
    return throw_error(env, &failure, NULL);
}

napi_value passing_connect(napi_env env, napi_callback_info info)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t count = 1, size = 0;
    napi_value argument;
    int fd;

    napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
    napi_get_value_string_utf8(env, argument, address.sun_path, sizeof address.sun_path, &size);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return throw_errno(env, "cannot make", "a socket", errno);
    if (connect(fd, (struct sockaddr *)&address,
                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size)) != 0) {
        int error = errno;
        close(fd);
        return throw_errno(env, "cannot connect to", address.sun_path + !address.sun_path[0],
                           error);
    }
    return number_value(env, fd);
}

/* Puts the descriptors of a message behind their number into `passed`. */
static void take(struct msghdr *message, int32_t *passed, size_t capacity)
{
    struct cmsghdr *header = CMSG_FIRSTHDR(message);

    passed[0] = 0;
    for (; header; header = CMSG_NXTHDR(message, header)) {
        size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
            if ((size_t)passed[0] + 1 < capacity)
                passed[++passed[0]] = fd;
            else
                close(fd);
        }
    }
}

napi_value passing_receive(napi_env env, napi_callback_info info)
{
    char control[CMSG_SPACE(MAX_PASSED * sizeof(int))];
    size_t count = 3, size = 0, capacity = 0;
    napi_value arguments[3];
    void *bytes = NULL, *passed = NULL;
    int32_t fd = -1;

    napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
    napi_get_value_int32(env, arguments[0], &fd);
    napi_get_typedarray_info(env, arguments[1], NULL, &size, &bytes, NULL, NULL);
    napi_get_typedarray_info(env, arguments[2], NULL, &capacity, &passed, NULL, NULL);
    struct iovec piece = {bytes, size};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    ssize_t got = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return number_value(env, -1);
    if (got < 0)
        return throw_errno(env, "cannot read from", "the socket", errno);
    take(&message, passed, capacity);
    return number_value(env, (double)got);
}
