/*
 * Servers of an image that shall listen elsewhere in the restored process.
 *
 * A rule names a place of the checkpoint and a place of the restore; the first rule that fits
 * counts. Without one, a server whose port was the value of the environment variable PORT at the
 * checkpoint follows that variable. Either side of a rule may leave the host open: it is any, and
 * the old one.
 */
#include <netinet/in.h>
#include <sys/un.h>

#include "kinds.h"

static struct crac_listening *listening;

void listeners_redirect(struct crac_listening *wanted)
{
    listening = wanted;
}

/* Where the port lies in an internet address of either family. */
static uint16_t port_of(const struct crac_listener *listener)
{
    return (uint16_t)(listener->address[2] << 8 | listener->address[3]);
}

static void set_port(struct crac_listener *listener, uint16_t port)
{
    listener->address[2] = (uint8_t)(port >> 8);
    listener->address[3] = (uint8_t)port;
}

static size_t host_offset(uint32_t family)
{
    return family == AF_INET ? offsetof(struct sockaddr_in, sin_addr)
                             : offsetof(struct sockaddr_in6, sin6_addr);
}

static size_t host_size(uint32_t family)
{
    return family == AF_INET ? 4 : 16;
}

static int is_at(const struct crac_listener *listener, const struct crac_place *place)
{
    if (listener->family == AF_UNIX || place->path)
        return listener->family == AF_UNIX && place->path && listener->address[2] &&
               text_equal(place->path, (const char *)listener->address + 2);
    if (port_of(listener) != place->port)
        return 0;
    return place->family == AF_UNSPEC ||
           (place->family == listener->family &&
            __builtin_memcmp(listener->address + host_offset(place->family), place->host,
                             host_size(place->family)) == 0);
}

static void set_path(struct crac_listener *listener, const char *path)
{
    size_t length = text_length(path);

    __builtin_memset(listener->address + 2, 0, sizeof listener->address - 2);
    __builtin_memcpy(listener->address + 2, path, length);
    listener->address_size = (uint32_t)(2 + length + 1);
}

static void set_host(struct crac_listener *listener, const struct crac_place *place)
{
    const sa_family_t family = (sa_family_t)place->family;

    __builtin_memset(listener->address, 0, sizeof listener->address);
    __builtin_memcpy(listener->address, &family, sizeof family);
    __builtin_memcpy(listener->address + host_offset(place->family), place->host,
                     host_size(place->family));
    listener->address_size =
        family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    if (listener->family != place->family)
        listener->options &= ~CRAC_LISTENER_V6ONLY;
    listener->family = place->family;
}

static void move_to(struct crac_listener *listener, const struct crac_place *place)
{
    if (place->path) {
        set_path(listener, place->path);
        return;
    }
    if (place->family != AF_UNSPEC)
        set_host(listener, place);
    set_port(listener, place->port);
}

void listener_redirect(struct crac_listener *listener)
{
    if (!listening)
        return;
    if (listening->reuse_port && listener->family != AF_UNIX)
        listener->options |= CRAC_LISTENER_REUSEPORT;
    for (size_t i = 0; i < listening->count; i++) {
        struct crac_listen_rule *rule = &listening->rules[i];
        if (is_at(listener, &rule->from)) {
            rule->used = 1;
            move_to(listener, &rule->to);
            return;
        }
    }
    if ((listener->options & CRAC_LISTENER_ENV_PORT) && listening->environment_port)
        set_port(listener, listening->environment_port);
}
