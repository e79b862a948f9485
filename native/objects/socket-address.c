/*
 * Socket addresses as text, in the notation of Node and of URLs: "127.0.0.1:3000", "[::1]:3000",
 * "/run/x.sock", and
 * "@name" for the abstract names of Linux. An address without a name is the empty text.
 *
 * IPv6 follows RFC 5952: lower case, the longest run of two or more zero groups becomes "::", and a
 * mapped IPv4 address keeps its dots.
 */
#include <netinet/in.h>
#include <sys/un.h>

#include "objects.h"

static void add_ipv4(struct text *text, const uint8_t bytes[4])
{
    for (int i = 0; i < 4; i++) {
        if (i > 0)
            text_add(text, ".");
        text_add_number(text, bytes[i]);
    }
}

static void add_port(struct text *text, const uint8_t bytes[2])
{
    text_add(text, ":");
    text_add_number(text, (uint64_t)bytes[0] << 8 | bytes[1]);
}

static unsigned group_at(const uint8_t bytes[16], int index)
{
    return (unsigned)bytes[2 * index] << 8 | bytes[2 * index + 1];
}

/* Finds the longest run of zero groups; its length is 0 when there is none of at least two. */
static void longest_zeros(const uint8_t bytes[16], int *start, int *length)
{
    *start = *length = 0;
    for (int at = 0; at < 8; at++) {
        int end = at;
        while (end < 8 && group_at(bytes, end) == 0)
            end++;
        if (end - at > *length && end - at > 1) {
            *start = at;
            *length = end - at;
        }
    }
}

static void add_ipv6(struct text *text, const uint8_t bytes[16])
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    int start, length, i = 0;
    if (__builtin_memcmp(bytes, mapped, sizeof(mapped)) == 0) {
        text_add(text, "::ffff:");
        add_ipv4(text, bytes + 12);
        return;
    }
    longest_zeros(bytes, &start, &length);
    while (i < 8) {
        if (length && i == start) {
            text_add(text, "::");
            i += length;
            continue;
        }
        if (i > 0 && !(length && i == start + length))
            text_add(text, ":");
        text_add_hex(text, group_at(bytes, i++));
    }
}

static void add_inet6(struct text *text, const struct sockaddr_in6 *address)
{
    text_add(text, "[");
    add_ipv6(text, address->sin6_addr.s6_addr);
    if (address->sin6_scope_id) {
        text_add(text, "%");
        text_add_number(text, address->sin6_scope_id);
    }
    text_add(text, "]");
    add_port(text, (const uint8_t *)&address->sin6_port);
}

/* A path ends at its first NUL, an abstract name at the end of the address; its NULs are shown as
 * "@". */
static void add_unix(struct text *text, const char *name, size_t size)
{
    int abstract = size > 0 && name[0] == 0;
    for (size_t i = 0; i < size && (abstract || name[i]); i++) {
        char character[2] = {name[i] ? name[i] : '@', 0};
        text_add(text, character);
    }
}

void socket_address_text(const void *address, size_t size, char *out, size_t capacity)
{
    union {
        struct sockaddr_in ipv4;
        struct sockaddr_in6 ipv6;
        struct sockaddr_un local;
        struct sockaddr_storage storage;
    } any;
    struct text text = {out, 0, capacity};
    text_add(&text, "");
    __builtin_memset(&any, 0, sizeof(any));
    if (size < sizeof(sa_family_t))
        return;
    if (size > sizeof(any))
        size = sizeof(any);
    __builtin_memcpy(&any, address, size);
    if (any.storage.ss_family == AF_INET) {
        add_ipv4(&text, (const uint8_t *)&any.ipv4.sin_addr);
        add_port(&text, (const uint8_t *)&any.ipv4.sin_port);
    } else if (any.storage.ss_family == AF_INET6) {
        add_inet6(&text, &any.ipv6);
    } else if (any.storage.ss_family == AF_UNIX) {
        add_unix(&text, (const char *)address + sizeof(sa_family_t), size - sizeof(sa_family_t));
    }
}
