/*
 * Memory, text and /proc helpers that need no libc: used while the world is stopped and in the
 * launcher.
 */
#ifndef CRAC_TEXT_H
#define CRAC_TEXT_H

#include <stddef.h>
#include <stdint.h>

size_t text_length(const char *text);
int text_equal(const char *a, const char *b);
/* Whether `text` begins with `prefix`. */
int text_starts(const char *text, const char *prefix);
/* Whether `text` ends with `suffix`. */
int text_ends(const char *text, const char *suffix);
/* First occurrence of `needle` in `text`, or NULL. */
const char *text_find(const char *text, const char *needle);
/* Parses digits of `base` (8, 10, 16) at *cursor after blanks, and moves the cursor behind them. */
uint64_t text_number(const char **cursor, unsigned base);

/*
 * A text under construction in a caller's buffer. Always terminated; what does not fit is cut.
 * Use: struct text t = TEXT_IN(buffer); text_add(&t, "fd "); text_add_number(&t, 7);
 */
struct text {
    char *start;
    size_t used, capacity;
};
#define TEXT_IN(array)                                                                             \
    {                                                                                              \
        (array), 0, sizeof(array)                                                                  \
    }
void text_add(struct text *text, const char *more);
void text_add_number(struct text *text, uint64_t value);
void text_add_signed(struct text *text, int64_t value);
void text_add_hex(struct text *text, uint64_t value);

/* Reads a whole file (a /proc file, too) into buffer and terminates it: its length, or a negated
 * errno (-EFBIG if it does not fit). */
long file_read(const char *path, char *buffer, size_t capacity);
/* The name of an errno, "ENOSPC", or "errno N". */
const char *errno_name(long error);
/* A sentence for an errno, "No space left on device". */
const char *errno_text(long error);

/* CRC-32C (Castagnoli), start with 0; continues from a previous result. Uses SSE 4.2 where the CPU
 * has it. */
uint32_t crc32c(uint32_t crc, const void *data, size_t size);

#endif
