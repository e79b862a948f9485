/*
 * Reading and validating the head of an image. Nothing of an image is used before crac_check() accepted it,
 * and after it did every index, offset and address in the tables is in range.
 */
#ifndef CRAC_CHECK_H
#define CRAC_CHECK_H

#include <stddef.h>
#include "image.h"

/* Pointers into a validated head. The caller owns the head's memory. */
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
    size_t thread_count, vma_count, run_count, file_count, fd_count, epoll_count, auxv_size, strings_size, bytes_size;
};

/* Size of the head, from the first bytes of the file (at least 176: ELF header and two program headers), or 0 with *reason set. */
size_t crac_head_size(const void *start, size_t size, uint64_t file_size, const char **reason);

/*
 * Validates a head. Returns 0 and fills `tables`, or -1 and sets *reason to a part of a sentence
 * ("its checksum does not match", "run 12 lies outside of its mapping", ...).
 * `check_crc` = 0 skips the checksum (for the fuzzer).
 */
int crac_check(const void *head, size_t head_size, uint64_t file_size, int check_crc, struct crac_tables *tables,
               const char **reason);

#endif
