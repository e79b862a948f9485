/*
 * An addon that puts a generator of its own into OpenSSL, as engines do, when it is loaded: a
 * counter whose state lies in memory, so that all restored processes draw the same unless somebody
 * gives it entropy. With FOREIGN_RANDOM=deaf it takes none, with FOREIGN_RANDOM=wrapper it hands on
 * to OpenSSL's own, and with FOREIGN_RANDOM=none it is not installed.
 *
 *     calls()        how often it was asked
 *     enableFips()   switches OpenSSL's FIPS mode on, without any module of it
 */
#include <node_api.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* OpenSSL's struct rand_meth_st. */
struct rand_method {
    int (*seed)(const void *from, int size);
    int (*bytes)(unsigned char *out, int size);
    void (*cleanup)(void);
    int (*add)(const void *from, int size, double entropy);
    int (*pseudorand)(unsigned char *out, int size);
    int (*status)(void);
};

extern int RAND_set_rand_method(const struct rand_method *method);
extern const struct rand_method *RAND_OpenSSL(void);
extern int EVP_default_properties_enable_fips(void *context, int enable);

static uint64_t state = 1, calls;

static uint64_t step(void)
{
    uint64_t mixed = (state += 0x9e3779b97f4a7c15ull);

    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9ull;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebull;
    return mixed ^ mixed >> 31;
}

static int give_bytes(unsigned char *out, int size)
{
    calls++;
    for (int i = 0; i < size; i++)
        out[i] = (unsigned char)step();
    return 1;
}

static int hand_on(unsigned char *out, int size)
{
    calls++;
    return RAND_OpenSSL()->bytes(out, size);
}

static int take_entropy(const void *from, int size, double entropy)
{
    for (int i = 0; i < size; i++) {
        state ^= ((const unsigned char *)from)[i];
        step();
    }
    return 1;
}

static int is_ready(void)
{
    return 1;
}

static napi_value call_calls(napi_env env, napi_callback_info info)
{
    napi_value value;

    napi_create_double(env, (double)calls, &value);
    return value;
}

static napi_value call_enable_fips(napi_env env, napi_callback_info info)
{
    EVP_default_properties_enable_fips(NULL, 1);
    return NULL;
}

NAPI_MODULE_INIT()
{
    static struct rand_method method = {
        .bytes = give_bytes, .pseudorand = give_bytes, .status = is_ready};
    const napi_property_descriptor functions[] = {
        {"calls", NULL, call_calls, NULL, NULL, NULL, napi_default, NULL},
        {"enableFips", NULL, call_enable_fips, NULL, NULL, NULL, napi_default, NULL},
    };
    const char *kind = getenv("FOREIGN_RANDOM");

    if (!kind)
        method.add = take_entropy;
    if (kind && strcmp(kind, "wrapper") == 0)
        method.bytes = method.pseudorand = hand_on;
    if (!kind || strcmp(kind, "none") != 0)
        RAND_set_rand_method(&method);
    napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions);
    return exports;
}
