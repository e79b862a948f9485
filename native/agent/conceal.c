/*
 * Secrets stay out of an image.
 *
 * Their bytes are set aside in the workspace, which is no part of the image, and zeroed while
 * memory is written; a process that goes on has them again. The child that writes for one
 * (writer.c) keeps what it was forked with, so the parent need not wait for it. The ranges are
 * memory of ArrayBuffers, which no collection moves. They may overlap: what was zeroed last comes
 * back first.
 */
#include "../arch/x86_64/memory.h"
#include "agent.h"

/* Zeroes the secrets. They fit, the request was checked. */
void conceal(struct workspace *w)
{
    uint8_t *aside = w->concealed;

    for (size_t i = 0; i < w->request->secret_count; i++) {
        const struct secret *secret = &w->request->secrets[i];

        memory_copy(aside, secret->bytes, secret->size);
        memory_fill(secret->bytes, 0, secret->size);
        aside += secret->size;
    }
}

/* Brings them back, in the process that goes on. */
void reveal(struct workspace *w)
{
    const uint8_t *aside = w->concealed;

    for (size_t i = 0; i < w->request->secret_count; i++)
        aside += w->request->secrets[i].size;
    for (size_t i = w->request->secret_count; i > 0; i--) {
        const struct secret *secret = &w->request->secrets[i - 1];

        aside -= secret->size;
        memory_copy(secret->bytes, aside, secret->size);
    }
}
