/*
 * Data that a stream of libuv still holds when its pipe or socket has become a file.
 *
 * libuv waits until the kernel says that more can be written, and a file can't be watched. So the
 * kernel is made to say it: an epoll set knows what it watches by number and open file, and a pipe
 * that takes the number for a moment is told of under that number as long as it stays open. libuv
 * then writes to the file that has the number again, as much at a time as one writev() takes. The
 * pipe is the caller's to close, as soon as all is written.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "output.h"

extern int uv_backend_fd(const void *loop); /* of libuv */

/* Lends the number of a file to the end of a pipe while it is registered. 0 or -1. */
static int lend(int epoll, int fd, int end)
{
    struct epoll_event event = {.events = EPOLLOUT, .data.u64 = (uint32_t)fd};
    int file = fcntl(fd, F_DUPFD_CLOEXEC, 3), failed;

    if (file < 0)
        return -1;
    failed = dup2(end, fd) < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0;
    dup2(file, fd);
    close(file);
    return failed ? -1 : 0;
}

napi_value output_pipe(napi_env env, napi_callback_info info)
{
    napi_value result, end;
    int ends[2];

    napi_create_array(env, &result);
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return result;
    for (uint32_t i = 0; i < 2; i++) {
        napi_create_int32(env, ends[i], &end);
        napi_set_element(env, result, i, end);
    }
    return result;
}

napi_value output_wake(napi_env env, napi_callback_info info)
{
    struct uv_loop_s *loop = NULL;
    size_t count = 1;
    napi_value argument, result;
    int32_t fd = -1;
    int ends[2] = {-1, -1};

    napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
    napi_get_value_int32(env, argument, &fd);
    napi_get_uv_event_loop(env, &loop);
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0 && lend(uv_backend_fd(loop), fd, ends[1]) != 0) {
        close(ends[1]);
        ends[1] = -1;
    }
    if (ends[0] >= 0)
        close(ends[0]);
    napi_create_int32(env, ends[1], &result);
    return result;
}
