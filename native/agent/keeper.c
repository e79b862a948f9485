/*
 * The keeper: a fork of the process that lies outside of its tree, for what writes a process writes
 * its children, too.
 *
 * It keeps the open files under the stand-ins and, as a copy of memory, the secrets; starts the
 * program that writes; tells the process how that ended; and waits until the process has taken back
 * what it needs and ends it, or has ended itself. Nothing but raw system calls: other threads of
 * the original may hold any lock.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/memfd.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include "suspend.h"

#define NOT_STARTED 0x7f00 /* wait status of a program that ended with 127 */

/* What rt_sigqueueinfo() sends: the kernel's siginfo_t, as far as it counts. */
struct queued {
    int number, error, code, padding;
    int pid;
    uint32_t uid;
    uint64_t value;
    uint8_t rest[96];
};

/* Sends the signal: 0, or a negated errno. */
static long tell(long process, int value)
{
    struct queued info = {.number = SUSPEND_SIGNAL,
                          .code = SI_QUEUE,
                          .pid = (int)sys(SYS_getpid),
                          .uid = (uint32_t)sys(SYS_getuid),
                          .value = (uint32_t)value};

    return sys(SYS_rt_sigqueueinfo, process, SUSPEND_SIGNAL, &info);
}

/* Becomes the program; nothing of the process is open in it. */
static void become_program(const struct crac_suspension *suspension)
{
    const uint64_t none = 0;
    long null = sys(SYS_open, "/dev/null", O_RDWR);

    for (int fd = 0; fd <= 2; fd++)
        sys(SYS_dup2, null, fd);
    sys(SYS_close_range, 3, ~0u, 0);
    for (int number = 1; number <= 64; number++) {
        struct crac_sigaction action = {0};
        sys(SYS_rt_sigaction, number, &action, 0, 8);
    }
    sys(SYS_rt_sigprocmask, SIG_SETMASK, &none, 0, 8);
    sys(SYS_execve, suspension->command[0], suspension->command, suspension->environment);
    sys(SYS_exit_group, 127);
}

/* Starts the program and waits for its end: its status. */
static int run_program(const struct crac_suspension *suspension)
{
    int status = NOT_STARTED;
    long child = sys(SYS_clone, SIGCHLD, 0, 0, 0, 0);

    if (child == 0)
        become_program(suspension);
    if (sys_failed(child))
        return NOT_STARTED;
    while (sys(SYS_wait4, child, &status, 0, 0) == -EINTR)
        ;
    return status;
}

/* Waits for the word of the servant: the program's status. */
static int wait_for_servant(long servant)
{
    const uint64_t set = 1ull << (SUSPEND_SIGNAL - 1);
    const struct timespec moment = {.tv_sec = 1};
    siginfo_t info;

    for (;;) {
        long got = sys(SYS_rt_sigtimedwait, &set, &info, &moment, sizeof set);
        if (got == SUSPEND_SIGNAL && info.si_code == SI_QUEUE && info.si_pid == servant)
            return info.si_value.sival_int;
        if (got == -EAGAIN && sys(SYS_kill, servant, 0) != 0)
            return NOT_STARTED;
    }
}

/* Has the servant run the program: its status, or -1 when there is no servant. */
static int have_run(const struct crac_suspension *suspension)
{
    long file = sys(SYS_memfd_create, "command", MFD_CLOEXEC);

    if (suspension->servant <= 0 || sys_failed(file))
        return -1;
    for (char *const *word = suspension->command; *word; word++)
        sys(SYS_write, file, *word, text_length(*word) + 1);
    if (tell(suspension->servant, (int)file) != 0)
        return -1;
    return wait_for_servant(suspension->servant);
}

/* The keeper's life. */
static void keep(const struct crac_suspension *suspension, long process, int go)
{
    struct pollfd end = {.events = POLLIN};
    char nothing;
    int status;

    sys(SYS_setsid);
    sys(SYS_prctl, PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0,
        0); /* where Yama is: others take what is kept */
    stand_ins_close_others(go);
    end.fd = (int)sys(SYS_pidfd_open, process, 0);
    while (sys(SYS_read, go, &nothing, 1) == -EINTR)
        ;
    status = have_run(suspension);
    if (status == -1)
        status = run_program(suspension);
    tell(process, status == 0 ? SUSPEND_WRITTEN : SUSPEND_FAILED(status));
    while (end.fd >= 0 && sys(SYS_poll, &end, 1, -1) == -EINTR)
        ;
    sys(SYS_exit_group, 0);
}

/* An orphan belongs to the process's tree no more: its parent ends at once. */
static void fork_twice(const struct crac_suspension *suspension, long process, int go)
{
    long keeper = sys(SYS_clone, 0, 0, 0, 0, 0);

    if (keeper == 0)
        keep(suspension, process, go);
    sys(SYS_exit_group, keeper < 0 ? 1 : 0);
}

long keeper_start(const struct crac_suspension *suspension)
{
    long process = sys(SYS_getpid), child, failed;
    int ends[2], status = 0;

    failed = sys(SYS_pipe2, ends, O_CLOEXEC);
    if (failed)
        return failed;
    child = sys(SYS_clone, 0, 0, 0, 0, 0);
    if (child == 0) {
        sys(SYS_close, ends[1]);
        fork_twice(suspension, process, ends[0]);
    }
    sys(SYS_close, ends[0]);
    if (!sys_failed(child)) {
        while (sys(SYS_wait4, child, &status, __WALL, 0) == -EINTR)
            ;
        if (status == 0)
            return ends[1];
        child = -EAGAIN;
    }
    sys(SYS_close, ends[1]);
    return child;
}

void keeper_go(long number)
{
    sys(SYS_close, number);
}
