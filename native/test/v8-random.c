/*
 * What V8 draws from a seed: prints the first values of Math.random() in a context that got this
 * seed, as V8 hands them out, in the form that the second argument names. Compared with a real one.
 *
 *     v8-random SEED FORM COUNT
 *     v8-random --inverse     checks that everything that can be undone is undone
 */
#include "../agent/v8-random.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_values(uint64_t seed, enum v8_random_form form, int count)
{
    struct v8_random random = v8_random_seeded(seed);
    uint64_t cache[V8_RANDOM_CACHE];
    double value;

    for (int left = 0; count > 0; count--, left--) {
        if (left == 0) {
            v8_random_fill(&random, cache, form);
            left = V8_RANDOM_CACHE;
        }
        memcpy(&value, &cache[left - 1], sizeof value);
        printf("%.17g\n", value);
    }
}

/* A byte of the seed that an isolate's generator gives. */
static uint64_t next_byte(struct v8_random *random)
{
    v8_random_step(random);
    return (random->s0 + random->s1) >> 56;
}

static int check_inverse(void)
{
    for (uint64_t seed = 1; seed < 1000; seed++) {
        struct v8_random random = v8_random_seeded(seed * 0x9e3779b97f4a7c15u), before;
        uint64_t found, bytes = 0;
        if (!v8_random_seed_of(&random, &found) || found != seed * 0x9e3779b97f4a7c15u)
            return 1;
        before = random;
        v8_random_step(&random);
        v8_random_back(&random);
        if (random.s0 != before.s0 || random.s1 != before.s1)
            return 1;
        for (int byte = 0; byte < 8; byte++)
            bytes |= next_byte(&random) << 8 * byte;
        if (v8_random_last_seed(&random) != bytes || v8_random_seed_of(&random, &found))
            return 1;
    }
    printf("everything was undone\n");
    return 0;
}

int main(int count, char **arguments)
{
    if (count == 2 && strcmp(arguments[1], "--inverse") == 0)
        return check_inverse();
    if (count != 4)
        return 64;
    print_values(strtoull(arguments[1], NULL, 10), (enum v8_random_form)atoi(arguments[2]),
                 atoi(arguments[3]));
    return 0;
}
