/*
 * What the parts of crac_check() share. Private to image/.
 */
#ifndef CRAC_CHECKING_H
#define CRAC_CHECKING_H

#include "check.h"
#include "text.h"

/* Fill the reason of a refusal and return -1: "<what>", or "<what> <index> <fault>". */
int refuse(const char **reason, const char *fault);
int refuse_record(const char **reason, const char *what, uint64_t index, const char *fault);

/* check-notes.c: finds every vendor note once and turns it into a table. 0, or -1 with a reason. */
int check_notes(const uint8_t *notes, size_t size, struct crac_tables *tables, const char **reason);

/* check-memory.c: mappings, runs, files, threads, protection keys. Descriptors were checked before.
 */
int check_memory(const struct crac_tables *tables, const char **reason);

/* check-fds.c: descriptors and registrations. */
int check_fds(const struct crac_tables *tables, const char **reason);
/* The record of a descriptor, or NULL. */
const struct crac_fd *check_find_fd(const struct crac_tables *tables, uint64_t fd);

/* Whether an offset names a text; every offset inside is terminated, because the last byte of all
 * is a NUL. */
static inline int is_text(const struct crac_tables *tables, uint32_t offset)
{
    return offset < tables->strings_size;
}

/* Whether [offset, offset + size) lies inside of the BYTES note. */
static inline int is_in_bytes(const struct crac_tables *tables, uint64_t offset, uint64_t size)
{
    return offset <= tables->bytes_size && size <= tables->bytes_size - offset;
}

#endif
