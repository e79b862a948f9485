/*
 * The environment of a restored process: what differs between that of the checkpoint, which libc
 * holds, and the one that the restore brought.
 *
 * Looking needs no libc. Adopting calls setenv() and unsetenv(), on the main thread and after all
 * threads run again, as Node itself does for process.env. V8 remembers the time zone, so the caller
 * tells it of another TZ.
 */
#include <stdlib.h>
#include <string.h>
#include "agent.h"

extern char **environ;

/* Length of the name in NAME=value; 0 for anything else. */
static size_t name_length(const char *entry)
{
    size_t length = 0;

    while (entry[length] && entry[length] != '=')
        length++;
    return entry[length] ? length : 0;
}

/* Whether both entries have the same name. */
static int is_named_alike(const char *a, const char *b, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (a[i] != b[i])
            return 0;
    return b[length] == '=';
}

/* The entry of the environment with the same name, or NULL. */
static const char *find_present(const char *entry, size_t length)
{
    for (char **present = environ; present && *present; present++)
        if (is_named_alike(entry, *present, length))
            return *present;
    return NULL;
}

/* The first of the brought entries with the same name, or NULL: as for getenv(3) that one counts.
 */
static const char *find_brought(const struct crac_handoff *handoff, const char *entry,
                                size_t length)
{
    const char *brought = (const char *)handoff + handoff->environment;

    for (uint32_t i = 0; i < handoff->environment_count; i++, brought += text_length(brought) + 1)
        if (is_named_alike(entry, brought, length))
            return brought;
    return NULL;
}

int environment_says(const struct crac_handoff *handoff, const char *name, const char *value)
{
    const char *entry = find_brought(handoff, name, text_length(name));

    return entry && (!value || text_equal(entry + text_length(name) + 1, value));
}

int environment_keeps(const struct crac_handoff *handoff, const char *name)
{
    size_t length = text_length(name);
    const char *present = find_present(name, length);
    const char *brought = find_brought(handoff, name, length);

    return present && brought ? text_equal(present, brought) : present == brought;
}

/* Whether an entry that was brought is not what the process has. */
static int is_news(const struct crac_handoff *handoff, const char *entry)
{
    size_t length = name_length(entry);
    const char *present;

    if (length == 0)
        return 0;
    present = find_present(entry, length);
    return (!present || !text_equal(present, entry)) &&
           find_brought(handoff, entry, length) == entry;
}

/* Whether an entry that the process has was not brought. */
static int is_gone(const struct crac_handoff *handoff, const char *entry)
{
    size_t length = name_length(entry);

    return length != 0 && !find_brought(handoff, entry, length);
}

int environment_differs(const struct crac_handoff *handoff)
{
    const char *entry = (const char *)handoff + handoff->environment;

    if (handoff->flags & CRAC_HANDOFF_ENV_IMAGE)
        return 0;
    for (uint32_t i = 0; i < handoff->environment_count; i++, entry += text_length(entry) + 1)
        if (is_news(handoff, entry))
            return 1;
    for (char **present = environ; present && *present; present++)
        if (!(handoff->flags & CRAC_HANDOFF_ENV_MERGE) && is_gone(handoff, *present))
            return 1;
    return 0;
}

static int news_of(const char *name)
{
    if (strcmp(name, "TZ") == 0)
        return ENVIRONMENT_TIME_ZONE;
    return strcmp(name, "LC_ALL") == 0 || strcmp(name, "LC_MESSAGES") == 0 ||
                   strcmp(name, "LANG") == 0
               ? ENVIRONMENT_LOCALE
               : 0;
}

/* setenv() or, without a value, unsetenv() for the name of an entry; what must be told of it. */
static int change(const char *entry, const char *value)
{
    char *name = strndup(entry, name_length(entry));
    int news;

    if (!name)
        return 0;
    if (value)
        setenv(name, value, 1);
    else
        unsetenv(name);
    news = news_of(name);
    free(name);
    return news;
}

int environment_adopt(const struct crac_handoff *handoff)
{
    const char *entry = (const char *)handoff + handoff->environment;
    int news = 0;

    if (handoff->flags & CRAC_HANDOFF_ENV_IMAGE)
        return 0;
    for (uint32_t i = 0; i < handoff->environment_count; i++, entry += text_length(entry) + 1)
        if (is_news(handoff, entry))
            news |= change(entry, entry + name_length(entry) + 1);
    if (handoff->flags & CRAC_HANDOFF_ENV_MERGE)
        return news;
    for (char **present = environ; present && *present;) {
        const char *old = *present;
        if (is_gone(handoff, old))
            news |= change(old, NULL);
        if (*present == old) /* else the others have moved up */
            present++;
    }
    return news;
}
