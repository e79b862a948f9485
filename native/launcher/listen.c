/*
 * --listen OLD=NEW: where servers of the image shall listen instead. Each side is a port,
 * HOST:PORT with a numeric host (IPv6 in brackets), or the path of a UNIX socket.
 */
#include <netinet/in.h>
#include <sys/un.h>
#include "launcher.h"

#define HIGHEST_PORT 65535u

/* A decimal number of at most `highest`: whether there is one; *at moves behind it. */
static int take_number(const char **at, unsigned highest, unsigned *number)
{
    const char *digits = *at;

    if (*digits < '0' || *digits > '9')
        return 0;
    uint64_t value = text_number(at, 10);
    *number = (unsigned)value;
    return value <= highest && *at - digits <= 5;
}

/* Four numbers with dots between them. */
static int take_ipv4(const char **at, uint8_t host[16])
{
    unsigned number;

    for (int i = 0; i < 4; i++) {
        if (i > 0 && *(*at)++ != '.')
            return 0;
        if (!take_number(at, 255, &number))
            return 0;
        host[i] = (uint8_t)number;
    }
    return 1;
}

static int is_hexadecimal(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Groups up to the bracket; "::" stands for as many zeros as are missing. */
static int take_ipv6(const char **at, uint8_t host[16])
{
    uint8_t groups[16] = {0};
    int count = 0, gap = -1;

    while (**at && **at != ']') {
        if (text_starts(*at, "::") && gap < 0) {
            gap = count;
            *at += 2;
            continue;
        }
        if (count > 0 && gap != count && *(*at)++ != ':')
            return 0;
        const char *digits = *at;
        if (count == 8 || !is_hexadecimal(*digits))
            return 0;
        uint64_t group = text_number(at, 16);
        if (*at - digits > 4)
            return 0;
        groups[2 * count] = (uint8_t)(group >> 8);
        groups[2 * count + 1] = (uint8_t)group;
        count++;
    }
    if (gap < 0 ? count != 8 : count > 7)
        return 0;
    int front = gap < 0 ? count : gap, back = count - front;
    __builtin_memcpy(host, groups, 2 * (size_t)front);
    __builtin_memcpy(host + 16 - 2 * back, groups + 2 * front, 2 * (size_t)back);
    return 1;
}

static int take_host(const char **at, struct crac_place *place)
{
    if (**at == '[') {
        (*at)++;
        place->family = AF_INET6;
        return take_ipv6(at, place->host) && *(*at)++ == ']' && *(*at)++ == ':';
    }
    const char *dot = *at;
    while (*dot >= '0' && *dot <= '9')
        dot++;
    if (*dot != '.')
        return 1;
    place->family = AF_INET;
    return take_ipv4(at, place->host) && *(*at)++ == ':';
}

/* One side of a rule, which ends with the text. */
static int parse_place(const char *text, struct crac_place *place)
{
    unsigned port;

    if (*text == '/') {
        place->path = text;
        return text_length(text) < sizeof(((struct crac_listener *)0)->address) -
                                       offsetof(struct sockaddr_un, sun_path);
    }
    if (!take_host(&text, place) || !take_number(&text, HIGHEST_PORT, &port) || *text)
        return 0;
    place->port = (uint16_t)port;
    return 1;
}

/* The text is divided in place. */
void listen_parse(char *value, struct crac_listening *listening)
{
    struct crac_listen_rule rule = {.old = value, .new = value};

    if (listening->count == CRAC_MOST_LISTEN_RULES)
        fail(STATUS_USAGE, "there are more than ", decimal(CRAC_MOST_LISTEN_RULES),
             " options --listen. Restore with fewer.");
    while (rule.new &&*rule.new &&*rule.new != '=')
        rule.new ++;
    if (!rule.new || !*rule.new)
        fail(STATUS_USAGE, "--listen needs OLD=NEW, not '", value ? value : "", "'. Try --help.");
    value[rule.new ++-value] = 0;
    if (!parse_place(rule.old, &rule.from) || !parse_place(rule.new, &rule.to) ||
        !rule.from.path != !rule.to.path)
        fail(STATUS_USAGE, "--listen needs twice a PORT, an ADDRESS:PORT or a /path, not '",
             rule.old, "' and '", rule.new, "'. Try --help.");
    listening->rules[listening->count++] = rule;
}

void listen_follow_port(char **environment, struct crac_listening *listening)
{
    for (; *environment; environment++) {
        const char *value = *environment + 5;
        unsigned port;
        if (text_starts(*environment, "PORT=") && take_number(&value, HIGHEST_PORT, &port) &&
            !*value)
            listening->environment_port = (uint16_t)port;
    }
}

void listen_check(const struct crac_listening *listening)
{
    for (size_t i = 0; i < listening->count; i++)
        if (!listening->rules[i].used)
            fail(STATUS_CONSTRAINT, "no server of the image listens at ", listening->rules[i].old,
                 ", which --listen names. See what it has with crac inspect.");
}
