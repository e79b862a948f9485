/*
 * Files, directories, named pipes and devices that a policy wants to have opened again, and what a
 * policy closes.
 *
 * A file comes back by its path, in its access mode, at its position. One that was written since
 * the checkpoint would be read from the wrong place, so its size and the second of its last change
 * are compared, unless it is open for appending or `extra` says that it does not matter. Inode and
 * device are not: an image may wake up in another container that has the same file. A file open for
 * appending that was rotated away is created, when all the rest of the process is there.
 *
 * Nobody may find another file behind the number of a closed one, so that number stays taken by a
 * descriptor that can neither be read nor written (O_PATH): EBADF, as for a closed one.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "../arch/x86_64/syscall.h"
#include "kinds.h"

#ifndef O_PATH
#define O_PATH 010000000
#endif

#define NOTHING "/dev/null"
#define DELETED " (deleted)"

/* Flags that open() takes and F_GETFL tells. */
#define KEPT_FLAGS                                                                                 \
    (O_ACCMODE | O_APPEND | O_NONBLOCK | O_DIRECTORY | O_SYNC | 0100000 /* LARGEFILE */)

static uint32_t file_identity(const struct object_view *view)
{
    return 0; /* asks the kernel for each pair */
}

static int ends_with(const char *text, const char *end)
{
    size_t size = 0, length = 0;

    while (text[size])
        size++;
    while (end[length])
        length++;
    return size >= length && text_equal(text + size - length, end);
}

static long save_file(struct object_saving *saving, const struct object_view *view,
                      struct crac_fd *record, struct text *why)
{
    struct crac_open_file file = {.size = (uint64_t)view->stat.st_size,
                                  .modified = (uint64_t)view->stat.st_mtime,
                                  .mode = view->stat.st_mode};
    long position = sys(SYS_lseek, view->fd, 0, SEEK_CUR);

    if (view->target[0] != '/' || ends_with(view->target, DELETED)) {
        text_add(why, "a file that has no path any more can't be opened again: close it in "
                      "beforeCheckpoint");
        return OBJECT_REFUSED;
    }
    record->path = pool_text(&saving->save->strings, view->target);
    int64_t offset = pool_add(&saving->save->bytes, &file, sizeof(file));
    if (record->path == CRAC_NONE || offset < 0 || offset >= CRAC_NONE)
        return -ENOMEM;
    record->value = sys_failed(position) ? 0 : (uint64_t)position;
    record->data = (uint32_t)offset;
    record->data_size = sizeof(file);
    for (uint32_t i = 0; i < saving->save->unchecked_count; i++)
        if (saving->save->unchecked[i] == view->fd)
            record->extra |= CRAC_FILE_UNCHECKED;
    return 0;
}

/* Opening a named pipe waits for its other end, unless the descriptor is both. What was a file may
 * be one by now, too, so nothing is opened in a way that waits. */
static uint32_t open_flags(const struct crac_fd *record, const struct crac_open_file *file)
{
    uint32_t flags = record->status_flags & KEPT_FLAGS;

    if (S_ISFIFO(file->mode))
        flags = access_mode(flags) == O_RDONLY ? O_RDONLY : O_RDWR;
    return flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
}

/* Whether a file may be created where it is missing. */
static int may_be_created(const struct crac_fd *record, const struct crac_open_file *file)
{
    return S_ISREG(file->mode) && (record->status_flags & O_APPEND);
}

/* Whether a file with this path could be created. */
static int has_writable_folder(const char *path)
{
    char folder[4096];
    size_t size = 0;

    for (size_t i = 0; path[i]; i++) {
        if (path[i] == '/')
            size = i + 1;
        if (i == sizeof folder - 1)
            return 0;
        folder[i] = path[i];
    }
    folder[size] = 0;
    return sys(SYS_faccessat, AT_FDCWD, folder, W_OK | X_OK) == 0;
}

/* Whether it is what it was. */
static int is_same_file(const struct crac_fd *record, const struct crac_open_file *file, long made)
{
    struct stat now;

    if (sys(SYS_fstat, made, &now) != 0 || (now.st_mode & S_IFMT) != (file->mode & S_IFMT))
        return 0;
    if (!S_ISREG(file->mode) || (record->status_flags & O_APPEND) ||
        (record->extra & CRAC_FILE_UNCHECKED))
        return 1;
    return (uint64_t)now.st_size == file->size && (uint64_t)now.st_mtime == file->modified;
}

static int restore_file(const struct object_restoring *restoring, const struct crac_fd *record)
{
    const char *path = restoring->strings + record->path;
    struct crac_open_file file;

    __builtin_memcpy(&file, restoring->bytes + record->data, sizeof(file));
    uint32_t flags = open_flags(record, &file) | (restoring->creates ? O_CREAT : 0);
    long made = sys(SYS_openat, AT_FDCWD, path, flags, file.mode & 0777);
    if (made == -ENOENT && !restoring->creates && may_be_created(record, &file) &&
        has_writable_folder(path))
        return OBJECT_MISSING;
    if (sys_failed(made))
        return restore_failed(restoring, record, made, "open", path);
    if (!is_same_file(record, &file, made)) {
        sys(SYS_close, made);
        return restore_failed(restoring, record, -ESTALE, "fstat", path);
    }
    sys(SYS_lseek, made, record->value, SEEK_SET);
    if (restore_place(restoring, record, made) != 0)
        return -1;
    return restore_flags(restoring, record);
}

/* Only a table names it: a policy decides. */
const struct object_kind object_file = {
    .kind = CRAC_FD_FILE,
    .name = "file",
    .identity = file_identity,
    .save = save_file,
    .restore = restore_file,
};

static int is_closed(const struct object_view *view)
{
    return (view->flags & O_PATH) && text_equal(view->target, NOTHING);
}

static int restore_closed(const struct object_restoring *restoring, const struct crac_fd *record)
{
    long made = sys(SYS_openat, AT_FDCWD, NOTHING, O_PATH | O_CLOEXEC, 0);

    if (sys_failed(made))
        return restore_failed(restoring, record, made, "open", NOTHING);
    return restore_place(restoring, record, made);
}

const struct object_kind object_closed = {
    .kind = CRAC_FD_CLOSED,
    .name = "other",
    .matches = is_closed,
    .restore = restore_closed,
};
