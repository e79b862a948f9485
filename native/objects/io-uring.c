/*
 * Rings of io_uring, as libuv makes them (1.45 and later): one of 256 entries for each event loop,
 * to batch epoll_ctl.
 *
 * A ring travels empty: its two queues are cursors into shared memory, and a fresh ring whose
 * cursors are all zero is the same to libuv as an empty one anywhere in its course. So only its
 * sizes and its flags are saved. A ring that works is "busy": the checkpoint is tried again a
 * moment later.
 *
 * The memory behind offset 0 of a ring:
 *
 *     0            struct io_rings, 64 bytes
 *     64           completion queue: cq_entries records of 16 bytes
 *     array        submission array: sq_entries numbers, on the next boundary of 64 bytes
 *
 * Since Linux 6.6 a ring may do without the submission array (IORING_SETUP_NO_SQARRAY). No file of
 * /proc tells, but libuv fills the array with 0, 1, 2, ... where there is one, so the memory itself
 * tells.
 *
 * After a restore the memory is mapped by the launcher, which then calls uring_prepare_mapping().
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <sys/utsname.h>

#include "../arch/x86_64/syscall.h"
#include "kinds.h"

#ifndef IORING_SETUP_NO_SQARRAY
#define IORING_SETUP_NO_SQARRAY (1u << 16)
#endif

#define RINGS_SIZE 64 /* struct io_rings */
#define CQE_SIZE 16
#define MAX_RINGS 64

/* What the array of a ring looks like in memory. */
enum array { ARRAY_NONE, ARRAY_IDENTITY, ARRAY_STRANGE };

static int is_uring(const struct object_view *view)
{
    return text_equal(view->target, "anon_inode:[io_uring]");
}

static uint32_t uring_identity(const struct object_view *view)
{
    return (uint32_t)view->stat.st_ino;
}

/* Offset of the submission array behind `cq_entries` completions. */
static uint64_t array_offset(uint64_t cq_entries)
{
    return (RINGS_SIZE + cq_entries * CQE_SIZE + 63) & ~63ull;
}

static uint32_t cq_entries_of(const struct crac_fd *record)
{
    return record->extra & IORING_SETUP_CQSIZE ? record->pair : 2 * (uint32_t)record->value;
}

/* A ring that this package can't make again, whatever state it is in. */
static int refuses_uring(const struct object_view *view, struct text *why)
{
    char info[2048]; /* the lines that matter come first; lists of entries follow */
    long length = view_info(view->fd, info, sizeof(info));
    if (sys_failed(length) && length != -EFBIG)
        return 0;
    if (info_field(info, "SqThread:", 10, -1) >= 0) {
        text_add(why, "an io_uring with a kernel thread for file operations can't travel: "
                      "start Node with UV_USE_IO_URING=0");
        return 1;
    }
    if (info_field(info, "UserFiles:", 10, 0) > 0 || info_field(info, "UserBufs:", 10, 0) > 0) {
        text_add(why, "an io_uring with registered files or buffers can't travel: close it in "
                      "beforeCheckpoint");
        return 1;
    }
    return 0;
}

/* Whether anything is queued, under way or not yet fetched. */
static int is_busy(const char *info)
{
    uint32_t taken = (uint32_t)info_field(info, "CachedSqHead:", 10, 0);
    return info_field(info, "SqHead:", 10, 0) != info_field(info, "SqTail:", 10, 0) ||
           info_field(info, "CqHead:", 10, 0) != info_field(info, "CqTail:", 10, 0) ||
           taken != (uint32_t)info_field(info, "SqTail:", 10, 0) ||
           taken != (uint32_t)info_field(info, "CachedCqTail:", 10, taken);
}

/* Whether the running kernel is too old for rings without an array. */
static int kernel_always_has_array(void)
{
    struct utsname name;
    if (sys_failed(sys(SYS_uname, &name)))
        return 0;
    const char *at = name.release;
    uint64_t major = text_number(&at, 10);
    at += *at == '.';
    return major < 6 || (major == 6 && text_number(&at, 10) < 6);
}

/* The address of a mapping of offset 0 of a ring in a line of /proc/self/maps, or 0; its size in
 * *size. */
static uint64_t parse_ring_line(const char *line, uint64_t inode, uint64_t *size)
{
    const char *at = line;
    uint64_t start = text_number(&at, 16);
    at++;
    *size = text_number(&at, 16) - start;
    int readable = at[0] && at[1] == 'r';
    at += 6;
    uint64_t offset = text_number(&at, 16);
    while (*at && *at != ':')
        at++;
    at++;
    text_number(&at, 16);
    uint64_t found = text_number(&at, 10);
    return readable && offset == IORING_OFF_SQ_RING && found == inode && text_find(at, "[io_uring]")
               ? start
               : 0;
}

/* Finds a mapping of offset 0 of a ring. /proc/self/maps is read in pieces, as it may be very long.
 */
static const uint8_t *find_mapping(char *buffer, size_t capacity, uint64_t inode, uint64_t *size)
{
    long fd = sys(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC, 0), got;
    uint64_t address = 0;
    size_t kept = 0;
    if (sys_failed(fd))
        return NULL;
    while (!address && (got = sys(SYS_read, fd, buffer + kept, capacity - 1 - kept)) > 0) {
        char *line = buffer, *end = buffer + kept + got;
        for (char *at = buffer + kept; at < end && !address; at++) {
            if (*at != '\n')
                continue;
            *at = 0;
            address = parse_ring_line(line, inode, size);
            line = at + 1;
        }
        kept = (size_t)(end - line);
        if (kept == capacity - 1)
            kept = 0;
        __builtin_memmove(buffer, line, kept);
    }
    sys(SYS_close, fd);
    return (const uint8_t *)address;
}

/* What lies at the place of the array in a mapped ring. */
static enum array look_at_array(const uint8_t *mapping, uint64_t size, uint32_t sq_entries,
                                uint32_t cq_entries)
{
    uint64_t offset = array_offset(cq_entries);
    if (!mapping || size < offset + 4ull * sq_entries)
        return ARRAY_NONE;
    const uint32_t *array = (const uint32_t *)(mapping + offset);
    uint32_t identities = 0, zeros = 0;
    for (uint32_t i = 0; i < sq_entries; i++) {
        identities += array[i] == i;
        zeros += array[i] == 0;
    }
    if (zeros == sq_entries)
        return ARRAY_NONE;
    return identities == sq_entries ? ARRAY_IDENTITY : ARRAY_STRANGE;
}

/* Remembers which descriptor a ring's mappings belong to. */
static int remember_ring(struct crac_save *save, const struct object_view *view)
{
    if (save->ring_count == MAX_RINGS)
        return -1;
    save->ring_inodes[save->ring_count] = (uint32_t)view->stat.st_ino;
    save->ring_fds[save->ring_count++] = view->fd;
    return 0;
}

static long save_uring(struct object_saving *saving, const struct object_view *view,
                       struct crac_fd *record, struct text *why)
{
    struct crac_save *save = saving->save;
    long length = view_info(view->fd, saving->info, saving->info_size);
    if (sys_failed(length))
        return length;
    uint32_t sq_entries = (uint32_t)info_field(saving->info, "SqMask:", 16, 0) + 1;
    uint32_t cq_entries = (uint32_t)info_field(saving->info, "CqMask:", 16, 0) + 1;
    save->busy |= is_busy(saving->info);
    uint64_t size = 0;
    const uint8_t *mapping =
        find_mapping(saving->info, saving->info_size, view->stat.st_ino, &size);
    enum array array = look_at_array(mapping, size, sq_entries, cq_entries);
    if (array == ARRAY_STRANGE) {
        text_add(why,
                 "an io_uring that libuv did not make can't travel: close it in beforeCheckpoint");
        return OBJECT_REFUSED;
    }
    if (remember_ring(save, view) != 0) {
        text_add(why, "more than 64 io_uring instances can't travel: end some worker threads in "
                      "beforeCheckpoint");
        return OBJECT_REFUSED;
    }
    record->value = sq_entries;
    record->extra = cq_entries == 2 * sq_entries ? 0 : IORING_SETUP_CQSIZE;
    record->pair = record->extra ? cq_entries : 0;
    save->needs |= CRAC_NEEDS_IO_URING;
    if (array == ARRAY_NONE && !kernel_always_has_array()) {
        record->extra |= IORING_SETUP_NO_SQARRAY;
        save->needs |= CRAC_NEEDS_IO_URING_NOARRAY;
    }
    return 0;
}

static int restore_uring(const struct object_restoring *restoring, const struct crac_fd *record)
{
    struct io_uring_params params = {.flags = record->extra, .cq_entries = record->pair};
    long made = sys(SYS_io_uring_setup, record->value, &params);
    if (sys_failed(made))
        return restore_failed(restoring, record, made, "io_uring_setup", "io_uring");
    uint64_t array =
        record->extra & IORING_SETUP_NO_SQARRAY ? 0 : array_offset(cq_entries_of(record));
    if (params.cq_off.cqes != RINGS_SIZE || params.cq_entries != cq_entries_of(record) ||
        params.sq_entries != record->value || params.sq_off.array != array) {
        sys(SYS_close, made);
        return restore_failed(restoring, record, -EINVAL, "io_uring_setup",
                              "io_uring of another layout");
    }
    return restore_place(restoring, record, made);
}

void uring_prepare_mapping(void *mapping, uint64_t file_offset, const struct crac_fd *fd)
{
    if (file_offset != IORING_OFF_SQ_RING || (fd->extra & IORING_SETUP_NO_SQARRAY))
        return;
    uint32_t *array = (uint32_t *)((uint8_t *)mapping + array_offset(cq_entries_of(fd)));
    for (uint32_t i = 0; i < fd->value; i++)
        array[i] = i;
}

const struct object_kind object_uring = {
    .kind = CRAC_FD_URING,
    .name = "io_uring",
    .matches = is_uring,
    .refuses = refuses_uring,
    .identity = uring_identity,
    .save = save_uring,
    .restore = restore_uring,
};
