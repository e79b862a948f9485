/*
 * An addon with guard pages at the beginning, in the middle and at the end of memory in use, as
 * glibc 2.42 makes them for the stacks of threads.
 *
 *     make()    true if the kernel has guard pages (Linux 6.13)
 *     check()   what is not as make() left it, or ""
 *     replace() has guard pages at all places, and then at none: what holds anything then, or ""
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <node_api.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE 103
#endif

#define PAGE 4096
#define PAGES 12

static const char is_guard[PAGES] = {1, 1, 0, 0, 1, 0, 0, 0, 1, 1, 0, 1};
static uint8_t *memory;

static napi_value call_make(napi_env env, napi_callback_info info)
{
    napi_value value;
    int made = 1;

    memory = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < PAGES && made; i++) {
        if (is_guard[i])
            made = madvise(memory + i * PAGE, PAGE, MADV_GUARD_INSTALL) == 0;
        else
            memory[i * PAGE + 1] = (uint8_t)(i + 1);
    }
    napi_get_boolean(env, made, &value);
    return value;
}

/* Whether the kernel can read a byte there, which ends no process. */
static int is_readable(const uint8_t *byte)
{
    int ends[2];
    int readable = pipe2(ends, O_CLOEXEC) == 0 && write(ends[1], byte, 1) == 1;

    close(ends[0]);
    close(ends[1]);
    return readable;
}

static const char *find_fault(void)
{
    for (int i = 0; i < PAGES; i++) {
        const uint8_t *byte = memory + i * PAGE + 1;
        if (is_readable(byte) == is_guard[i])
            return is_guard[i] ? "a guard page can be read" : "a page between cannot be read";
        if (!is_guard[i] && *byte != i + 1)
            return "a page between holds something else";
    }
    return "";
}

static napi_value call_check(napi_env env, napi_callback_info info)
{
    napi_value value;

    napi_create_string_utf8(env, find_fault(), NAPI_AUTO_LENGTH, &value);
    return value;
}

/* A guard page is zero when it is removed, whatever was there before. */
static const char *replace(void)
{
    if (madvise(memory, PAGES * PAGE, MADV_GUARD_INSTALL) != 0)
        return "guard pages cannot be laid over all of it";
    for (int i = 0; i < PAGES; i++)
        if (is_readable(memory + i * PAGE + 1))
            return "a new guard page can be read";
    if (madvise(memory, PAGES * PAGE, MADV_GUARD_REMOVE) != 0)
        return "guard pages cannot be removed";
    for (int i = 0; i < PAGES; i++) {
        if (!is_readable(memory + i * PAGE + 1))
            return "a page whose guard was removed cannot be read";
        if (memory[i * PAGE + 1] != 0)
            return "a page whose guard was removed is not zero";
        memory[i * PAGE + 1] = 1;
    }
    return "";
}

static napi_value call_replace(napi_env env, napi_callback_info info)
{
    napi_value value;

    napi_create_string_utf8(env, replace(), NAPI_AUTO_LENGTH, &value);
    return value;
}

NAPI_MODULE_INIT()
{
    const napi_property_descriptor functions[] = {
        {"make", NULL, call_make, NULL, NULL, NULL, napi_default, NULL},
        {"check", NULL, call_check, NULL, NULL, NULL, napi_default, NULL},
        {"replace", NULL, call_replace, NULL, NULL, NULL, napi_default, NULL},
    };

    napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions);
    return exports;
}
