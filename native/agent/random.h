/*
 * Randomness that no two restored processes share.
 *
 *   random.c        the generator that OpenSSL asks
 *   random-pools.c  buffers of random bytes that the program takes its values from
 *
 * Nothing here is called while the world is stopped but what says so.
 */
#ifndef CRAC_RANDOM_H
#define CRAC_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct workspace;
struct crac_error;

/* Which generator OpenSSL asks. */
enum random_state {
    RANDOM_OFF,     /* not installed, and not wanted */
    RANDOM_OURS,    /* ours */
    RANDOM_FIPS,    /* FIPS mode: its module has generators of its own that nobody reaches */
    RANDOM_FOREIGN, /* one that somebody else has installed */
    RANDOM_MISSING  /* this OpenSSL takes none */
};

/* random.c */
/* Puts our generator before OpenSSL's, once; `renewing` and `pools` say what it is wanted for. */
enum random_state random_install(int renewing, int pools);
enum random_state random_state(void);
/* From here on no random byte comes from a state that an image holds. World stopped. */
void random_renew(void);
/* Where ours is not installed: has OpenSSL's generator, and the one that is, seeded anew. World
 * running; 0, or -1. */
int random_reseed(void);
/* Random bytes from the kernel: 1, or 0. World stopped or running. */
int random_from_kernel(void *out, size_t size);

/* random-pools.c */
/* Learns how this process's allocator marks its blocks. */
void pools_prepare(void);
/* Whether a buffer that is about to be filled is one from which values are taken. */
int pools_recognize(const uint8_t *buffer, size_t size);
/* Remembers a buffer that was filled. */
void pools_record(uint8_t *buffer, size_t size, int recognized);
/* Whether a stopped thread is in the middle of remembering. World stopped. */
int pools_in_motion(void);
/* Forgets all buffers that no longer hold what they were filled with, and counts the others. World
 * stopped, mappings collected. */
void pools_settle(struct workspace *w);
/* In the restored process, and in the original that goes on: fills those that are left anew. World
 * stopped. 0, or -1 when the kernel gives no random bytes: some still hold what they held. */
int pools_refill(void);
/* Before an image of a process that goes on is written: whether its pools can be filled anew then.
 * 0, or -1. */
int pools_expect_refill(const struct workspace *w, struct crac_error *error);
/* Sizes of the buffers that the last restore has filled anew; returns how many there are. */
size_t pools_refilled(uint32_t *sizes, size_t capacity);

#endif
