/*
 * Reading and validating the head of an image. Nothing of an image is used before crac_check()
 * accepted it, and after it did every index, offset and address in the tables is in range.
 */
#ifndef CRAC_CHECK_H
#define CRAC_CHECK_H

#include <stddef.h>
#include "image.h"

/* Room that the handoff may take behind a head: what exec() accepts as arguments and environment,
 * and some. */
#define CRAC_HANDOFF_LIMIT 0x1000000ull
#define CRAC_MANIFEST_LIMIT 0x100000ull
#define CRAC_TAGS_LIMIT (1u << 20)
#define CRAC_THREAD_LIMIT 4096u
#define CRAC_FD_LIMIT (1u << 20)
/* End of the addresses that a program may map. */
#define CRAC_ADDRESS_LIMIT 0x7ffffffff000ull

/* Pointers into a validated head; a table without records may be NULL. The caller owns the head's
 * memory. */
struct crac_tables {
    const struct crac_image *image;
    const char *manifest;
    size_t manifest_size;
    const struct crac_cpu *cpu;
    const struct crac_thread *threads;
    const struct crac_vma *vmas;
    const struct crac_run *runs;
    const struct crac_file *files;
    const struct crac_fd *fds;
    const struct crac_epoll *epolls;
    const struct crac_sigaction *signals;
    const uint8_t *auxv;
    const char *strings;
    const uint8_t *bytes;
    const struct crac_owner *owners;
    const struct crac_clock *clock;
    const struct crac_generator *generators;
    const char *tags; /* `tags_size` characters, not terminated */
    size_t thread_count, vma_count, run_count, file_count, fd_count, epoll_count, auxv_size,
        strings_size, bytes_size, owner_count, generator_count, tags_size;
};

/*
 * Size of the head, from the first bytes of the file (at least 176: ELF header and two program
 * headers), or 0 with *reason set. The vendor notes are the last part of a head, so it ends with
 * the page in which they end.
 */
size_t crac_head_size(const void *start, size_t size, uint64_t file_size, const char **reason);

/*
 * Validates a head. Returns 0 and fills `tables`, or -1 and sets *reason to a part of a sentence
 * ("its checksum does not match", "run 12 lies outside of its mapping", ...).
 * The head lies at an address that is a multiple of 8. The sentence of *reason is overwritten by
 * the next call. `check_crc` = 0 skips the checksum (for the fuzzer).
 */
int crac_check(const void *head, size_t head_size, uint64_t file_size, int check_crc,
               struct crac_tables *tables, const char **reason);

#endif
