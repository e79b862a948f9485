/*
 * Runs a program for which the kernel has no io_uring.
 *
 * CRIU cannot write io_uring rings, and every Node.js from 22 on opens some where the kernel lets
 * it. A seccomp filter answers ENOSYS to the three system calls, as an older kernel would, so that
 * libuv goes the way that it goes there. The filter stays for children, and CRIU writes and
 * restores it with the process.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include "criu.h"

#define MOST_VARIABLES 16384
#define FIRST 1               /* of a PID namespace */
#define LAST_LOW_NUMBER "127" /* below which a program that is the first process never is */

/* The three numbers follow each other. Of another architecture's calls nobody makes any here. */
static struct sock_filter filter[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, __NR_io_uring_setup, 0, 2),
    BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, __NR_io_uring_register, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

/* The environment with the number of the servant in it. */
static char **add_servant(char **environment, long servant)
{
    static char *all[MOST_VARIABLES], buffer[64];
    struct text text = TEXT_IN(buffer);
    size_t count = 0;

    for (; environment[count] && count < MOST_VARIABLES - 2; count++)
        all[count] = environment[count];
    text_add(&text, "CRAC_CRIU_SERVANT=");
    text_add_number(&text, (uint64_t)servant);
    all[count] = text.start;
    return all;
}

/*
 * The first process of a PID namespace stays what it is: nobody outside of its tree is there to run
 * CRIU, and in the next container the numbers of the first processes are taken. Returns in a child
 * with a higher number, of which the first process is the servant.
 */
static long step_aside(char **environment)
{
    long file = sys(SYS_open, "/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC), child;

    sys(SYS_write, file, LAST_LOW_NUMBER,
        sizeof LAST_LOW_NUMBER - 1); /* else it gets the next one */
    sys(SYS_close, file);
    child = sys(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child > 0)
        stand_for(child, environment);
    if (sys(SYS_getsid, 0) == 0) /* CRIU refuses a session that lies outside of the namespace */
        sys(SYS_setsid);
    return child == 0 ? FIRST : child;
}

/* What the program finds: a servant, and no io_uring. */
static char **prepare(char **environment)
{
    const uint64_t all = ~0ull;
    uint64_t mask;
    long servant;

    sys(SYS_rt_sigprocmask, SIG_SETMASK, &all, &mask, sizeof mask);
    servant = sys(SYS_getpid) == FIRST ? step_aside(environment) : servant_start(environment);
    set_signal_mask(mask);
    if (sys_failed(servant))
        fail(STATUS_REFUSED, "Cannot start the process that runs CRIU at a checkpoint", servant);
    return add_servant(environment, servant);
}

/* Without it no filter is needed, under which CRIU needs more privileges. */
static int has_io_uring(void)
{
    struct io_uring_params parameters = {0};
    long ring = sys(SYS_io_uring_setup, 1, &parameters);

    if (sys_failed(ring))
        return 0;
    sys(SYS_close, ring);
    return 1;
}

_Noreturn void run_without_io_uring(char **words, char **environment)
{
    struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};
    long error;

    environment = prepare(environment);
    error = has_io_uring() ? sys(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) : 0;
    if (error == 0 && has_io_uring())
        error = sys(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
    if (error)
        fail(STATUS_REFUSED,
             "Cannot keep the program from using io_uring, which CRIU cannot write: the kernel "
             "takes no seccomp filter",
             error);
    error = sys(SYS_execve, words[0], words, environment);
    fail(STATUS_REFUSED, "Cannot run the program, name it by its path", error);
}
