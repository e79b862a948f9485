/*
 * The part of learning V8's layout that runs JavaScript: a context is made between two looks at the
 * isolate, and values are drawn in it.
 *
 * A collection that runs in between may move what was seen, so there are a few attempts.
 */
#include "v8-learn.h"
#include <string.h>
#include "v8-layout.h"

#define ATTEMPTS 3

static void set_text(napi_env env, napi_value object, const char *name, const char *text)
{
    napi_value value;

    if (napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value) == napi_ok)
        napi_set_named_property(env, object, name, value);
}

/* Draws a value of a Math.random() as the bits of its double: 0, or -1. */
static int draw(napi_env env, napi_value random, uint64_t *bits)
{
    napi_value receiver, value;
    double number;

    if (napi_get_undefined(env, &receiver) != napi_ok ||
        napi_call_function(env, receiver, random, 0, NULL, &value) != napi_ok ||
        napi_get_value_double(env, value, &number) != napi_ok)
        return -1;
    memcpy(bits, &number, sizeof number);
    return 0;
}

/* Has a context made and draws three values in it: 0, or -1. */
static int make_context(napi_env env, napi_value make, uint64_t drawn[3])
{
    napi_value receiver, random;

    if (napi_get_undefined(env, &receiver) != napi_ok ||
        napi_call_function(env, receiver, make, 0, NULL, &random) != napi_ok)
        return -1;
    for (int i = 0; i < 3; i++)
        if (draw(env, random, &drawn[i]) != 0)
            return -1;
    return 0;
}

/* Whether contexts get one and the same seed, in a process that was started so. */
static int is_seeded(napi_env env, napi_value make)
{
    uint64_t seed = v8_newest_seed(), drawn[3];

    return seed && make_context(env, make, drawn) == 0 && v8_newest_seed() == seed;
}

napi_value v8_learn_generators(napi_env env, napi_callback_info info)
{
    static const char *const names[] = {
        [V8_UNKNOWN] = "unknown", [V8_READY] = "found", [V8_SEEDED] = "seeded"};
    const char *missing = "";
    size_t count = 1;
    napi_value make, object;
    uint64_t drawn[3];

    napi_get_cb_info(env, info, &count, &make, NULL, NULL);
    for (int i = 0; i < ATTEMPTS && v8_layout.learned == V8_UNKNOWN; i++) {
        missing = "isolate";
        if (v8_look() != 0 || make_context(env, make, drawn) != 0)
            break;
        if (v8_learn(drawn, &missing) != 0 && is_seeded(env, make))
            v8_layout.learned = V8_SEEDED;
    }
    v8_forget();
    if (napi_create_object(env, &object) != napi_ok)
        return NULL; /* what `make` threw is on its way */
    set_text(env, object, "status", names[v8_layout.learned]);
    set_text(env, object, "missing", missing);
    return object;
}
