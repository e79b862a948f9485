/*
 * Event counters. The counter, the semaphore flag and the identity (for duplicates) are lines of
 * fdinfo:
 *
 *     eventfd-count:                5     hexadecimal
 *     eventfd-id: 1                       Linux 5.2
 *     eventfd-semaphore: 0                Linux 6.5; before, the mode can't be seen and is taken as
 * off
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>

#include "../arch/x86_64/syscall.h"
#include "kinds.h"

static int is_eventfd(const struct object_view *view)
{
    return text_equal(view->target, "anon_inode:[eventfd]");
}

/* Reads the short fdinfo of a counter. */
static long read_info(uint32_t fd, char info[512])
{
    long length = view_info(fd, info, 512);
    return sys_failed(length) ? length : 0;
}

static uint32_t eventfd_identity(const struct object_view *view)
{
    char info[512];
    if (read_info(view->fd, info) != 0)
        return 0;
    return (uint32_t)(info_field(info, "eventfd-id:", 10, -1) + 1);
}

static long save_eventfd(struct object_saving *saving, const struct object_view *view,
                         struct crac_fd *record, struct text *why)
{
    char info[512];
    long failed = read_info(view->fd, info);
    if (failed)
        return failed;
    record->value = (uint64_t)info_field(info, "eventfd-count:", 16, 0);
    record->extra = info_field(info, "eventfd-semaphore:", 10, 0) ? EFD_SEMAPHORE : 0;
    return 0;
}

static int restore_eventfd(const struct object_restoring *restoring, const struct crac_fd *record)
{
    uint32_t flags = EFD_NONBLOCK | EFD_CLOEXEC | (record->extra & EFD_SEMAPHORE);
    long made = sys(SYS_eventfd2, 0, flags);
    if (sys_failed(made))
        return restore_failed(restoring, record, made, "eventfd2", "event counter");
    if (record->value) {
        long written = sys(SYS_write, made, &record->value, sizeof(record->value));
        if (sys_failed(written))
            return restore_failed(restoring, record, written, "write", "event counter");
    }
    if (restore_place(restoring, record, made) != 0)
        return -1;
    return restore_flags(restoring, record);
}

const struct object_kind object_eventfd = {
    .kind = CRAC_FD_EVENTFD,
    .name = "eventfd",
    .matches = is_eventfd,
    .identity = eventfd_identity,
    .save = save_eventfd,
    .restore = restore_eventfd,
};
