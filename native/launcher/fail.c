/*
 * The launcher's only way to give up: one sentence on standard error and an exit status.
 *
 * The sentence names what failed, on which subject, why, and what to do. It is put together in
 * static memory and written by one system call, so sentences of several restores don't mix.
 */
#include <stdarg.h>
#include "launcher.h"

static char sentence[8192];

static _Noreturn void leave(enum status status, const struct text *text)
{
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
