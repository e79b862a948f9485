/*
 * The event loop of the thread that asks, through what libuv exports for addons.
 *
 * Node lists its handles to JavaScript, but only those that keep the process alive. The idle
 * sockets of fetch() and of http.Agent do not: they are counted as such ones while the list is
 * made.
 *
 * A listener that is told not to accept stays open, and connections wait in its queue. libuv has no
 * call for that. The kernel has: a registration without events. libuv believes that nothing has
 * changed and so changes nothing itself. Registrations get their events back before an image is
 * written, so that an image never holds a server that is deaf. A descriptor may have become another
 * file meanwhile: its inode tells.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include "agent.h"

/* Of libuv's interface, which is the same in all versions of Node. */
enum {
    UV_FS_EVENT = 3,
    UV_FS_POLL = 4,
    UV_NAMED_PIPE = 7,
    UV_PROCESS = 10,
    UV_TCP = 12,
    UV_UDP = 15
};
extern void uv_walk(void *loop, void (*visit)(void *handle, void *argument), void *argument);
extern int uv_handle_get_type(const void *handle);
extern int uv_has_ref(const void *handle);
extern int uv_is_closing(const void *handle);
extern void uv_ref(void *handle);
extern void uv_unref(void *handle);
extern int uv_backend_fd(const void *loop);

static struct {
    void **handles;
    size_t count, capacity;
} referenced;

static struct {
    struct paused_listener {
        uint32_t fd;
        ino_t inode;
    } * listeners;
    size_t count;
    int epoll;
} paused;

static int stands_for_a_file(const void *handle)
{
    int type = uv_handle_get_type(handle);
    return type == UV_TCP || type == UV_NAMED_PIPE || type == UV_UDP || type == UV_FS_EVENT ||
           type == UV_FS_POLL || type == UV_PROCESS;
}

static void reference(void *handle, void *argument)
{
    void **handles;

    if (!stands_for_a_file(handle) || uv_has_ref(handle) || uv_is_closing(handle))
        return;
    if (referenced.count == referenced.capacity) {
        size_t capacity = referenced.capacity ? referenced.capacity * 2 : 64;
        handles = realloc(referenced.handles, capacity * sizeof *handles);
        if (!handles)
            return;
        referenced.handles = handles;
        referenced.capacity = capacity;
    }
    uv_ref(handle);
    referenced.handles[referenced.count++] = handle;
}

void loop_reference(void *loop)
{
    uv_walk(loop, reference, NULL);
}

void loop_unreference(void)
{
    while (referenced.count > 0)
        uv_unref(referenced.handles[--referenced.count]);
    free(referenced.handles);
    referenced.handles = NULL;
    referenced.capacity = 0;
}

/* Has the kernel tell of these events of a listener, which libuv knows by its number. */
static int watch(uint32_t fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.u64 = fd};
    return sys_failed(sys(SYS_epoll_ctl, paused.epoll, EPOLL_CTL_MOD, fd, &event)) ? -1 : 0;
}

static int inode_of(uint32_t fd, ino_t *inode)
{
    struct stat stat;

    if (sys_failed(sys(SYS_fstat, fd, &stat)))
        return -1;
    *inode = stat.st_ino;
    return 0;
}

void loop_pause_listeners(void *loop, const uint32_t *fds, uint32_t count)
{
    loop_resume_listeners();
    paused.epoll = uv_backend_fd(loop);
    paused.listeners = calloc(count + 1, sizeof *paused.listeners);
    for (uint32_t i = 0; paused.listeners && i < count; i++) {
        struct paused_listener listener = {.fd = fds[i]};
        if (inode_of(listener.fd, &listener.inode) == 0 && watch(listener.fd, 0) == 0)
            paused.listeners[paused.count++] = listener;
    }
}

void loop_resume_listeners(void)
{
    while (paused.count > 0) {
        const struct paused_listener *listener = &paused.listeners[--paused.count];
        ino_t inode;
        if (inode_of(listener->fd, &inode) == 0 && inode == listener->inode)
            watch(listener->fd, EPOLLIN);
    }
    free(paused.listeners);
    paused.listeners = NULL;
}
