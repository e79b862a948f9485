/*
 * What only smaps tells about mappings: the flags that madvise and mlock set, and protection keys.
 *
 * Reading smaps makes the kernel walk all page tables, which takes long for a big process. It is
 * read while the threads still run; mappings that changed in between are noticed by maps.c, and
 * then it is read once more.
 */
#include "agent.h"

/* The two-letter codes of VmFlags that an image keeps (Documentation/filesystems/proc.rst). */
static const struct {
    char code[3];
    uint32_t flag;
} CODES[] = {
    {"dc", CRAC_VMA_DONTFORK},   {"dd", CRAC_VMA_DONTDUMP}, {"hg", CRAC_VMA_HUGEPAGE},
    {"nh", CRAC_VMA_NOHUGEPAGE}, {"lo", CRAC_VMA_LOCKED},   {"wf", CRAC_VMA_WIPEONFORK},
};

static uint32_t parse_flags(const char *codes)
{
    uint32_t flags = 0;

    for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++)
        for (const char *at = codes; at[0] && at[0] != '\n'; at += at[2] ? 3 : 2)
            if (at[0] == CODES[i].code[0] && at[1] == CODES[i].code[1])
                flags |= CODES[i].flag;
    return flags;
}

/* Takes one line of smaps: a mapping's first line begins with its range, its last one is VmFlags.
 */
static void parse_line(struct workspace *w, const char *line, struct hint *current)
{
    const char *cursor = line;

    if (text_starts(line, "VmFlags:")) {
        for (cursor += 8; *cursor == ' '; cursor++)
            ;
        current->flags = parse_flags(cursor);
        if (w->hint_count < CRAC_MAX_VMAS)
            w->hints[w->hint_count++] = *current;
    } else if (text_starts(line, "ProtectionKey:")) {
        cursor += 14;
        current->pkey = (uint32_t)text_number(&cursor, 10);
    } else if ((*line >= '0' && *line <= '9') || (*line >= 'a' && *line <= 'f')) {
        current->start = text_number(&cursor, 16);
        cursor++;
        current->end = text_number(&cursor, 16);
        current->pkey = 0;
    }
}

int hints_read(struct workspace *w, struct crac_error *error)
{
    char *buffer = w->save.scratch;
    size_t kept = 0, capacity = w->save.scratch_size - 1;
    struct hint current = {0};
    long file = sys(SYS_open, "/proc/self/smaps", 0), got;

    if (sys_failed(file))
        return error_set(error, "collect", file, "cannot open", "/proc/self/smaps");
    w->hint_count = 0;
    while ((got = sys(SYS_read, file, buffer + kept, capacity - kept)) > 0) {
        char *line = buffer, *end = buffer + kept + got;
        for (char *at = line; at < end; at++) {
            if (*at != '\n')
                continue;
            *at = 0;
            parse_line(w, line, &current);
            line = at + 1;
        }
        kept = (size_t)(end - line);
        for (size_t i = 0; i < kept; i++)
            buffer[i] = line[i];
    }
    sys(SYS_close, file);
    return got < 0 ? error_set(error, "collect", got, "cannot read", "/proc/self/smaps") : 0;
}

int hints_find(const struct workspace *w, uint64_t start, uint64_t end, uint32_t *flags,
               uint32_t *pkey)
{
    size_t low = 0, high = w->hint_count;

    while (low < high) { /* the first hint that ends behind `start` */
        size_t middle = (low + high) / 2;
        if (w->hints[middle].end <= start)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == w->hint_count || w->hints[low].start > start || w->hints[low].end < end)
        return -1;
    *flags = w->hints[low].flags;
    *pkey = w->hints[low].pkey;
    return 0;
}
