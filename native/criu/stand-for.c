/*
 * Stands for a child: hands signals on to it, runs CRIU for its checkpoints, and ends as it does.
 *
 * A terminal sends its signals to the child as well, so those that the kernel sent are not handed
 * on, and neither are copies of them: the parent of this process (crac restore) hands on whatever
 * it gets, and cannot tell who sent it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include "../agent/suspend.h"
#include "criu.h"

#define COPY_NS 1000000000ull /* so late a copy may come */
#define SIGNALS 65

/* Ends as the process did. */
static _Noreturn void end_like(int status)
{
    struct rlimit none = {0, 0};

    if (WIFSIGNALED(status)) {
        sys(SYS_prlimit64, 0, RLIMIT_CORE, &none, 0);
        sys(SYS_kill, sys(SYS_getpid), WTERMSIG(status));
        set_signal_mask(0);
    }
    for (;;)
        sys(SYS_exit_group, WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

static uint64_t now(void)
{
    struct timespec time;

    sys(SYS_clock_gettime, CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* Whether a signal is for the child and did not reach it yet. */
static int is_to_hand_on(const siginfo_t *info)
{
    static uint64_t from_kernel[SIGNALS];
    int number = info->si_signo;

    if (number == SIGCHLD)
        return 0;
    if (info->si_code > 0) {
        from_kernel[number] = now();
        return 0;
    }
    return info->si_pid != (int)sys(SYS_getppid) || from_kernel[number] == 0 ||
           now() - from_kernel[number] > COPY_NS;
}

/* Reaps whoever has ended; ends with the process. */
static void reap(long process)
{
    int status;
    long ended;

    while ((ended = sys(SYS_wait4, -1, &status, WNOHANG | __WALL, 0)) > 0)
        if (ended == process)
            end_like(status);
}

_Noreturn void stand_for(long process, char **environment)
{
    const uint64_t all = ~0ull;
    siginfo_t info;

    for (;;) {
        reap(process);
        if (sys(SYS_rt_sigtimedwait, &all, &info, 0, sizeof all) < 0)
            continue;
        if (info.si_signo == SUSPEND_SIGNAL && info.si_code == SI_QUEUE)
            serve(info.si_pid, info.si_value.sival_int, environment);
        else if (is_to_hand_on(&info))
            sys(SYS_kill, process, info.si_signo);
    }
}
