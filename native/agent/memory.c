/*
 * What JavaScript asks about memory: V8's heap and that of libc's allocator.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include "agent.h"
#include "module.h"

napi_value call_trim(napi_env env, napi_callback_info info)
{
    int (*trim)(size_t) = (int (*)(size_t))dlsym(RTLD_DEFAULT, "malloc_trim");

    heap_trim();
    if (trim)
        trim(0);
    return NULL;
}

napi_value call_limit_heap(napi_env env, napi_callback_info info)
{
    size_t count = 1;
    napi_value argument;
    double bytes = 0;

    napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
    if (napi_get_value_double(env, argument, &bytes) == napi_ok && bytes > 0)
        heap_limit((size_t)bytes);
    return NULL;
}

napi_value call_gather(napi_env env, napi_callback_info info)
{
    size_t count = 1;
    napi_value argument;
    bool begins = false;

    napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
    napi_get_value_bool(env, argument, &begins);
    if (begins)
        gather_begin();
    else
        gather_end();
    return NULL;
}

/* Without arguments: never. */
napi_value call_set_flags_later(napi_env env, napi_callback_info info)
{
    size_t count = 2, size;
    napi_value arguments[2];
    char flags[FLAGS_SIZE];
    double milliseconds = 0;

    napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
    if (count < 2)
        flags_never();
    else if (napi_get_value_string_utf8(env, arguments[0], flags, sizeof flags, &size) == napi_ok &&
             napi_get_value_double(env, arguments[1], &milliseconds) == napi_ok)
        flags_later(flags, (int64_t)(milliseconds * NS_PER_MS));
    return NULL;
}
