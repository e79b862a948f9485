/*
 * Steps that the restore of every kind of object shares.
 *
 * A fresh descriptor has the lowest free number, which may be the number of an object that comes
 * later. It is moved to its own number at once and the first one is closed, so no fresh number is
 * ever kept by accident.
 */
#include <fcntl.h>

#include "../arch/x86_64/syscall.h"
#include "kinds.h"

#define SETTABLE_FLAGS (O_APPEND | O_NONBLOCK)

int restore_failed(const struct object_restoring *restoring, const struct crac_fd *record,
                   long error, const char *what, const char *subject)
{
    struct crac_restore_failure *failure = restoring->failure;
    failure->fd = record->fd;
    failure->error = error;
    failure->what = what;
    struct text text = TEXT_IN(failure->subject);
    text_add(&text, subject);
    return -1;
}

int restore_place(const struct object_restoring *restoring, const struct crac_fd *record, long made)
{
    long result;
    if (made == (long)record->fd) {
        result = sys(SYS_fcntl, made, F_SETFD, record->close_on_exec ? FD_CLOEXEC : 0);
    } else {
        result = sys(SYS_dup3, made, record->fd, record->close_on_exec ? O_CLOEXEC : 0);
        sys(SYS_close, made);
    }
    return sys_failed(result)
               ? restore_failed(restoring, record, result, "dup3", "descriptor number")
               : 0;
}

int restore_lift(const struct object_restoring *restoring, const struct crac_fd *record,
                 const int low[2], long lifted[2])
{
    for (int i = 0; i < 2; i++) {
        lifted[i] = sys(SYS_fcntl, low[i], F_DUPFD_CLOEXEC, restoring->spare);
        sys(SYS_close, low[i]);
    }
    for (int i = 0; i < 2; i++) {
        if (sys_failed(lifted[i]))
            return restore_failed(restoring, record, lifted[i], "fcntl", "descriptor number");
    }
    return 0;
}

int restore_end(const struct object_restoring *restoring, const struct crac_fd *record, long end)
{
    if (!record) {
        sys(SYS_close, end);
        return 0;
    }
    if (restore_place(restoring, record, end) != 0)
        return -1;
    return restore_flags(restoring, record);
}

int restore_flags(const struct object_restoring *restoring, const struct crac_fd *record)
{
    long result = sys(SYS_fcntl, record->fd, F_SETFL, record->status_flags & SETTABLE_FLAGS);
    return sys_failed(result) ? restore_failed(restoring, record, result, "fcntl", "status flags")
                              : 0;
}
