/*
 * Descriptors: the launcher's own move above all numbers of the image, everything else that was
 * inherited is closed, then the image's are made at their numbers.
 *
 * Standard descriptors are the restorer's; those that are closed become /dev/null before the first
 * file is opened, so that no other file can take their numbers. The launcher's own descriptors are
 * raised one behind the other and therefore ascend: directory, image, mapped files.
 */
#include <fcntl.h>
#include "../objects/objects.h"
#include "launcher.h"

struct directory_entry {
    uint64_t inode, offset;
    uint16_t size;
    uint8_t type;
    char name[];
};

void descriptors_fill_standard(void)
{
    for (int fd = 0; fd < 3; fd++)
        if (sys(SYS_fcntl, fd, F_GETFD) == -9 /* EBADF */ &&
            sys_failed(sys(SYS_open, "/dev/null", O_RDWR)))
            fail(STATUS_REFUSED, "standard descriptor ", decimal((uint64_t)fd),
                 " is closed and /dev/null can't be opened. Open 0, 1 and 2.");
}

int descriptors_raise(struct launch *l, int fd)
{
    int lowest = (int)l->tables.image->highest_fd + 1;
    long raised = sys(SYS_fcntl, fd, F_DUPFD_CLOEXEC, l->spare_fd > lowest ? l->spare_fd : lowest);

    if (sys_failed(raised))
        fail(STATUS_REFUSED, "cannot duplicate a descriptor above ", decimal((uint64_t)lowest),
             ": ", errno_text(-raised), ". Raise ulimit -n.");
    sys(SYS_close, fd);
    l->spare_fd = (int)raised + 1;
    return (int)raised;
}

/* Whether a descriptor is a standard one or the launcher's. */
static int is_own(const struct launch *l, int fd)
{
    if (fd < 3 || fd == l->image_fd || fd == l->directory_fd)
        return 1;
    for (size_t i = 0; i < l->tables.file_count; i++)
        if (fd == l->file_fds[i])
            return 1;
    return 0;
}

/* For kernels before 5.9. */
static void close_listed(const struct launch *l)
{
    static char buffer[32768];
    long directory = sys(SYS_open, "/proc/self/fd", O_RDONLY | O_DIRECTORY), got;

    while ((got = sys(SYS_getdents64, directory, buffer, sizeof buffer)) > 0) {
        for (long at = 0; at < got;) {
            struct directory_entry *entry = (struct directory_entry *)(buffer + at);
            const char *digits = entry->name;
            int fd = (int)text_number(&digits, 10);
            at += entry->size;
            if (entry->name[0] != '.' && fd != directory && !is_own(l, fd))
                sys(SYS_close, fd);
        }
    }
    sys(SYS_close, directory);
}

/* Closes what lies between the launcher's own descriptors, which ascend. */
static void close_inherited(const struct launch *l)
{
    int next = 3;

    for (size_t i = 0; i < l->tables.file_count + 2; i++) {
        int own = i == 0 ? l->directory_fd : i == 1 ? l->image_fd : l->file_fds[i - 2];
        if (own > next && sys(SYS_close_range, next, own - 1, 0) == -38) { /* ENOSYS */
            close_listed(l);
            return;
        }
        next = own + 1;
    }
    sys(SYS_close_range, next, ~0u, 0);
}

/* A ring that can't be made is a constraint of host or container. */
static _Noreturn void fail_ring(const struct crac_restore_failure *failure)
{
    fail(
        STATUS_CONSTRAINT, "the image needs io_uring, which is not available here: ", failure->what,
        " for descriptor ", decimal(failure->fd), " failed: ", errno_text(-failure->error),
        ". Allow io_uring (seccomp profile, kernel.io_uring_disabled; Linux 6.6 or newer), or make "
        "the checkpoint where it is not allowed either.");
}

/* An address that can't be taken is a constraint, all else a refusal. */
static _Noreturn void fail_descriptor(const struct crac_restore_failure *failure)
{
    if (failure->error == -98) /* EADDRINUSE */
        fail(STATUS_CONSTRAINT, "the address of ", failure->subject, " (descriptor ",
             decimal(failure->fd),
             ") is in use by another process. End that one, restore where it is free, or name "
             "another "
             "place with --listen OLD=NEW.");
    if (failure->error == -99) /* EADDRNOTAVAIL */
        fail(STATUS_CONSTRAINT, "the address of ", failure->subject, " (descriptor ",
             decimal(failure->fd), ") does not exist on this host. Restore where it does.");
    if (failure->error == -116) /* ESTALE */
        fail(
            STATUS_CONSTRAINT, "the file ", failure->subject, " (descriptor ", decimal(failure->fd),
            ") has changed since the checkpoint. Put it back, or write \"changed: allow\" into its "
            "policy before the checkpoint or into that of crac restore --policies.");
    if (failure->error == -2) /* ENOENT */
        fail(STATUS_CONSTRAINT, "the file ", failure->subject, " (descriptor ",
             decimal(failure->fd),
             ") is not there. Put it back, or close it before the checkpoint.");
    if (text_starts(failure->what, "io_uring"))
        fail_ring(failure);
    fail(STATUS_REFUSED, "cannot restore descriptor ", decimal(failure->fd), " (", failure->subject,
         "): ", failure->what, " failed: ", errno_text(-failure->error), ".");
}

/* The file with this number; the image's head is mapped privately and may be written. */
static struct crac_fd *find_file(const struct crac_tables *tables, uint64_t fd)
{
    for (size_t i = 0; i < tables->fd_count; i++)
        if (tables->fds[i].fd == fd && tables->fds[i].kind == CRAC_FD_FILE)
            return (struct crac_fd *)&tables->fds[i];
    fail(STATUS_USAGE, "--descriptors names ", decimal(fd),
         ", which is no file of the image. See what it has with crac inspect.");
}

static int skip_word(const char **cursor, const char *word)
{
    if (!text_starts(*cursor, word))
        return 0;
    *cursor += text_length(word);
    return 1;
}

/* What --descriptors says takes the place of what the checkpoint decided. */
static void follow_policies(const char *cursor, const struct crac_tables *tables)
{
    while (*cursor) {
        struct crac_fd *file = find_file(tables, text_number(&cursor, 10));

        if (skip_word(&cursor, "=close"))
            file->kind = CRAC_FD_CLOSED;
        else if (skip_word(&cursor, "=reopen"))
            file->extra &= ~CRAC_FILE_UNCHECKED;
        else if (skip_word(&cursor, "=ignore"))
            file->extra |= CRAC_FILE_UNCHECKED;
        else
            fail(STATUS_USAGE,
                 "--descriptors needs N=close, N=reopen or N=ignore, with commas between, not '",
                 cursor, "'.");
        if (*cursor && !skip_word(&cursor, ","))
            fail(STATUS_USAGE, "--descriptors needs a comma before '", cursor, "'.");
    }
}

void descriptors_restore(struct launch *l)
{
    struct crac_restore_failure failure = {0};
    const struct crac_tables *tables = &l->tables;
    int made;

    close_inherited(l);
    if (l->command.descriptors)
        follow_policies(l->command.descriptors, tables);
    if (l->command.env != ENV_IMAGE)
        listen_follow_port(l->command.environment, &l->command.listening);
    listeners_redirect(&l->command.listening);
    made = objects_restore(tables->fds, tables->fd_count, tables->epolls, tables->epoll_count,
                           tables->strings, tables->bytes, l->spare_fd, &failure);
    if (made < 0)
        fail_descriptor(&failure);
    listen_check(&l->command.listening);
    if (made > 0 && objects_create(tables->fds, tables->fd_count, tables->strings, tables->bytes,
                                   l->spare_fd, &failure) != 0)
        fail_descriptor(&failure);
}

/* After the last page was mapped or copied. They ascend without gaps, above all others. */
void descriptors_close_own(const struct launch *l)
{
    sys(SYS_close, l->directory_fd);
    sys(SYS_close, l->image_fd);
    for (size_t i = 0; i < l->tables.file_count; i++)
        sys(SYS_close, l->file_fds[i]);
}
