/*
 * Duplicates: a second number of an object that is in the table under another one.
 *
 * They share the open file, so status flags, content and registrations come with the first number;
 * only close-on-exec belongs to the number itself. A duplicate never points at a duplicate.
 * objects.c finds them while saving.
 */
#include <errno.h>
#include <fcntl.h>

#include "../arch/x86_64/syscall.h"
#include "kinds.h"

static int restore_duplicate(const struct object_restoring *restoring, const struct crac_fd *record)
{
    long made = sys(SYS_dup3, record->value, record->fd, record->close_on_exec ? O_CLOEXEC : 0);
    if (made == -EBADF && !restoring->creates)
        return OBJECT_MISSING;
    if (sys_failed(made))
        return restore_failed(restoring, record, made, "dup3", "duplicate");
    return 0;
}

const struct object_kind object_duplicate = {
    .kind = CRAC_FD_DUPLICATE,
    .name = "other",
    .restore = restore_duplicate,
};
