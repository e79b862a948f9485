/*
 * The launcher's only way to give up: one sentence on standard error and an exit status.
 *
 * The sentence names what failed, on which subject, why, and what to do. It is put together in
 * static memory and written by one system call, so sentences of several restores don't mix.
 */
#include <stdarg.h>
#include "launcher.h"

static char sentence[8192];

/* What to become instead of giving up; NULL while there is nothing, and behind the point of no
 * return. */
static const struct command *alternative;

void fail_otherwise(const struct command *command)
{
    alternative = command->otherwise_count ? command : NULL;
}

/* Returns only when the other command cannot be run. */
static void run_otherwise(struct text *text)
{
    char **words = alternative->otherwise;
    int is_own = words[1] && text_equal(words[0], alternative->self);
    int is_start = is_own && text_equal(words[1], "--start");
    long error;

    text->used--; /* the end of the line */
    text_add(text, is_own && !is_start ? " Trying " : " Starting ");
    text_add(text, words[is_own + is_start]);
    text_add(text, " instead.\n");
    sys(SYS_write, 2, text->start, text->used);
    launch_abandon();
    error = sys(SYS_execve, words[0], words, alternative->environment);
    text->used = 0;
    text_add(text, "crac restore: cannot run ");
    text_add(text, words[0]);
    text_add(text, ": ");
    text_add(text, errno_text(-error));
    text_add(text, ". Name an executable file by its path.\n");
}

static _Noreturn void leave(enum status status, struct text *text)
{
    if (alternative)
        run_otherwise(text);
    sys(SYS_write, 2, text->start, text->used);
    for (;;)
        sys(SYS_exit_group, status);
}

_Noreturn void fail_with(enum status status, ...)
{
    struct text text = TEXT_IN(sentence);
    const char *part;
    va_list parts;

    text_add(&text, "crac restore: ");
    va_start(parts, status);
    while ((part = va_arg(parts, const char *)) != NULL)
        text_add(&text, part);
    va_end(parts);
    text_add(&text, "\n");
    leave(status, &text);
}

_Noreturn void fail_call(const char *call, uint64_t where, long error)
{
    fail(STATUS_REFUSED, "the process can't be put together: ", call, " at ", hexadecimal(where),
         " failed: ", errno_text(-error),
         ". Check the limits of memory, mappings and processes of this host and container.");
}

/* The next of a few buffers: one sentence may hold that many numbers. */
static struct text next_buffer(void)
{
    static char buffers[8][128];
    static unsigned next;
    struct text text = TEXT_IN(buffers[next]);

    next = (next + 1) % 8;
    text_add(&text, "");
    return text;
}

const char *decimal(uint64_t value)
{
    struct text text = next_buffer();

    text_add_number(&text, value);
    return text.start;
}

const char *hexadecimal(uint64_t value)
{
    struct text text = next_buffer();

    text_add(&text, "0x");
    text_add_hex(&text, value);
    return text.start;
}

const char *hexdump(const uint8_t *bytes, size_t size)
{
    struct text text = next_buffer();

    for (size_t i = 0; i < size; i++) {
        const char digits[] = "0123456789abcdef";
        const char pair[3] = {digits[bytes[i] >> 4], digits[bytes[i] & 15], 0};
        text_add(&text, pair);
    }
    return text.start;
}
