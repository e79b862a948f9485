/*
 * An addon with threads at the edges of their memory, behind which nothing is mapped.
 *
 *     start()    one waits with its stack pointer at the end of its stack, as threads of a runtime
 *                of its own may; one runs at the first instruction of its code, as WebAssembly does
 *     finish()   ends both, when they go on
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <node_api.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096
#define STACK_PAGES 16

static pthread_t waiting, running;
static uint8_t *stack_end, *code;
static uint32_t ended, at_edge;

/* 1: cmpl $0, (%rdi); je 1b; ret */
static const uint8_t run_until_set[] = {0x83, 0x3f, 0x00, 0x74, 0xfb, 0xc3};

static void *wait_at_edge(void *argument)
{
    __atomic_add_fetch(&at_edge, 1, __ATOMIC_SEQ_CST);
    while (!__atomic_load_n(&ended, __ATOMIC_SEQ_CST)) {
        register long timeout __asm__("r10") = 0;
        long result = SYS_futex;
        __asm__ volatile("mov %%rsp, %%rbx\n\t"
                         "mov %[end], %%rsp\n\t"
                         "syscall\n\t"
                         "mov %%rbx, %%rsp"
                         : "+a"(result)
                         : [end] "r"(stack_end), "D"(&ended), "S"(FUTEX_WAIT_PRIVATE), "d"(0),
                           "r"(timeout)
                         : "rbx", "rcx", "r11", "memory");
    }
    return NULL;
}

static void *run_at_edge(void *argument)
{
    __atomic_add_fetch(&at_edge, 1, __ATOMIC_SEQ_CST);
    ((void (*)(uint32_t *))(void *)code)(&ended);
    return NULL;
}

/* Memory of so many pages between two that nobody can access. */
static uint8_t *make_island(size_t pages)
{
    uint8_t *start = mmap(NULL, (pages + 2) * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    mprotect(start + PAGE, pages * PAGE, PROT_READ | PROT_WRITE);
    return start + PAGE;
}

static napi_value call_start(napi_env env, napi_callback_info info)
{
    stack_end = make_island(STACK_PAGES) + STACK_PAGES * PAGE;
    code = make_island(1);
    memcpy(code, run_until_set, sizeof run_until_set);
    mprotect(code, PAGE, PROT_READ | PROT_EXEC);
    pthread_create(&waiting, NULL, wait_at_edge, NULL);
    pthread_create(&running, NULL, run_at_edge, NULL);
    while (__atomic_load_n(&at_edge, __ATOMIC_SEQ_CST) < 2)
        sched_yield();
    return NULL;
}

static napi_value call_finish(napi_env env, napi_callback_info info)
{
    __atomic_store_n(&ended, 1, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, &ended, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    pthread_join(waiting, NULL);
    pthread_join(running, NULL);
    return NULL;
}

NAPI_MODULE_INIT()
{
    const napi_property_descriptor functions[] = {
        {"start", NULL, call_start, NULL, NULL, NULL, napi_default, NULL},
        {"finish", NULL, call_finish, NULL, NULL, NULL, napi_default, NULL},
    };

    napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions);
    return exports;
}
