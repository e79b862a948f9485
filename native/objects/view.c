/*
 * Looking at open descriptors: what the kernel shows of each through fcntl, fstat, readlink and
 * fdinfo.
 *
 * Nothing here changes the descriptor. The only descriptors that are ever opened are short-lived
 * ones below /proc/self; every function closes what it opened, also when it fails.
 */
#include <errno.h>
#include <fcntl.h>

#include "../arch/x86_64/syscall.h"
#include "kinds.h"

#define KCMP_FILE 0

#ifndef F_DUPFD_QUERY
#define F_DUPFD_QUERY 1027 /* Linux 6.10 */
#endif

/* Puts "/proc/self/<directory>/<fd>" into a buffer. */
static void proc_path(char *buffer, size_t capacity, const char *directory, uint32_t fd)
{
    struct text path = {buffer, 0, capacity};
    text_add(&path, "/proc/self/");
    text_add(&path, directory);
    text_add(&path, "/");
    text_add_number(&path, fd);
}

long view_open(uint32_t fd, struct object_view *view)
{
    long flags = sys(SYS_fcntl, fd, F_GETFL);
    if (sys_failed(flags))
        return flags;
    long descriptor_flags = sys(SYS_fcntl, fd, F_GETFD);
    if (sys_failed(descriptor_flags))
        return descriptor_flags;
    long failed = sys(SYS_fstat, fd, &view->stat);
    if (sys_failed(failed))
        return failed;
    char path[64];
    proc_path(path, sizeof(path), "fd", fd);
    long length = sys(SYS_readlinkat, AT_FDCWD, path, view->target, sizeof(view->target) - 1);
    view->target[sys_failed(length) ? 0 : length] = 0;
    view->fd = fd;
    view->flags = (uint32_t)flags;
    view->close_on_exec = (descriptor_flags & FD_CLOEXEC) != 0;
    return 0;
}

int view_shares_file(uint32_t a, uint32_t b)
{
    long answer = sys(SYS_fcntl, a, F_DUPFD_QUERY, b);
    if (answer == 0 || answer == 1)
        return (int)answer;
    long self = sys(SYS_getpid);
    answer = sys(SYS_kcmp, self, self, KCMP_FILE, a, b);
    return sys_failed(answer) ? -1 : answer == 0;
}

long view_info(uint32_t fd, char *buffer, size_t capacity)
{
    char path[64];
    proc_path(path, sizeof(path), "fdinfo", fd);
    buffer[0] = 0;
    long length = file_read(path, buffer, capacity);
    if (length == -EFBIG)
        buffer[capacity - 1] = 0;
    return length;
}

/* Counts the lines of an open file that begin with a text. */
static long count_lines(long file, const char *beginning)
{
    char chunk[1024];
    long size, count = 0;
    long agreed = 0; /* characters of this line, or -1 */
    while ((size = sys(SYS_read, file, chunk, sizeof(chunk))) > 0) {
        for (long i = 0; i < size; i++) {
            if (chunk[i] == '\n') {
                agreed = 0;
            } else if (agreed >= 0 && beginning[agreed]) {
                agreed = chunk[i] == beginning[agreed] ? agreed + 1 : -1;
                count += agreed > 0 && !beginning[agreed];
            }
        }
    }
    return size ? size : count;
}

long view_count_lines(uint32_t fd, const char *beginning)
{
    char path[64];
    proc_path(path, sizeof(path), "fdinfo", fd);
    long file = sys(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (sys_failed(file))
        return file;
    long count = count_lines(file, beginning);
    sys(SYS_close, file);
    return count;
}

int64_t info_field(const char *info, const char *name, unsigned base, int64_t otherwise)
{
    for (const char *at = info; at && *at; at = text_find(at + 1, name)) {
        if ((at != info && at[-1] != '\n') || !text_starts(at, name))
            continue;
        at += text_length(name);
        while (*at == ' ' || *at == '\t')
            at++;
        int negative = *at == '-';
        at += negative;
        if (text_starts(at, "0x"))
            at += 2;
        int64_t value = (int64_t)text_number(&at, base);
        return negative ? -value : value;
    }
    return otherwise;
}

long listing_open(struct object_listing *listing)
{
    listing->size = listing->at = 0;
    listing->directory =
        sys(SYS_openat, AT_FDCWD, "/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    return sys_failed(listing->directory) ? listing->directory : 0;
}

/* What getdents64 writes. */
struct directory_entry {
    uint64_t inode;
    int64_t offset;
    uint16_t length;
    uint8_t type;
    char name[];
};

/* Makes sure that there is an unread entry: 1, 0 at the end, or a negated errno. */
static long refill(struct object_listing *listing)
{
    if (listing->at < listing->size)
        return 1;
    listing->at = 0;
    listing->size =
        sys(SYS_getdents64, listing->directory, listing->buffer, sizeof(listing->buffer));
    return sys_failed(listing->size) ? listing->size : listing->size > 0;
}

long listing_next(struct object_listing *listing, uint32_t *fd)
{
    for (;;) {
        long more = refill(listing);
        if (more <= 0)
            return more;
        const struct directory_entry *entry = (const void *)(listing->buffer + listing->at);
        listing->at += entry->length;
        const char *name = entry->name;
        if (*name < '0' || *name > '9')
            continue;
        *fd = (uint32_t)text_number(&name, 10);
        if (*fd != (uint32_t)listing->directory)
            return 1;
    }
}

void listing_close(struct object_listing *listing)
{
    sys(SYS_close, listing->directory);
}
