/*
 * Character devices without any state: opening them again by name gives the same thing.
 *
 * They are told by their device numbers (major 1), not by their path, which a container may have
 * changed. An image names one of five fixed paths, so it can't make the launcher open anything
 * else.
 */
#include <errno.h>
#include <fcntl.h>

#include "../arch/x86_64/syscall.h"
#include "kinds.h"

/* Path of a device by its minor number, or NULL. */
static const char *device_path(const struct object_view *view)
{
    if (!S_ISCHR(view->stat.st_mode) || (view->stat.st_rdev >> 8 & 0xfff) != 1)
        return NULL;
    switch (view->stat.st_rdev & 0xff) {
    case 3:
        return "/dev/null";
    case 5:
        return "/dev/zero";
    case 7:
        return "/dev/full";
    case 8:
        return "/dev/random";
    case 9:
        return "/dev/urandom";
    default:
        return NULL;
    }
}

static int is_device(const struct object_view *view)
{
    return device_path(view) != NULL;
}

static long save_device(struct object_saving *saving, const struct object_view *view,
                        struct crac_fd *record, struct text *why)
{
    record->path = pool_text(&saving->save->strings, device_path(view));
    return record->path == CRAC_NONE ? -ENOMEM : 0;
}

static int restore_device(const struct object_restoring *restoring, const struct crac_fd *record)
{
    const char *path = restoring->strings + record->path;
    uint32_t flags = record->status_flags & (O_ACCMODE | O_NONBLOCK | O_APPEND);
    long made = sys(SYS_openat, AT_FDCWD, path, flags | O_NOCTTY | O_CLOEXEC, 0);
    if (sys_failed(made))
        return restore_failed(restoring, record, made, "open", path);
    return restore_place(restoring, record, made);
}

const struct object_kind object_device = {
    .kind = CRAC_FD_DEVICE,
    .name = "device",
    .matches = is_device,
    .save = save_device,
    .restore = restore_device,
};
