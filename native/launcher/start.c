/*
 * `--start COMMAND...`: becomes another command without the descriptors that whoever called this
 * one left open. Terminals of editors, shells and other runtimes hand such on by mistake, and they
 * would stand in the way of an image.
 *
 * At this moment all that is open was inherited: Node.js has opened nothing yet, and what the shell
 * of bin/crac opens is closed by exec. Kept are standard streams, and what was handed on with a
 * purpose: a channel of node:child_process, sockets of systemd, what an argument names as
 * /dev/fd/N, and what the user lists.
 */
#include "../objects/kinds.h"
#include "launcher.h"

static struct object_listing listing;

/* The value of a variable of the environment, or NULL. */
static const char *variable(char **environment, const char *name)
{
    size_t length = text_length(name);

    for (; *environment; environment++)
        if (text_starts(*environment, name) && (*environment)[length] == '=')
            return *environment + length + 1;
    return NULL;
}

/* The number that is the whole of a variable, or -1. */
static long numeric_variable(char **environment, const char *name)
{
    const char *cursor = variable(environment, name);

    if (!cursor || *cursor < '0' || *cursor > '9')
        return -1;
    uint64_t value = text_number(&cursor, 10);
    return *cursor ? -1 : (long)value;
}

/* Whether a pattern up to its end or a comma fits a whole path: `?` and `*` stay within a folder,
 * `**` does not. */
static int fits(const char *pattern, const char *path)
{
    for (; *pattern && *pattern != ','; pattern++, path++) {
        if (*pattern == '*') {
            int deep = pattern[1] == '*';
            pattern += 1 + deep;
            for (; !fits(pattern, path); path++)
                if (!*path || (*path == '/' && !deep))
                    return 0;
            return 1;
        }
        if (!*path || (*pattern == '?' ? *path == '/' : *pattern != *path))
            return 0;
    }
    return !*path;
}

/* Whether the user's list has it, by its number or by a pattern of its path. */
static int is_listed(const char *list, uint32_t fd, const char *path)
{
    while (list && *list) {
        const char *end = list;
        uint64_t number = text_number(&end, 10);
        if (end > list && (!*end || *end == ',') ? number == fd : fits(list, path))
            return 1;
        while (*list && *list++ != ',')
            ;
    }
    return 0;
}

/* Whether a word is the name of that descriptor, as a shell gives it for <(command). */
static int is_named(char **words, uint32_t fd)
{
    for (; *words; words++) {
        const char *at = text_find(*words, "/fd/");
        if (!at)
            continue;
        at += 4;
        if (*at >= '0' && *at <= '9' && text_number(&at, 10) == fd)
            return 1;
    }
    return 0;
}

/* Whether systemd has opened it for this very process: they begin with 3. */
static int is_activated(char **environment, uint32_t fd)
{
    return numeric_variable(environment, "LISTEN_PID") == sys(SYS_getpid) &&
           (long)fd < 3 + numeric_variable(environment, "LISTEN_FDS");
}

static int is_kept(char **words, char **environment, uint32_t fd, const char *path)
{
    return fd < 3 || numeric_variable(environment, "NODE_CHANNEL_FD") == (long)fd ||
           is_activated(environment, fd) || is_named(words, fd) ||
           is_listed(variable(environment, "CRAC_IGNORED_FILE_DESCRIPTORS"), fd, path);
}

/* Says what was closed when the user asks for so much. */
static void tell(char **environment, uint32_t fd, const char *path)
{
    const char *level = variable(environment, "CRAC_LOG");
    static char sentence[8192];
    struct text text = TEXT_IN(sentence);

    if (!level || !(text_equal(level, "info") || text_equal(level, "debug")))
        return;
    text_add(&text, "crac run: closed descriptor ");
    text_add_number(&text, fd);
    text_add(&text, " (");
    text_add(&text, path);
    text_add(&text, "), which was inherited. To keep it, list it in "
                    "CRAC_IGNORED_FILE_DESCRIPTORS.\n");
    sys(SYS_write, 2, text.start, text.used);
}

static void close_strays(char **words, char **environment)
{
    static char path[4096];
    char link[32];
    uint32_t fd;

    if (listing_open(&listing))
        return;
    while (listing_next(&listing, &fd) > 0) {
        struct text name = TEXT_IN(link);
        text_add(&name, "/proc/self/fd/");
        text_add_number(&name, fd);
        long length = sys(SYS_readlink, link, path, sizeof path - 1);
        path[length > 0 ? length : 0] = 0;
        if (is_kept(words, environment, fd, path))
            continue;
        sys(SYS_close, fd);
        tell(environment, fd, path);
    }
    listing_close(&listing);
}

_Noreturn void start_command(char **words, char **environment)
{
    if (!words[0])
        fail(STATUS_USAGE, "--start needs a command. Try --help.");
    close_strays(words, environment);
    long error = sys(SYS_execve, words[0], words, environment);
    fail(STATUS_REFUSED, "cannot run ", words[0], ": ", errno_text(-error),
         ". Name an executable file by its path.");
}
