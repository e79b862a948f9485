/*
 * V8's arithmetic of random numbers, without floating point: usable in every program and while the
 * world is stopped. v8-random.c explains it.
 */
#ifndef CRAC_V8_RANDOM_H
#define CRAC_V8_RANDOM_H

#include <stdint.h>

#define V8_RANDOM_CACHE 64 /* values that V8 draws at once */

/* How V8 makes a value of a state: version after version. */
enum v8_random_form {
    V8_FIRST_52, /* the first word, 52 bits of it */
    V8_FIRST_53,
    V8_SUM_53, /* the sum of both words, 53 bits of it */
    V8_FORMS
};

/* A generator of V8, as it lies in memory. It never holds two zeros once it was seeded. */
struct v8_random {
    uint64_t s0, s1;
};

/* One step forward; one step back. */
void v8_random_step(struct v8_random *random);
void v8_random_back(struct v8_random *random);
/* The state of a context that got this seed, before its first step. */
struct v8_random v8_random_seeded(uint64_t seed);
/* Whether a state is that of a context right after its seed, which is put into *seed. */
int v8_random_seed_of(const struct v8_random *random, uint64_t *seed);
/* The seed that an isolate's generator gave last; `random` is the generator as it is now. */
uint64_t v8_random_last_seed(const struct v8_random *random);
/* The value of Math.random() that V8 makes of a state, as the bits of a double. */
uint64_t v8_random_value(const struct v8_random *random, enum v8_random_form form);
/* Draws a whole cache, as V8 does; it hands the values out from the last one to the first. */
void v8_random_fill(struct v8_random *random, uint64_t cache[V8_RANDOM_CACHE],
                    enum v8_random_form form);

#endif
