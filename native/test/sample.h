/*
 * A valid head of an image that holds at least one record of every kind, for the fuzzer.
 */
#ifndef CRAC_SAMPLE_H
#define CRAC_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

/* Makes the head: memory of malloc(), its size in *size, the size of the whole image in *file_size.
 */
void *sample_head(size_t *size, uint64_t *file_size);

#endif
