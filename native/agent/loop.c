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
#include <pthread.h>
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

/* How uv_loop_t begins, which is public and the same in all versions of libuv 1. */
struct loop_head {
    void *data;
    unsigned int active_handles;
    void *handle_queue[2];
    union {
        void *unused;
        unsigned int count;
    } active_requests;
};

struct loop_handles {
    void **handles;
    size_t count, capacity;
};

/* Of all threads: each pauses and resumes its own, and the one that writes an image resumes all. */
static struct {
    struct paused_listener {
        int epoll;
        uint32_t fd;
        ino_t inode;
    } * listeners;
    size_t count, capacity;
} paused;
static pthread_mutex_t paused_lock = PTHREAD_MUTEX_INITIALIZER;

uint32_t loop_requests(const void *loop)
{
    return ((const struct loop_head *)loop)->active_requests.count;
}

static int stands_for_a_file(const void *handle)
{
    int type = uv_handle_get_type(handle);
    return type == UV_TCP || type == UV_NAMED_PIPE || type == UV_UDP || type == UV_FS_EVENT ||
           type == UV_FS_POLL || type == UV_PROCESS;
}

/* Makes room for one more element; 0 when there is no memory. */
static int has_room(void **elements, size_t size, size_t count, size_t *capacity)
{
    if (count < *capacity)
        return 1;
    size_t larger = *capacity ? *capacity * 2 : 64;
    void *moved = realloc(*elements, larger * size);
    if (!moved)
        return 0;
    *elements = moved;
    *capacity = larger;
    return 1;
}

static void reference(void *handle, void *argument)
{
    struct loop_handles *all = argument;

    if (!stands_for_a_file(handle) || uv_has_ref(handle) || uv_is_closing(handle))
        return;
    if (!has_room((void **)&all->handles, sizeof *all->handles, all->count, &all->capacity))
        return;
    uv_ref(handle);
    all->handles[all->count++] = handle;
}

struct loop_handles *loop_reference(void *loop)
{
    struct loop_handles *all = calloc(1, sizeof *all);
    if (all)
        uv_walk(loop, reference, all);
    return all;
}

void loop_unreference(struct loop_handles *all)
{
    if (!all)
        return;
    while (all->count > 0)
        uv_unref(all->handles[--all->count]);
    free(all->handles);
    free(all);
}

/* Has the kernel tell of these events of a listener, which libuv knows by its number. */
static int watch(int epoll, uint32_t fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.u64 = fd};
    return sys_failed(sys(SYS_epoll_ctl, epoll, EPOLL_CTL_MOD, fd, &event)) ? -1 : 0;
}

static int inode_of(uint32_t fd, ino_t *inode)
{
    struct stat stat;

    if (sys_failed(sys(SYS_fstat, fd, &stat)))
        return -1;
    *inode = stat.st_ino;
    return 0;
}

/* Resumes what this registry has paused, or, if it is -1, what any has. */
static void resume(int epoll)
{
    size_t left = 0;

    for (size_t i = 0; i < paused.count; i++) {
        const struct paused_listener *listener = &paused.listeners[i];
        ino_t inode;
        if (epoll >= 0 && listener->epoll != epoll)
            paused.listeners[left++] = *listener;
        else if (inode_of(listener->fd, &inode) == 0 && inode == listener->inode)
            watch(listener->epoll, listener->fd, EPOLLIN);
    }
    paused.count = left;
    if (left > 0)
        return;
    free(paused.listeners);
    paused.listeners = NULL;
    paused.capacity = 0;
}

static void pause_listener(int epoll, uint32_t fd)
{
    struct paused_listener listener = {.epoll = epoll, .fd = fd};

    if (has_room((void **)&paused.listeners, sizeof listener, paused.count, &paused.capacity) &&
        inode_of(fd, &listener.inode) == 0 && watch(epoll, fd, 0) == 0)
        paused.listeners[paused.count++] = listener;
}

void loop_pause_listeners(void *loop, const uint32_t *fds, uint32_t count)
{
    int epoll = uv_backend_fd(loop);

    pthread_mutex_lock(&paused_lock);
    resume(epoll);
    for (uint32_t i = 0; i < count; i++)
        pause_listener(epoll, fds[i]);
    pthread_mutex_unlock(&paused_lock);
}

void loop_resume_listeners(void *loop)
{
    pthread_mutex_lock(&paused_lock);
    resume(loop ? uv_backend_fd(loop) : -1);
    pthread_mutex_unlock(&paused_lock);
}
