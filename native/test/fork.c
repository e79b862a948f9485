/*
 * An addon that makes a copy of the process, as a snapshot does, but of its main thread alone.
 *
 *     fork()       0 in the copy, its pid in the original; the copy dies with the original
 *     exit()       ends the copy at once
 *     wait(pid)    waits until the copy has ended
 *
 * The copy may compute and write; it has no other thread, so it must not wait for any. V8 keeps
 * some of its memory from copies (MADV_DONTFORK), which is taken back.
 */
#define _GNU_SOURCE
#include <node_api.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIFETIME 30 /* seconds */

static void give_all_memory(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    uintptr_t start, end;
    char line[4096];

    while (maps && fgets(line, sizeof line, maps))
        if (sscanf(line, "%lx-%lx", &start, &end) == 2)
            madvise((void *)start, end - start, MADV_DOFORK);
    if (maps)
        fclose(maps);
}

static napi_value call_fork(napi_env env, napi_callback_info info)
{
    napi_value value;
    pid_t pid;

    give_all_memory();
    pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        alarm(LIFETIME);
    }
    napi_create_int32(env, pid, &value);
    return value;
}

static napi_value call_exit(napi_env env, napi_callback_info info)
{
    _exit(0);
}

static napi_value call_wait(napi_env env, napi_callback_info info)
{
    size_t count = 1;
    napi_value argument;
    int32_t pid = 0;

    napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
    napi_get_value_int32(env, argument, &pid);
    waitpid(pid, NULL, 0);
    return NULL;
}

NAPI_MODULE_INIT()
{
    const napi_property_descriptor functions[] = {
        {"fork", NULL, call_fork, NULL, NULL, NULL, napi_default, NULL},
        {"exit", NULL, call_exit, NULL, NULL, NULL, napi_default, NULL},
        {"wait", NULL, call_wait, NULL, NULL, NULL, napi_default, NULL},
    };

    napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions);
    return exports;
}
