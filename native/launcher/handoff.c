/*
 * What the restored process is told, right behind its head: arguments, environment, directories,
 * times (struct crac_handoff in image.h).
 *
 * Written while the initial stack still exists, since arguments and environment lie there.
 */
#include <sys/mman.h>
#include "launcher.h"

/* Bytes of a NULL-terminated list of texts, terminators included. */
static uint64_t texts_size(char **texts)
{
    uint64_t size = 0;

    for (; *texts; texts++)
        size += text_length(*texts) + 1;
    return size;
}

/* Copies a text to *end and moves it: the text's offset from `start`. */
static uint32_t put_text(const char *start, char **end, const char *text)
{
    size_t size = text_length(text) + 1;
    uint32_t offset = (uint32_t)(*end - start);

    memory_copy(*end, text, size);
    *end += size;
    return offset;
}

/* Copies a list of texts: their number. */
static uint32_t put_texts(const char *start, char **end, char **texts, uint32_t *offset)
{
    uint32_t count = 0;

    *offset = (uint32_t)(*end - start);
    for (; texts[count]; count++)
        put_text(start, end, texts[count]);
    return count;
}

/* Memory for the handoff, behind the head. */
static void map_handoff(uint64_t address, uint64_t size)
{
    long got;

    if (size > CRAC_HANDOFF_LIMIT)
        fail(STATUS_CONSTRAINT, "arguments and environment have ", decimal(size),
             " bytes, a restored process takes up to ", decimal(CRAC_HANDOFF_LIMIT),
             ". Pass fewer.");
    got = sys(SYS_mmap, address, size, PROT_READ | PROT_WRITE,
              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (sys_failed(got))
        fail(STATUS_REFUSED, "cannot get ", decimal(size), " bytes of memory: ", errno_text(-got),
             ".");
}

/* CRAC_HANDOFF_* of this restore. */
static uint32_t handoff_flags(const struct launch *l)
{
    return (l->command.has_arguments ? CRAC_HANDOFF_ARGUMENTS : 0) |
           (l->command.cwd_image ? CRAC_HANDOFF_CWD_IMAGE : 0) |
           (l->command.env == ENV_MERGE ? CRAC_HANDOFF_ENV_MERGE : 0) |
           (l->command.env == ENV_IMAGE ? CRAC_HANDOFF_ENV_IMAGE : 0) |
           (l->copy ? CRAC_HANDOFF_COPIED : 0);
}

static struct crac_handoff *handoff_of(const struct launch *l)
{
    return (struct crac_handoff *)(l->tables.image->head_address + l->tables.image->head_size);
}

/* The restorer's working directory. */
static char cwd[4096];

void handoff_reserve(const struct launch *l)
{
    struct crac_handoff *handoff = handoff_of(l);
    uint64_t size;

    if (sys_failed(sys(SYS_getcwd, cwd, sizeof cwd)))
        cwd[0] = 0; /* it was removed: the restored process finds the same */
    size = sizeof *handoff + texts_size(l->command.arguments) + texts_size(l->command.environment) +
           text_length(cwd) + text_length(l->directory) + 2;
    map_handoff((uint64_t)handoff, size);
    handoff->magic = CRAC_MAGIC;
    handoff->size = size;
}

void handoff_write(const struct launch *l)
{
    struct crac_handoff *handoff = handoff_of(l);
    char *start = (char *)handoff, *end = start + sizeof *handoff;

    handoff->started_monotonic = l->started_monotonic;
    handoff->started_realtime = l->started_realtime;
    handoff->image_device = l->image_device;
    handoff->image_inode = l->image_inode;
    handoff->flags = handoff_flags(l);
    handoff->keep_start = l->keep_start;
    handoff->keep_end = l->keep_end;
    handoff->clock_shift = l->clock_shift;
    handoff->clock_gettime = l->clock_shift ? vdso_find(&l->vdso, "clock_gettime") : 0;
    handoff->away = l->away;
    handoff->away_monotonic = l->away_monotonic;
    handoff->argument_count = put_texts(start, &end, l->command.arguments, &handoff->arguments);
    handoff->environment_count =
        put_texts(start, &end, l->command.environment, &handoff->environment);
    handoff->cwd = put_text(start, &end, cwd);
    handoff->directory = put_text(start, &end, l->directory);
}
