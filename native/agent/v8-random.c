/*
 * V8's arithmetic of random numbers.
 *
 * Each isolate has a generator (xorshift128+) for all sorts of purposes. A context that is asked
 * for its first Math.random() takes a seed of 64 bits from it, byte by byte, and makes a generator
 * of its own of that seed: both words are hashes (the end of MurmurHash3) of it. From then on the
 * context's generator steps 64 times whenever its cache of 64 values is used up.
 *
 * All of these steps can be undone, which is how the agent recognises V8's generators in memory.
 */
#include "v8-random.h"

#define MIX_1 0xff51afd7ed558ccdull
#define MIX_2 0xc4ceb9fe1a85ec53ull
#define UNMIX_1 0x4f74430c22a54005ull /* the inverses modulo 2^64 */
#define UNMIX_2 0x9cb4b2f8129337dbull

#define EXPONENT_OF_1 1023
#define FRACTION 52

void v8_random_step(struct v8_random *random)
{
    uint64_t a = random->s0, b = random->s1;

    a ^= a << 23;
    a ^= a >> 17;
    random->s0 = b;
    random->s1 = a ^ b ^ (b >> 26);
}

/* Undoes x ^= x << 23, in two steps because 2 * 46 > 64. */
static uint64_t undo_left(uint64_t x)
{
    x ^= x << 23;
    return x ^ x << 46;
}

/* Undoes x ^= x >> 17. */
static uint64_t undo_right(uint64_t x)
{
    x ^= x >> 17;
    return x ^ x >> 34;
}

void v8_random_back(struct v8_random *random)
{
    uint64_t b = random->s0, a = random->s1 ^ b ^ (b >> 26);

    random->s0 = undo_left(undo_right(a));
    random->s1 = b;
}

static uint64_t hash(uint64_t x)
{
    x = (x ^ x >> 33) * MIX_1;
    x = (x ^ x >> 33) * MIX_2;
    return x ^ x >> 33;
}

static uint64_t unhash(uint64_t x)
{
    x = (x ^ x >> 33) * UNMIX_2;
    x = (x ^ x >> 33) * UNMIX_1;
    return x ^ x >> 33;
}

struct v8_random v8_random_seeded(uint64_t seed)
{
    return (struct v8_random){hash(seed), hash(~seed)};
}

int v8_random_seed_of(const struct v8_random *random, uint64_t *seed)
{
    *seed = unhash(random->s0);
    return hash(~*seed) == random->s1;
}

uint64_t v8_random_last_seed(const struct v8_random *random)
{
    struct v8_random at = *random;
    uint64_t seed = 0;

    for (int byte = 7; byte >= 0; byte--) {
        seed |= (at.s0 + at.s1) >> 56 << 8 * byte;
        v8_random_back(&at);
    }
    return seed;
}

uint64_t v8_random_value(const struct v8_random *random, enum v8_random_form form)
{
    int digits = form == V8_FIRST_52 ? 52 : 53;
    uint64_t word = form == V8_SUM_53 ? random->s0 + random->s1 : random->s0;
    uint64_t number = word >> (64 - digits); /* over 2^digits */
    int top = number ? 63 - __builtin_clzll(number) : 0;

    if (number == 0)
        return 0;
    return (uint64_t)(EXPONENT_OF_1 + top - digits) << FRACTION |
           (number << (FRACTION - top) & ((1ull << FRACTION) - 1));
}

void v8_random_fill(struct v8_random *random, uint64_t cache[V8_RANDOM_CACHE],
                    enum v8_random_form form)
{
    for (int i = 0; i < V8_RANDOM_CACHE; i++) {
        v8_random_step(random);
        cache[i] = v8_random_value(random, form);
    }
}
