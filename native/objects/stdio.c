/*
 * The standard descriptors, and what stands for them.
 *
 * stdio        0, 1 and 2 are the restorer's own. Nothing of them is in the image but their status
 * flags. alias        any other descriptor that shows the same terminal, pipe, socket or file as a
 * standard one. libuv makes them: uv_tty_init() opens the terminal a second time and puts the new
 * file over the standard number, so both numbers share one file again. An alias becomes a duplicate
 * of the restorer's descriptor, or, where it was a file of its own and the restorer has a terminal,
 * that terminal opened a second time. placeholder  a descriptor that the program gave up: /dev/null
 * keeps its number occupied.
 *
 * O_NONBLOCK belongs to the open file, which the restorer shares with whoever started it. It is set
 * on pipes and sockets. A terminal is opened a second time first, as libuv does, so that a shell
 * does not get a terminal that does not block.
 */
#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>

#include "../arch/x86_64/syscall.h"
#include "kinds.h"

#define MEMORY_DEVICES 1 /* major number of /dev/null and its like */
#define OWN_FILE 1u      /* `extra` of an alias: it was an open file of its own */

static int is_standard(const struct object_view *view)
{
    return view->fd <= 2;
}

/* Whether a standard descriptor's access mode `have` allows what access mode `need` asks for. */
static int allows(uint32_t have, uint32_t need)
{
    return have == O_RDWR || have == need;
}

static int is_terminal(uint32_t fd)
{
    struct termios settings;
    return sys(SYS_ioctl, fd, TCGETS, &settings) == 0;
}

/* Whether a view is of something that others may show, too: not /dev/null and its like, not an
 * anonymous inode. */
static int can_be_shown_twice(const struct object_view *view)
{
    switch (view->stat.st_mode & S_IFMT) {
    case S_IFCHR:
        return (view->stat.st_rdev >> 8 & 0xfff) != MEMORY_DEVICES;
    case S_IFREG:
    case S_IFIFO:
    case S_IFSOCK:
        return 1;
    default:
        return 0;
    }
}

/* How well standard descriptor `standard` stands for a view: 0 not at all, 3 the same open file. */
static int likeness(const struct object_view *view, uint32_t standard)
{
    struct stat other;
    if (sys(SYS_fstat, standard, &other) != 0 || other.st_dev != view->stat.st_dev ||
        other.st_ino != view->stat.st_ino)
        return 0;
    if (view_shares_file(view->fd, standard) == 1)
        return 3;
    long flags = sys(SYS_fcntl, standard, F_GETFL);
    if (!sys_failed(flags) && allows(access_mode((uint32_t)flags), access_mode(view->flags)))
        return 2;
    return S_ISCHR(view->stat.st_mode);
}

/* The standard descriptor that stands for a view: the lowest among those of the greatest likeness,
 * or CRAC_NONE. */
static uint32_t standard_for(const struct object_view *view, int *best)
{
    uint32_t chosen = CRAC_NONE;
    *best = 0;
    if (view->fd <= 2 || !can_be_shown_twice(view))
        return CRAC_NONE;
    for (uint32_t standard = 0; standard <= 2; standard++) {
        int like = likeness(view, standard);
        if (like > *best) {
            *best = like;
            chosen = standard;
        }
    }
    return chosen;
}

static int is_alias(const struct object_view *view)
{
    int like;
    return standard_for(view, &like) != CRAC_NONE;
}

static long save_alias(struct object_saving *saving, const struct object_view *view,
                       struct crac_fd *record, struct text *why)
{
    int like;
    record->value = standard_for(view, &like);
    record->extra = like == 3 ? 0 : OWN_FILE;
    return 0;
}

/* Opens the terminal behind a descriptor a second time: the new descriptor, or a negated errno. */
static long reopen_terminal(uint32_t fd, uint32_t flags)
{
    char path[64];
    struct text text = TEXT_IN(path);
    text_add(&text, "/proc/self/fd/");
    text_add_number(&text, fd);
    return sys(SYS_openat, AT_FDCWD, path, flags | O_NOCTTY | O_CLOEXEC, 0);
}

/* Sets O_NONBLOCK on a pipe or a socket; on anything else it would change a file of somebody else
 * for nothing. */
static void unblock(uint32_t fd)
{
    struct stat stat;
    if (sys(SYS_fstat, fd, &stat) != 0 || !(S_ISFIFO(stat.st_mode) || S_ISSOCK(stat.st_mode)))
        return;
    long flags = sys(SYS_fcntl, fd, F_GETFL);
    if (!sys_failed(flags))
        sys(SYS_fcntl, fd, F_SETFL, flags | O_NONBLOCK);
}

/* Makes a standard terminal non-blocking by an open file of its own; leaves it as it is where that
 * is not possible. */
static void unblock_terminal(const struct object_restoring *restoring, const struct crac_fd *record)
{
    long flags = sys(SYS_fcntl, record->fd, F_GETFL);
    if (sys_failed(flags))
        return;
    long made = reopen_terminal(record->fd, access_mode((uint32_t)flags) | O_NONBLOCK);
    if (!sys_failed(made))
        restore_place(restoring, record, made);
}

static int restore_null(const struct object_restoring *restoring, const struct crac_fd *record)
{
    long made = sys(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC, 0);
    if (sys_failed(made))
        return restore_failed(restoring, record, made, "open", "/dev/null");
    return restore_place(restoring, record, made);
}

static int restore_stdio(const struct object_restoring *restoring, const struct crac_fd *record)
{
    if (sys_failed(sys(SYS_fcntl, record->fd, F_GETFD)))
        return restore_null(restoring, record);
    if (!(record->status_flags & O_NONBLOCK))
        return 0;
    if (is_terminal(record->fd))
        unblock_terminal(restoring, record);
    else
        unblock(record->fd);
    return 0;
}

static int restore_alias(const struct object_restoring *restoring, const struct crac_fd *record)
{
    uint32_t standard = (uint32_t)record->value;
    if ((record->extra & OWN_FILE) && is_terminal(standard)) {
        long made = reopen_terminal(standard, record->status_flags & (O_ACCMODE | O_NONBLOCK));
        if (!sys_failed(made))
            return restore_place(restoring, record, made);
    }
    long made = sys(SYS_dup3, standard, record->fd, record->close_on_exec ? O_CLOEXEC : 0);
    if (sys_failed(made))
        return restore_failed(restoring, record, made, "dup3", "standard stream");
    if (record->status_flags & O_NONBLOCK)
        unblock(record->fd);
    return 0;
}

const struct object_kind object_stdio = {
    .kind = CRAC_FD_STDIO,
    .name = "stdio",
    .matches = is_standard,
    .restore = restore_stdio,
};

const struct object_kind object_alias = {
    .kind = CRAC_FD_ALIAS,
    .name = "tty-alias",
    .matches = is_alias,
    .save = save_alias,
    .restore = restore_alias,
};

const struct object_kind object_placeholder = {
    .kind = CRAC_FD_PLACEHOLDER,
    .name = "other",
    .restore = restore_null,
};
