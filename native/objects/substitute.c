/*
 * What stands for a watched descriptor that can't be watched any more.
 *
 * An epoll set refuses files and /dev/null (EPERM). The restorer's standard streams may be just
 * that, and placeholders are. libuv remembers what it has registered, and calls abort() when its
 * next EPOLL_CTL_MOD or EPOLL_CTL_ADD fails, so where a program waits for input, something takes
 * the place that behaves the same and can be watched:
 *
 *     placeholder, /dev/null     a connection whose peer is gone: reads as ended, refuses to be
 * written a file as standard input   a pipe that holds the rest of the file, its other end closed
 *
 * Standard output and error stay what they are: nobody waits for a file to become writable.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "../arch/x86_64/syscall.h"
#include "kinds.h"

#define DEV_NULL 0x103 /* device number */
#define MOST_CONTENT (1 << 20)

#ifndef F_SETPIPE_SZ
#define F_SETPIPE_SZ 1031
#endif
#ifndef SPLICE_F_NONBLOCK
#define SPLICE_F_NONBLOCK 2
#endif

/* Puts a fresh descriptor over the number of a record: 0, or a negated errno. */
static long take_place(const struct crac_fd *record, long made)
{
    long result = sys(SYS_dup3, made, record->fd, record->close_on_exec ? O_CLOEXEC : 0);
    sys(SYS_close, made);
    return sys_failed(result) ? result : 0;
}

static long end_connection(const struct crac_fd *record)
{
    int pair[2];
    long failed = sys(SYS_socketpair, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair);
    if (sys_failed(failed))
        return failed;
    sys(SYS_close, pair[1]);
    return take_place(record, pair[0]);
}

/* Moves the rest of a file into a pipe: 0, or a negated errno; -EFBIG when it does not fit. */
static long fill_from_file(uint32_t file, long pipe)
{
    sys(SYS_fcntl, pipe, F_SETPIPE_SZ, MOST_CONTENT);
    for (;;) {
        long moved = sys(SYS_splice, file, 0, pipe, 0, MOST_CONTENT, SPLICE_F_NONBLOCK);
        if (moved <= 0)
            return moved == -EAGAIN ? -EFBIG : moved;
    }
}

static long turn_into_pipe(const struct crac_fd *record)
{
    int ends[2];
    long failed = sys(SYS_pipe2, ends, O_CLOEXEC | O_NONBLOCK);
    if (sys_failed(failed))
        return failed;
    failed = fill_from_file(record->fd, ends[1]);
    sys(SYS_close, ends[1]);
    if (failed) {
        sys(SYS_close, ends[0]);
        return failed;
    }
    return take_place(record, ends[0]);
}

static int is_standard_input(const struct crac_fd *record)
{
    return (record->kind == CRAC_FD_STDIO && record->fd == 0) ||
           (record->kind == CRAC_FD_ALIAS && record->value == 0);
}

long substitute(const struct crac_fd *record)
{
    struct stat stat;
    if (record->kind == CRAC_FD_PLACEHOLDER || record->kind == CRAC_FD_CLOSED)
        return end_connection(record);
    if (record->kind != CRAC_FD_STDIO && record->kind != CRAC_FD_ALIAS)
        return -EPERM;
    if (!is_standard_input(record) || sys(SYS_fstat, record->fd, &stat) != 0)
        return SUBSTITUTE_NONE;
    if (S_ISCHR(stat.st_mode) && stat.st_rdev == DEV_NULL)
        return end_connection(record);
    return S_ISREG(stat.st_mode) ? turn_into_pipe(record) : SUBSTITUTE_NONE;
}
