/*
 * Descriptors that Node can't wait for: a netlink socket, /dev/kmsg, devices of a virtual machine.
 *
 * Node has streams for sockets, pipes and terminals, and knows no other descriptor that can be
 * polled. libuv does: each watched descriptor has a handle of its kind `poll` here. The handle
 * belongs to the event loop of the thread that asks, and its callback is called there. What is
 * watched is closed by the caller, after it was unwatched; only then the kernel forgets it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "agent.h"
#include "events.h"
#include "module.h"

enum { UV_POLL = 8, UV_READABLE = 1, KERNEL_GROUP = 1 };
extern size_t uv_handle_size(int type);
extern int uv_poll_init(void *loop, void *handle, int fd);
extern int uv_poll_start(void *handle, int events, void (*callback)(void *, int, int));
extern int uv_poll_stop(void *handle);
extern void uv_unref(void *handle);
extern void uv_close(void *handle, void (*closed)(void *handle));

/* A watched descriptor. */
struct watch {
    struct watch *next;
    void *handle; /* uv_poll_t; lives on until libuv has closed it */
    napi_env env;
    napi_ref callback;
    napi_async_context context;
    int fd;
};

static _Thread_local struct watch *watches;

static void throw_errno(napi_env env, const char *what, int error)
{
    struct crac_error failure = {0};

    error_set(&failure, "events", -error, what, "the kernel's events");
    throw_error(env, &failure, NULL);
}

napi_value events_open(napi_env env, napi_callback_info info)
{
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        int error = errno;
        if (fd >= 0)
            close(fd);
        throw_errno(env, "cannot listen to", error);
        return NULL;
    }
    return number_value(env, fd);
}

/* libuv calls it with an error, too: reading then tells which. */
static void on_readable(void *handle, int status, int events)
{
    struct watch *watch = watches;
    napi_handle_scope scope;
    napi_value callback, receiver;

    while (watch && watch->handle != handle)
        watch = watch->next;
    if (!watch || napi_open_handle_scope(watch->env, &scope) != napi_ok)
        return;
    napi_get_reference_value(watch->env, watch->callback, &callback);
    napi_get_global(watch->env, &receiver);
    if (napi_make_callback(watch->env, watch->context, receiver, callback, 0, NULL, NULL) ==
        napi_pending_exception) {
        napi_value error;
        napi_get_and_clear_last_exception(watch->env, &error);
        napi_fatal_exception(watch->env, error);
    }
    napi_close_handle_scope(watch->env, scope);
}

/* Takes a watch out of the list and gives up what it holds of JavaScript. */
static void let_go(struct watch *watch)
{
    struct watch **at = &watches;

    while (*at != watch)
        at = &(*at)->next;
    *at = watch->next;
    uv_poll_stop(watch->handle);
    uv_close(watch->handle, (void (*)(void *))free);
    napi_delete_reference(watch->env, watch->callback);
    napi_async_destroy(watch->env, watch->context);
    free(watch);
}

static struct watch *find(int fd)
{
    struct watch *watch = watches;

    while (watch && watch->fd != fd)
        watch = watch->next;
    return watch;
}

/* The end of a thread takes its event loop along. */
static void at_exit(void *argument)
{
    struct watch *watch = find((int)(intptr_t)argument);

    if (watch)
        let_go(watch);
}

static struct watch *start(napi_env env, int fd)
{
    struct watch *watch = calloc(1, sizeof *watch);
    struct uv_loop_s *loop = NULL;

    if (!watch)
        return NULL;
    napi_get_uv_event_loop(env, &loop);
    watch->handle = calloc(1, uv_handle_size(UV_POLL));
    if (!watch->handle || uv_poll_init(loop, watch->handle, fd) != 0) {
        free(watch->handle);
        free(watch);
        return NULL;
    }
    watch->env = env;
    watch->fd = fd;
    watch->next = watches;
    watches = watch;
    uv_poll_start(watch->handle, UV_READABLE, on_readable);
    uv_unref(watch->handle);
    return watch;
}

/* Returns whether the descriptor can be watched: ordinary files can't. */
napi_value events_watch(napi_env env, napi_callback_info info)
{
    size_t count = 2;
    napi_value arguments[2];
    int32_t fd = -1;
    struct watch *watch;

    napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
    napi_get_value_int32(env, arguments[0], &fd);
    watch = start(env, fd);
    if (!watch)
        return boolean_value(env, 0);
    napi_create_reference(env, arguments[1], 1, &watch->callback);
    napi_async_init(env, NULL, text_value(env, "crac:watch"), &watch->context);
    napi_add_env_cleanup_hook(env, at_exit, (void *)(intptr_t)fd);
    return boolean_value(env, 1);
}

napi_value events_unwatch(napi_env env, napi_callback_info info)
{
    size_t count = 1;
    napi_value argument;
    int32_t fd = -1;
    struct watch *watch;

    napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
    napi_get_value_int32(env, argument, &fd);
    watch = find(fd);
    if (watch) {
        napi_remove_env_cleanup_hook(env, at_exit, (void *)(intptr_t)fd);
        let_go(watch);
    }
    return NULL;
}
