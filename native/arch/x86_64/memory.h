/*
 * Moving and filling memory with the string instructions of x86-64.
 *
 * Register convention: rdi = destination, rsi = source, rcx = count, al = fill byte; all but al are
 * consumed. The direction flag is clear on entry (ABI) and must be clear again on exit.
 */
#ifndef CRAC_MEMORY_H
#define CRAC_MEMORY_H

#include <stddef.h>

/*
 * JUSTIFICATION: a C loop is recognised by the compiler and becomes a call of the very function it
 * implements. SAFETY: writes exactly `size` bytes; general registers only.
 */
static inline void memory_copy(void *to, const void *from, size_t size)
{
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
}

/*
 * JUSTIFICATION: copies from the last byte to the first, for overlapping ranges with to > from.
 * SAFETY: `size` is not zero; the direction flag is cleared before any other code runs.
 */
static inline void memory_copy_backwards(void *to, const void *from, size_t size)
{
    unsigned char *last_to = (unsigned char *)to + size - 1;
    const unsigned char *last_from = (const unsigned char *)from + size - 1;
    __asm__ volatile("std\n\trep movsb\n\tcld"
                     : "+D"(last_to), "+S"(last_from), "+c"(size)
                     :
                     : "memory", "cc");
}

/* JUSTIFICATION and SAFETY as for memory_copy(). */
static inline void memory_fill(void *to, int value, size_t size)
{
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(value) : "memory");
}

#endif
