/*
 * Anonymous pipes, with the bytes in them.
 *
 * The ends of one pipe share an inode number; in the image they share `pair`, the smallest
 * descriptor number of the pipe. Its content lies with the read end:
 *
 *     fd 12  PIPE  read   pair 12  data = content       fd 13  PIPE  write  pair 12
 *
 * Content is copied without being consumed: tee() links the pages into a scratch pipe of the same
 * capacity, which is then read. libuv's signal lock is a pipe that always holds one byte; without
 * it the first spawn() waits for ever.
 *
 * A pipe whose other end is closed has one record only, and is made with its other end closed
 * again. One whose other end is open in another process can't travel. When a pipe is restored, both
 * ends are made at numbers above all others first, because a fresh end may have got the very number
 * that the other one belongs to.
 */
#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>

#include "../arch/x86_64/syscall.h"
#include "kinds.h"

#ifndef F_SETPIPE_SZ
#define F_SETPIPE_SZ 1031
#define F_GETPIPE_SZ 1032
#endif
#ifndef SPLICE_F_NONBLOCK
#define SPLICE_F_NONBLOCK 2
#endif
#ifndef O_DIRECT
#define O_DIRECT 040000
#endif

static int is_pipe(const struct object_view *view)
{
    return S_ISFIFO(view->stat.st_mode) && text_starts(view->target, "pipe:[");
}

static uint32_t pipe_identity(const struct object_view *view)
{
    return (uint32_t)view->stat.st_ino;
}

/* Whether the kernel says that no other end is open anywhere. */
static int is_widowed(const struct object_view *view)
{
    struct pollfd poll = {.fd = (int)view->fd, .events = 0};
    long ready = sys(SYS_poll, &poll, 1, 0);
    short sign = access_mode(view->flags) == O_RDONLY ? POLLHUP : POLLERR;
    return ready == 1 && (poll.revents & sign);
}

/* Whether a descriptor of this process, other than a standard one, is the other end. */
static int is_other_end(const struct object_view *view, uint32_t fd)
{
    struct stat stat;
    if (fd <= 2 || sys(SYS_fstat, fd, &stat) != 0)
        return 0;
    if (stat.st_ino != view->stat.st_ino || stat.st_dev != view->stat.st_dev)
        return 0;
    long flags = sys(SYS_fcntl, fd, F_GETFL);
    return !sys_failed(flags) && access_mode((uint32_t)flags) != access_mode(view->flags);
}

static int has_other_end_here(const struct object_view *view)
{
    struct object_listing listing;
    uint32_t fd;
    int found = 0;
    if (listing_open(&listing) != 0)
        return 0;
    while (!found && listing_next(&listing, &fd) == 1)
        found = is_other_end(view, fd);
    listing_close(&listing);
    return found;
}

static int refuses_pipe(const struct object_view *view, struct text *why)
{
    if (view->flags & O_DIRECT)
        text_add(why,
                 "a pipe in packet mode (O_DIRECT) can't travel: close it in beforeCheckpoint");
    else if (access_mode(view->flags) == O_RDWR)
        text_add(why,
                 "a pipe that is open for reading and writing at once can't travel: close it in "
                 "beforeCheckpoint");
    else if (!is_widowed(view) && !has_other_end_here(view))
        text_add(why, "a pipe can't travel while its other end is in another process or is a "
                      "standard stream: "
                      "close it in beforeCheckpoint");
    return why->used > 0;
}

/* Links `size` bytes of a pipe into a scratch pipe and reads them from there. 0, or a negated
 * errno. */
static long copy_through(const int scratch[2], uint32_t fd, long capacity, uint8_t *to, size_t size)
{
    long result = sys(SYS_fcntl, scratch[1], F_SETPIPE_SZ, capacity);
    if (sys_failed(result) && result != -EPERM && result != -EBUSY)
        return result;
    result = sys(SYS_tee, fd, scratch[1], size, SPLICE_F_NONBLOCK);
    if (result != (long)size)
        return sys_failed(result) ? result : -ENOBUFS;
    for (size_t done = 0; done < size; done += (size_t)result) {
        result = sys(SYS_read, scratch[0], to + done, size - done);
        if (result <= 0)
            return result ? result : -EIO;
    }
    return 0;
}

/* Copies the content of a pipe without consuming it. 0, or a negated errno. */
static long copy_content(uint32_t fd, long capacity, uint8_t *to, size_t size)
{
    int scratch[2];
    long failed = sys(SYS_pipe2, scratch, O_CLOEXEC | O_NONBLOCK);
    if (sys_failed(failed))
        return failed;
    failed = copy_through(scratch, fd, capacity, to, size);
    sys(SYS_close, scratch[0]);
    sys(SYS_close, scratch[1]);
    return failed;
}

/* Puts the content of a read end into BYTES. */
static long save_content(struct object_saving *saving, const struct object_view *view,
                         struct crac_fd *record, struct text *why)
{
    int size = 0;
    long failed = sys(SYS_ioctl, view->fd, FIONREAD, &size);
    if (sys_failed(failed) || size == 0)
        return failed;
    struct crac_pool *bytes = &saving->save->bytes;
    int64_t offset = pool_add(bytes, NULL, (size_t)size);
    if (offset < 0 || offset > (int64_t)(CRAC_NONE - (uint32_t)size))
        return -ENOMEM;
    failed = copy_content(view->fd, (long)record->value, bytes->start + offset, (size_t)size);
    if (failed) {
        text_add(why, "a pipe can't travel because its content can't be copied (");
        text_add(why, errno_name(failed));
        text_add(why, "): read it empty in beforeCheckpoint");
        return OBJECT_REFUSED;
    }
    record->data = (uint32_t)offset;
    record->data_size = (uint32_t)size;
    return 0;
}

/* The number that the ends of a pipe share: that of an end that is saved already, or else the own
 * one. */
static uint32_t pair_of(const struct crac_save *save, const struct object_view *view)
{
    const struct crac_fd *fds = (const struct crac_fd *)save->fds.start;
    for (size_t i = 0; i < save->fds.used / sizeof(*fds); i++) {
        if (fds[i].kind == CRAC_FD_PIPE && fds[i].reserved == pipe_identity(view))
            return fds[i].pair;
    }
    return view->fd;
}

static long save_pipe(struct object_saving *saving, const struct object_view *view,
                      struct crac_fd *record, struct text *why)
{
    long capacity = sys(SYS_fcntl, view->fd, F_GETPIPE_SZ);
    if (sys_failed(capacity))
        return capacity;
    record->value = (uint64_t)capacity;
    record->pair = pair_of(saving->save, view);
    if (access_mode(view->flags) == O_WRONLY)
        return 0;
    return save_content(saving, view, record, why);
}

/* The record of one end of a pipe, or NULL. */
static const struct crac_fd *find_end(const struct object_restoring *restoring, uint32_t pair,
                                      uint32_t mode)
{
    for (size_t i = 0; i < restoring->count; i++) {
        const struct crac_fd *record = &restoring->fds[i];
        if (record->kind == CRAC_FD_PIPE && record->pair == pair &&
            access_mode(record->status_flags) == mode)
            return record;
    }
    return NULL;
}

/* Makes a pipe at two numbers above those of the table. */
static int make_pipe(const struct object_restoring *restoring, const struct crac_fd *record,
                     long ends[2])
{
    int low[2];
    long made = sys(SYS_pipe2, low, O_CLOEXEC | O_NONBLOCK);
    if (sys_failed(made))
        return restore_failed(restoring, record, made, "pipe2", "pipe");
    return restore_lift(restoring, record, low, ends);
}

/* Gives a pipe its capacity and its content back. The capacity is a wish, unless the content needs
 * it. */
static int fill_pipe(const struct object_restoring *restoring, const struct crac_fd *reader,
                     uint64_t capacity, long end)
{
    if (sys(SYS_fcntl, end, F_GETPIPE_SZ) != (long)capacity)
        sys(SYS_fcntl, end, F_SETPIPE_SZ, capacity);
    if (!reader)
        return 0;
    for (size_t done = 0; done < reader->data_size;) {
        long result =
            sys(SYS_write, end, restoring->bytes + reader->data + done, reader->data_size - done);
        if (sys_failed(result))
            return restore_failed(restoring, reader, result, "write", "content of a pipe");
        done += (size_t)result;
    }
    return 0;
}

static int restore_pipe(const struct object_restoring *restoring, const struct crac_fd *record)
{
    if (record->fd != record->pair)
        return 0;
    const struct crac_fd *reader = find_end(restoring, record->pair, O_RDONLY);
    const struct crac_fd *writer = find_end(restoring, record->pair, O_WRONLY);
    long ends[2] = {-1, -1};
    if (make_pipe(restoring, record, ends) != 0)
        return -1;
    if (fill_pipe(restoring, reader, record->value, ends[1]) != 0)
        return -1;
    if (restore_end(restoring, reader, ends[0]) != 0)
        return -1;
    return restore_end(restoring, writer, ends[1]);
}

const struct object_kind object_pipe = {
    .kind = CRAC_FD_PIPE,
    .name = "pipe",
    .matches = is_pipe,
    .refuses = refuses_pipe,
    .identity = pipe_identity,
    .save = save_pipe,
    .restore = restore_pipe,
};
