/*
 * The agent's generator (agent/random.c) with an OpenSSL of which only what it asks for is there.
 *
 *     late    a seeding that ends when the next generation is seeded already
 *     pools   a pool, before and after the kernel gives no random bytes any more
 *
 * Exit status 1 and a sentence tell of what does not hold.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include "../agent/agent.h"
#include "../agent/random.h"

#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "random: line %d: %s does not hold\n", __LINE__, #condition);          \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

/* OpenSSL's struct rand_meth_st. */
struct rand_method {
    void *seed;
    int (*bytes)(uint8_t *out, int size);
    void *cleanup, *add;
    int (*pseudorand)(uint8_t *out, int size);
    int (*status)(void);
};

static int asked, seedings;
static int is_overtaken; /* the next seeding is */

static int give_zeros(uint8_t *out, int size)
{
    asked++;
    memset(out, 0, (size_t)size);
    return 1;
}

static const struct rand_method own = {.bytes = give_zeros, .pseudorand = give_zeros};
static const struct rand_method *installed = &own;

const struct rand_method *RAND_OpenSSL(void);
const struct rand_method *RAND_get_rand_method(void);
int RAND_set_rand_method(const struct rand_method *method);
void *RAND_get0_primary(void *context);
int EVP_RAND_reseed(void *generator, int resist, const uint8_t *entropy, size_t entropy_size,
                    const uint8_t *more, size_t more_size);

const struct rand_method *RAND_OpenSSL(void)
{
    return &own;
}

const struct rand_method *RAND_get_rand_method(void)
{
    return installed;
}

int RAND_set_rand_method(const struct rand_method *method)
{
    installed = method;
    return 1;
}

void *RAND_get0_primary(void *context)
{
    return &installed;
}

/* In the middle of it an image is made, and another thread of the restored process draws. */
int EVP_RAND_reseed(void *generator, int resist, const uint8_t *entropy, size_t entropy_size,
                    const uint8_t *more, size_t more_size)
{
    uint8_t bytes[16];

    seedings++;
    if (is_overtaken) {
        is_overtaken = 0;
        random_renew();
        REQUIRE(installed->bytes(bytes, sizeof bytes) == 1);
    }
    return 1;
}

/* What agent/error.c does with more. */
int error_set(struct crac_error *error, const char *phase, long negated_errno, const char *what,
              const char *subject)
{
    error->phase = phase;
    return -1;
}

/* However late a seeding ends, OpenSSL's generator is asked in the end. */
static void test_late(void)
{
    uint8_t bytes[16];
    int before;

    REQUIRE(random_install(1, 0) == RANDOM_OURS);
    is_overtaken = 1;
    random_renew();
    REQUIRE(installed->bytes(bytes, sizeof bytes) == 1);
    REQUIRE(seedings == 2);
    before = asked;
    REQUIRE(installed->bytes(bytes, sizeof bytes) == 1);
    REQUIRE(asked == before + 1);
    REQUIRE(seedings == 2);
}

static void refuse_random(void)
{
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getrandom, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {.len = 4, .filter = program};

    REQUIRE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    REQUIRE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0);
}

/* Nobody is told that a pool was filled anew when it was not. */
static void test_pools(void)
{
    static uint8_t pool[4096];
    static struct workspace w;
    struct crac_error error = {0};
    uint32_t size = 0;

    REQUIRE(random_install(1, 1) == RANDOM_OURS);
    REQUIRE(installed->bytes(pool, sizeof pool) == 1);
    w.pools.count = 1;
    REQUIRE(pools_expect_refill(&w, &error) == 0);
    REQUIRE(pools_refill() == 0);
    REQUIRE(pools_refilled(&size, 1) == 1 && size == sizeof pool);
    refuse_random();
    REQUIRE(pools_refill() == -1);
    REQUIRE(pools_refilled(&size, 1) == 0);
    REQUIRE(pools_expect_refill(&w, &error) == -1 && error.phase);
    w.pools.count = 0;
    REQUIRE(pools_expect_refill(&w, &error) == 0);
}

int main(int count, char **words)
{
    if (count == 2 && strcmp(words[1], "late") == 0)
        test_late();
    else if (count == 2 && strcmp(words[1], "pools") == 0)
        test_pools();
    else
        return 64;
    puts("everything held");
    return 0;
}
