/*
 * Kernel objects that never travel, each with the noun that a message names it by. The first match
 * decides; the last entry matches everything, so that no descriptor stays without a kind.
 *
 * objects.c makes the sentence: "<noun> can't travel: close it in beforeCheckpoint".
 */
#include <fcntl.h>

#include "kinds.h"

#ifndef O_PATH
#define O_PATH 010000000
#endif

static int is_path(const struct object_view *view)
{
    return (view->flags & O_PATH) != 0;
}

static int is_terminal_device(const struct object_view *view)
{
    uint32_t major = view->stat.st_rdev >> 8 & 0xfff;
    return S_ISCHR(view->stat.st_mode) &&
           (major == 4 || major == 5 || (major >= 136 && major <= 143));
}

static int is_device_file(const struct object_view *view)
{
    return S_ISCHR(view->stat.st_mode) || S_ISBLK(view->stat.st_mode);
}

static int is_directory(const struct object_view *view)
{
    return S_ISDIR(view->stat.st_mode);
}

static int is_fifo(const struct object_view *view)
{
    return S_ISFIFO(view->stat.st_mode);
}

static int is_file(const struct object_view *view)
{
    return S_ISREG(view->stat.st_mode) && view->target[0] == '/';
}

static int is_anything(const struct object_view *view)
{
    return 1;
}

const struct object_kind object_path = {
    .name = "other",
    .noun = "a descriptor that only names a file (O_PATH)",
    .matches = is_path,
};

const struct object_kind object_refused[] = {
    {.name = "memfd", .noun = "a file in memory (memfd)", .target = "/memfd:"},
    {.name = "timerfd", .noun = "a timer (timerfd)", .target = "anon_inode:[timerfd]"},
    {.name = "signalfd", .noun = "a signal reader (signalfd)", .target = "anon_inode:[signalfd]"},
    {.name = "pidfd", .noun = "a handle of a process (pidfd)", .target = "anon_inode:[pidfd]"},
    {.name = "pidfd", .noun = "a handle of a process (pidfd)", .target = "pidfd:"},
    {.name = "userfaultfd",
     .noun = "a page fault handler (userfaultfd)",
     .target = "anon_inode:[userfaultfd]"},
    {.name = "other",
     .noun = "a performance counter (perf_event)",
     .target = "anon_inode:[perf_event]"},
    {.name = "other",
     .noun = "a file system watcher (fanotify)",
     .target = "anon_inode:[fanotify]"},
    {.name = "other", .noun = "a BPF object", .target = "anon_inode:bpf"},
    {.name = "other",
     .noun = "a terminal that is not a standard stream",
     .matches = is_terminal_device},
    {.name = "other", .noun = "a device", .matches = is_device_file},
    {.name = "directory", .noun = "an open directory", .matches = is_directory},
    {.name = "fifo", .noun = "a named pipe", .matches = is_fifo},
    {.name = "file", .noun = "an open file", .matches = is_file},
    {.name = "other", .noun = "an object of a kind that is unknown here", .matches = is_anything},
    {.name = NULL},
};
