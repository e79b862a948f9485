/*
 * Flags of V8 that are set once the process has computed for a while.
 *
 * JavaScript may compute for long without a turn of its event loop, so another thread watches the
 * processor time of the process: it looks every few milliseconds, and is there only until the flags
 * are set or somebody takes that back.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include "agent.h"

#define LOOKS_NS 5000000ll /* between two looks */

/* Of libuv, which Node exports for its addons. */
typedef unsigned long uv_thread_t;
extern int uv_thread_create(uv_thread_t *thread, void (*entry)(void *), void *argument);
extern int uv_thread_join(uv_thread_t *thread);

static struct {
    char flags[FLAGS_SIZE];
    int64_t end; /* processor time, in nanoseconds */
    _Atomic uint32_t is_over;
    uv_thread_t thread;
    int is_there;
} watch;

static int64_t processor_time(void)
{
    struct timespec time = {0};

    sys(SYS_clock_gettime, CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static void set_flags(const char *flags)
{
    void (*set)(const char *) =
        (void (*)(const char *))dlsym(RTLD_DEFAULT, "_ZN2v82V818SetFlagsFromStringEPKc");

    if (set)
        set(flags);
}

static void look(void *unused)
{
    struct timespec between = {.tv_nsec = LOOKS_NS};

    while (!atomic_load(&watch.is_over)) {
        if (processor_time() >= watch.end) {
            set_flags(watch.flags);
            return;
        }
        sys(SYS_futex, &watch.is_over, FUTEX_WAIT_PRIVATE, 0, &between, 0, 0);
    }
}

void flags_later(const char *flags, int64_t nanoseconds)
{
    uint64_t all = ~0ull, mask;

    flags_never();
    strncpy(watch.flags, flags, FLAGS_SIZE - 1);
    watch.end = processor_time() + nanoseconds;
    atomic_store(&watch.is_over, 0);
    sys(SYS_rt_sigprocmask, SIG_SETMASK, &all, &mask, 8);
    watch.is_there = uv_thread_create(&watch.thread, look, NULL) == 0;
    sys(SYS_rt_sigprocmask, SIG_SETMASK, &mask, 0, 8);
    if (!watch.is_there)
        set_flags(flags);
}

void flags_never(void)
{
    if (!watch.is_there)
        return;
    atomic_store(&watch.is_over, 1);
    sys(SYS_futex, &watch.is_over, FUTEX_WAKE_PRIVATE, 1);
    uv_thread_join(&watch.thread);
    watch.is_there = 0;
}
