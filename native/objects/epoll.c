/*
 * Epoll sets. Every registration is a line of the set's fdinfo:
 *
 *     tfd:        3 events:       19 data:                3  pos:0 ino:8d0a sdev:10
 *
 * The number in front is the one under which the file was registered. It may name another file by
 * now (the registered one lives on under a duplicate): where the inode is told and differs, the
 * registration is a leftover that nobody can reach any more, and it is dropped, like those of
 * numbers that are not in the image.
 *
 * Registrations are restored last, when all descriptors exist. The restorer's standard streams and
 * placeholders may be files that can't be watched (EPERM): substitute.c puts something else there,
 * or they stay unwatched.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>

#include "../arch/x86_64/syscall.h"
#include "kinds.h"

static int is_epoll(const struct object_view *view)
{
    return text_equal(view->target, "anon_inode:[eventpoll]");
}

/* The kernel tells no identity of a set: objects.c asks it to compare open files. */
static uint32_t epoll_identity(const struct object_view *view)
{
    return 0;
}

/* Skips to the number behind `name`, within the line: whether it is there. */
static int skip_to(const char **cursor, const char *name)
{
    const char *at = *cursor;
    while (*at && *at != '\n' && !text_starts(at, name))
        at++;
    if (*at == 0 || *at == '\n')
        return 0;
    *cursor = at + text_length(name);
    return 1;
}

/* Whether the registered inode is still the one of the descriptor. */
static int is_current(uint32_t fd, uint64_t inode)
{
    struct stat stat;
    return sys(SYS_fstat, fd, &stat) == 0 && (uint64_t)stat.st_ino == inode;
}

/* Parses what follows "tfd:" in a line: 1 for a registration, 0 for a leftover. */
static int parse_registration(const char *at, struct crac_epoll *registration)
{
    registration->target_fd = (uint32_t)text_number(&at, 10);
    if (!skip_to(&at, "events:"))
        return 0;
    registration->events = (uint32_t)text_number(&at, 16);
    if (!skip_to(&at, "data:"))
        return 0;
    registration->data = text_number(&at, 16);
    return !skip_to(&at, "ino:") || is_current(registration->target_fd, text_number(&at, 16));
}

static long save_epoll(struct object_saving *saving, const struct object_view *view,
                       struct crac_fd *record, struct text *why)
{
    long length = view_info(view->fd, saving->info, saving->info_size);
    if (sys_failed(length))
        return length;
    const char *line = saving->info;
    while ((line = text_find(line, "tfd:")) != NULL) {
        struct crac_epoll registration = {.epoll_fd = view->fd};
        line += 4;
        if (parse_registration(line, &registration) &&
            pool_add(&saving->save->epolls, &registration, sizeof(registration)) < 0)
            return -ENOMEM;
    }
    return 0;
}

/* Whether the saved table has a descriptor; it is ascending. */
static int is_saved(const struct crac_save *save, uint32_t fd)
{
    const struct crac_fd *fds = (const struct crac_fd *)save->fds.start;
    size_t low = 0, high = save->fds.used / sizeof(*fds);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (fds[middle].fd < fd)
            low = middle + 1;
        else
            high = middle;
    }
    return low < save->fds.used / sizeof(*fds) && fds[low].fd == fd;
}

void epoll_drop_strangers(struct crac_save *save)
{
    struct crac_epoll *all = (struct crac_epoll *)save->epolls.start;
    size_t count = save->epolls.used / sizeof(*all), kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_saved(save, all[i].target_fd))
            all[kept++] = all[i];
    }
    save->epolls.used = kept * sizeof(*all);
}

static int restore_epoll(const struct object_restoring *restoring, const struct crac_fd *record)
{
    long made = sys(SYS_epoll_create1, EPOLL_CLOEXEC);
    if (sys_failed(made))
        return restore_failed(restoring, record, made, "epoll_create1", "epoll set");
    return restore_place(restoring, record, made);
}

/* The record of a descriptor, or NULL; the table is ascending. */
static const struct crac_fd *find_record(const struct object_restoring *restoring, uint32_t fd)
{
    size_t low = 0, high = restoring->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (restoring->fds[middle].fd < fd)
            low = middle + 1;
        else
            high = middle;
    }
    return low < restoring->count && restoring->fds[low].fd == fd ? &restoring->fds[low] : NULL;
}

static long add(const struct crac_epoll *registration)
{
    struct epoll_event event = {.events = registration->events,
                                .data = {.u64 = registration->data}};
    return sys(SYS_epoll_ctl, registration->epoll_fd, EPOLL_CTL_ADD, registration->target_fd,
               &event);
}

/* Registers a descriptor that can't be watched as it is, after a substitute took its place. 0, or a
 * negated errno. */
static long register_substitute(const struct crac_fd *target, const struct crac_epoll *registration)
{
    long result = substitute(target);
    if (result == SUBSTITUTE_NONE)
        return 0;
    return result ? result : add(registration);
}

/* Whether that is why a descriptor can't be watched: a file is refused, what a policy has closed
 * counts as closed. */
static int is_unwatchable(const struct crac_fd *target, long failed)
{
    return failed == -EPERM || (failed == -EBADF && target->kind == CRAC_FD_CLOSED);
}

/* Says which registration could not be made. */
static int registration_failed(const struct object_restoring *restoring,
                               const struct crac_epoll *registration, long error)
{
    const struct crac_fd *set = find_record(restoring, registration->epoll_fd);
    char subject[64];
    struct text text = TEXT_IN(subject);
    if (error == -EFBIG) {
        text_add(&text, "standard input is a large file: pipe it in instead");
    } else {
        text_add(&text, "registration of descriptor ");
        text_add_number(&text, registration->target_fd);
    }
    return restore_failed(restoring, set ? set : restoring->fds, error, "epoll_ctl", subject);
}

int epoll_register(const struct object_restoring *restoring, const struct crac_epoll *epolls,
                   size_t count)
{
    for (size_t i = 0; i < count; i++) {
        long failed = add(&epolls[i]);
        const struct crac_fd *target = find_record(restoring, epolls[i].target_fd);
        if (target && is_unwatchable(target, failed))
            failed = register_substitute(target, &epolls[i]);
        if (sys_failed(failed))
            return registration_failed(restoring, &epolls[i], failed);
    }
    return 0;
}

const struct object_kind object_epoll = {
    .kind = CRAC_FD_EPOLL,
    .name = "epoll",
    .matches = is_epoll,
    .identity = epoll_identity,
    .save = save_epoll,
    .restore = restore_epoll,
};
