/*
 * An addon that maps what is free around the vDSO that libc remembers. The kernel places mappings
 * there itself where a restored process has got a higher mmap_base than the one in the image.
 *
 *     fill()    takes them
 */
#define _GNU_SOURCE
#include <node_api.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#define PAGE 4096
#define PAGES 16

static napi_value call_fill(napi_env env, napi_callback_info info)
{
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
    uint64_t vdso = getauxval(AT_SYSINFO_EHDR);

    for (int i = -PAGES; i < PAGES; i++) {
        /* Rights as what the launcher leaves has: the kernel makes one mapping of equal neighbours.
         */
        int rights = i < 0 ? PROT_NONE : PROT_READ | PROT_EXEC;
        mmap((void *)(vdso + (int64_t)i * PAGE), PAGE, rights, flags, -1, 0);
    }
    return NULL;
}

NAPI_MODULE_INIT()
{
    const napi_property_descriptor functions[] = {
        {"fill", NULL, call_fill, NULL, NULL, NULL, napi_default, NULL},
    };

    napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions);
    return exports;
}
