/*
 * Watchers of files (fs.watch) of the event loop of the thread that asks.
 *
 * The kernel tells inotify's watches to nobody and binds them to inodes, so they don't travel. They
 * are removed before a checkpoint and made anew by path afterwards, on the same handle of libuv:
 * Node and the program notice nothing. What libuv keeps of a watcher lies at a fixed place in all
 * of its versions 1; its public calls confirm that.
 *
 * A program may close a watcher in between. Handles are therefore looked for again before they are
 * touched.
 */
#include <stdlib.h>
#include <string.h>
#include "agent.h"

/* The beginning of uv_fs_event_t. */
struct watcher_handle {
    uint64_t common[12]; /* UV_HANDLE_FIELDS */
    char *path;
    void (*callback)(void *handle, const char *name, int events, int status);
};

enum { UV_FS_EVENT = 3, WATCHER_SIZE = 136 };
extern void uv_walk(void *loop, void (*visit)(void *handle, void *argument), void *argument);
extern int uv_handle_get_type(const void *handle);
extern size_t uv_handle_size(int type);
extern int uv_is_active(const void *handle);
extern int uv_is_closing(const void *handle);
extern int uv_fs_event_getpath(void *handle, char *buffer, size_t *size);
extern int uv_fs_event_stop(void *handle);
extern int uv_fs_event_start(void *handle, void (*callback)(void *, const char *, int, int),
                             const char *path, unsigned flags);

static struct stopped_watcher {
    struct watcher_handle *handle;
    void (*callback)(void *, const char *, int, int);
    char *path;
    int found;
} * stopped;
static size_t stopped_count, stopped_capacity;

static int is_understood(struct watcher_handle *handle)
{
    char path[4096];
    size_t size = sizeof path;

    return uv_handle_size(UV_FS_EVENT) == WATCHER_SIZE &&
           uv_fs_event_getpath(handle, path, &size) == 0 && handle->path &&
           strcmp(handle->path, path) == 0;
}

static struct stopped_watcher *room_for_one(void)
{
    if (stopped_count == stopped_capacity) {
        size_t capacity = stopped_capacity ? stopped_capacity * 2 : 64;
        void *room = realloc(stopped, capacity * sizeof *stopped);
        if (!room)
            return NULL;
        stopped = room;
        stopped_capacity = capacity;
    }
    return &stopped[stopped_count];
}

static void stop(void *handle, void *argument)
{
    struct watcher_handle *watcher = handle;

    if (uv_handle_get_type(handle) != UV_FS_EVENT || !uv_is_active(handle) ||
        uv_is_closing(handle) || !is_understood(watcher))
        return;
    struct stopped_watcher *entry = room_for_one();
    char *path = entry ? strdup(watcher->path) : NULL;
    if (!path)
        return;
    *entry =
        (struct stopped_watcher){.handle = watcher, .callback = watcher->callback, .path = path};
    stopped_count++;
    uv_fs_event_stop(handle);
}

size_t watchers_stop(void *loop)
{
    uv_walk(loop, stop, NULL);
    return stopped_count;
}

static void find(void *handle, void *argument)
{
    if (uv_handle_get_type(handle) != UV_FS_EVENT || uv_is_active(handle) || uv_is_closing(handle))
        return;
    for (size_t i = 0; i < stopped_count; i++)
        if (stopped[i].handle == handle)
            stopped[i].found = 1;
}

void watchers_start(void *loop, void (*failed)(void *argument, const char *path, int error),
                    void *argument)
{
    if (stopped_count == 0)
        return;
    uv_walk(loop, find, NULL);
    for (size_t i = 0; i < stopped_count; i++) {
        struct stopped_watcher *entry = &stopped[i];
        int error =
            entry->found ? uv_fs_event_start(entry->handle, entry->callback, entry->path, 0) : 0;
        if (error)
            failed(argument, entry->path, error);
        free(entry->path);
    }
    free(stopped);
    stopped = NULL;
    stopped_count = stopped_capacity = 0;
}
