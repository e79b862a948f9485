/*
 * Pools: tables and texts of an image while it is put together.
 *
 * A pool is a piece of the caller's memory that fills from its start. Nothing is ever freed or
 * moved, so pointers into it stay valid; a full pool is reported and left unchanged.
 */
#include "objects.h"

int64_t pool_add(struct crac_pool *pool, const void *data, size_t size)
{
    if (size > pool->capacity - pool->used)
        return -1;
    uint8_t *to = pool->start + pool->used;
    if (data)
        __builtin_memcpy(to, data, size);
    else
        __builtin_memset(to, 0, size);
    pool->used += size;
    return to - pool->start;
}

uint32_t pool_text(struct crac_pool *pool, const char *text)
{
    int64_t offset = pool_add(pool, text, text_length(text) + 1);
    return offset < 0 || offset >= CRAC_NONE ? CRAC_NONE : (uint32_t)offset;
}
