/*
 * An addon that gives the process nearly as many mappings as Linux lets it have by default, some of
 * them far from all others.
 *
 *     fill()    makes them: true if there are that many
 */
#define _GNU_SOURCE
#include <node_api.h>
#include <stdint.h>
#include <sys/mman.h>

#define PAGE 4096
#define NEIGHBOURS 60000
#define ALONE 3000
#define FIRST 0x100000000000
#define DISTANCE 0x200000

static int fill(void)
{
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    uint8_t *memory = mmap(NULL, NEIGHBOURS * PAGE, PROT_READ, flags, -1, 0);
    int made = memory != MAP_FAILED;

    for (int i = 0; i < NEIGHBOURS && made; i += 2)
        made = mprotect(memory + i * PAGE, PAGE, PROT_READ | PROT_WRITE) == 0;
    for (int64_t i = 0; i < ALONE && made; i++)
        made = mmap((void *)(FIRST + i * DISTANCE), PAGE, PROT_READ, flags, -1, 0) != MAP_FAILED;
    return made;
}

static napi_value call_fill(napi_env env, napi_callback_info info)
{
    napi_value value;

    napi_get_boolean(env, fill(), &value);
    return value;
}

NAPI_MODULE_INIT()
{
    const napi_property_descriptor functions[] = {
        {"fill", NULL, call_fill, NULL, NULL, NULL, napi_default, NULL},
    };

    napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions);
    return exports;
}
