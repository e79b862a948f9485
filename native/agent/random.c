/*
 * The generator that OpenSSL asks for random bytes.
 *
 * OpenSSL 3 keeps generators for the process and for each thread, whose states would be the same in
 * all processes restored from an image. RAND_bytes() and RAND_priv_bytes(), through which keys,
 * nonces, TLS, web crypto and the thread pool get theirs, ask for a RAND_METHOD first: ours. It
 * belongs to the process, not to a thread or a realm.
 *
 *   generation 0         OpenSSL's own generator is asked, as without us: nothing is slower
 *   an image is written  the generation changes, in the restored process and in the original alike:
 *                        a generator whose state lies in an image is never asked again
 *   then                 the first thread that needs random bytes seeds OpenSSL's generator anew
 *                        from the kernel; until that is done all others ask the kernel itself
 *
 * OpenSSL's generators are not seeded while the world is stopped: a stopped thread may hold their
 * lock. A thread that was stopped while it drew sees that the generation has changed and draws
 * again, so only values that it had already returned can be in the image.
 *
 * Struct and functions are those of <openssl/rand.h>, found at run time: Node exports them, and
 * where it uses a shared libcrypto, that does.
 */
#include <dlfcn.h>
#include <errno.h>
#include "agent.h"
#include "random.h"

/* OpenSSL's struct rand_meth_st. What is only passed on has no type, for it knows doubles. */
struct rand_method {
    void *seed;
    int (*bytes)(uint8_t *out, int size);
    void *cleanup, *add;
    int (*pseudorand)(uint8_t *out, int size);
    int (*status)(void);
};

/* What is needed of OpenSSL. */
static struct {
    const struct rand_method *(*get)(void);
    int (*set)(const struct rand_method *method);
    const struct rand_method *(*own)(void);
    int (*poll)(void);
    int (*is_fips)(void *context);
    void *(*primary)(void *context);
    int (*reseed)(void *generator, int resist, const uint8_t *entropy, size_t entropy_size,
                  const uint8_t *more, size_t more_size);
} openssl;

static struct {
    enum random_state state;
    int renewing, pools;
    int (*ask_openssl)(uint8_t *out, int size);
    uint32_t generation; /* of the process: one more with each image */
    uint32_t seeded;     /* the generation for which OpenSSL's generator is good */
    uint32_t attempted;  /* and that for which a thread has begun to seed it */
} random;

int random_from_kernel(void *out, size_t size)
{
    uint8_t *at = out;

    while (size > 0) {
        long got = sys(SYS_getrandom, at, size, 0);
        if (got == -EINTR)
            continue;
        if (got <= 0)
            return 0;
        at += got;
        size -= (size_t)got;
    }
    return 1;
}

/* Says that OpenSSL's generator is good for a generation, unless it is good for a later one: a
 * thread that was stopped while it seeded comes here when others are further. */
static void note_seeded(uint32_t generation)
{
    uint32_t known = __atomic_load_n(&random.seeded, __ATOMIC_SEQ_CST);

    while ((int32_t)(generation - known) > 0 &&
           !__atomic_compare_exchange_n(&random.seeded, &known, generation, 0, __ATOMIC_SEQ_CST,
                                        __ATOMIC_SEQ_CST))
        ;
}

/* Seeds OpenSSL's generator for a generation, unless another thread does or has tried, or is
 * further. */
static void seed_once(uint32_t generation)
{
    uint32_t attempted = __atomic_load_n(&random.attempted, __ATOMIC_SEQ_CST);
    void *primary;

    if ((int32_t)(generation - attempted) <= 0 || !openssl.primary || !openssl.reseed ||
        !__atomic_compare_exchange_n(&random.attempted, &attempted, generation, 0, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST))
        return;
    primary = openssl.primary(NULL);
    if (primary && openssl.reseed(primary, 0, NULL, 0, NULL, 0) == 1)
        note_seeded(generation);
}

/* Draws from whoever is good for this generation. */
static int draw(uint8_t *out, int size, uint32_t generation)
{
    if (__atomic_load_n(&random.seeded, __ATOMIC_SEQ_CST) != generation)
        seed_once(generation);
    if (__atomic_load_n(&random.seeded, __ATOMIC_SEQ_CST) == generation)
        return random.ask_openssl(out, size);
    return random_from_kernel(out, (size_t)size);
}

/* The method's `bytes`: 1, or 0. */
static int give_bytes(uint8_t *out, int size)
{
    uint32_t generation;
    int recognized;

    if (size <= 0)
        return size == 0;
    recognized = random.pools && pools_recognize(out, (size_t)size);
    do {
        generation = __atomic_load_n(&random.generation, __ATOMIC_SEQ_CST);
        if (draw(out, size, generation) != 1)
            return 0;
        if (random.pools)
            pools_record(out, (size_t)size, recognized);
    } while (generation != __atomic_load_n(&random.generation, __ATOMIC_SEQ_CST));
    return 1;
}

/* The method's `status`: the kernel is always ready. */
static int is_ready(void)
{
    return 1;
}

static void *look_up(const char *name)
{
    return dlsym(RTLD_DEFAULT, name);
}

static void find_openssl(void)
{
    *(void **)&openssl.get = look_up("RAND_get_rand_method");
    *(void **)&openssl.set = look_up("RAND_set_rand_method");
    *(void **)&openssl.own = look_up("RAND_OpenSSL");
    *(void **)&openssl.poll = look_up("RAND_poll");
    *(void **)&openssl.is_fips = look_up("EVP_default_properties_is_fips_enabled");
    *(void **)&openssl.primary = look_up("RAND_get0_primary");
    *(void **)&openssl.reseed = look_up("EVP_RAND_reseed");
}

/* Puts a method with our functions in place of OpenSSL's own. */
static enum random_state replace_method(void)
{
    static struct rand_method ours;

    if (!openssl.get || !openssl.set || !openssl.own || !openssl.own())
        return RANDOM_MISSING;
    if (openssl.is_fips && openssl.is_fips(NULL))
        return RANDOM_FIPS;
    if (openssl.get() != openssl.own())
        return RANDOM_FOREIGN;
    ours = *openssl.own();
    random.ask_openssl = ours.bytes;
    ours.bytes = ours.pseudorand = give_bytes;
    ours.status = is_ready;
    return openssl.set(&ours) == 1 && openssl.get() == &ours ? RANDOM_OURS : RANDOM_MISSING;
}

enum random_state random_install(int renewing, int pools)
{
    if (random.state != RANDOM_OFF || (!renewing && !pools))
        return random_state();
    random.renewing = renewing;
    random.pools = pools;
    pools_prepare();
    find_openssl();
    random.state = replace_method();
    return random.state;
}

enum random_state random_state(void)
{
    /* FIPS mode can be switched on later, and another method be installed. */
    if (random.state == RANDOM_OURS && openssl.is_fips && openssl.is_fips(NULL))
        return RANDOM_FIPS;
    if (random.state == RANDOM_OURS && openssl.get()->bytes != give_bytes)
        return RANDOM_FOREIGN;
    return random.state;
}

void random_renew(void)
{
    if (random.renewing)
        __atomic_fetch_add(&random.generation, 1, __ATOMIC_SEQ_CST);
}

/* RAND_poll() seeds a foreign method only, which may take its bytes from OpenSSL's own after all.
 */
int random_reseed(void)
{
    void *primary = openssl.primary ? openssl.primary(NULL) : NULL;

    if (primary && openssl.reseed)
        openssl.reseed(primary, 0, NULL, 0, NULL, 0);
    return openssl.poll && openssl.poll() == 1 ? 0 : -1;
}
