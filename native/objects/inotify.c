/*
 * File watchers (inotify) that watch nothing.
 *
 * libuv keeps the descriptor of its first fs.watch() for good, so a process that has ever watched a
 * file has one. A watch itself can't travel: it is of an inode, of which fdinfo tells no path, and
 * what happens to the file until the restore would be missed.
 *
 *     inotify wd:2 ino:9e sdev:800013 mask:800afce ignored_mask:0 ...    one line for each watch
 *
 * Events that nobody has read yet can't be put back into a queue, so there must be none either.
 */
#include <asm/ioctls.h>
#include <fcntl.h>
#include <sys/inotify.h>

#include "../arch/x86_64/syscall.h"
#include "kinds.h"

static int is_inotify(const struct object_view *view)
{
    return text_starts(view->target, "anon_inode:inotify") ||
           text_starts(view->target, "anon_inode:[inotify]");
}

/* The kernel tells no identity of a watcher: objects.c asks it to compare open files. */
static uint32_t inotify_identity(const struct object_view *view)
{
    return 0;
}

/* What is in the way: "with 2 watches". */
static void add_reason(struct text *why, long watches)
{
    if (sys_failed(watches)) {
        text_add(why, "whose watches can't be counted (");
        text_add(why, errno_name(watches));
        text_add(why, ")");
    } else if (watches) {
        text_add(why, "with ");
        text_add_number(why, (uint64_t)watches);
        text_add(why, watches == 1 ? " watch" : " watches");
    } else {
        text_add(why, "with events that were not read");
    }
}

static int refuses_inotify(const struct object_view *view, struct text *why)
{
    int queued = 0;
    long watches = view_count_lines(view->fd, "inotify wd:");
    if (watches == 0 && sys(SYS_ioctl, view->fd, FIONREAD, &queued) == 0 && queued == 0)
        return 0;
    text_add(why, "a file watcher (inotify) ");
    add_reason(why, watches);
    text_add(why, " can't travel: close it in beforeCheckpoint");
    return 1;
}

static int restore_inotify(const struct object_restoring *restoring, const struct crac_fd *record)
{
    long made = sys(SYS_inotify_init1, IN_CLOEXEC | (record->status_flags & IN_NONBLOCK));
    if (sys_failed(made))
        return restore_failed(restoring, record, made, "inotify_init1", "file watcher");
    if (restore_place(restoring, record, made) != 0)
        return -1;
    return restore_flags(restoring, record);
}

const struct object_kind object_inotify = {
    .kind = CRAC_FD_INOTIFY,
    .name = "inotify",
    .matches = is_inotify,
    .refuses = refuses_inotify,
    .identity = inotify_identity,
    .restore = restore_inotify,
};
