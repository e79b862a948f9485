/*
 * The servant: runs CRIU for a process that lives under the seccomp filter.
 *
 * Who is under a filter itself may not look into another process that is, so a checkpoint cannot
 * start CRIU from inside. The servant of `crac-criu run` is made before the filter, lies outside of
 * the program's process tree and ends with it; that of a restored process is the one that restored
 * it (restore.c).
 *
 * A keeper (native/agent/keeper.c) asks with the signal of suspend.h, whose value is the number of
 * one of its descriptors: a file with the words of the command, each ended by a zero. It gets the
 * same signal back with the command's wait status.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include "../agent/suspend.h"
#include "criu.h"

#define MOST_TEXT 65536
#define MOST_WORDS 512

void set_signal_mask(uint64_t mask)
{
    sys(SYS_rt_sigprocmask, SIG_SETMASK, &mask, 0, sizeof mask);
}

long send_word(long process, int value)
{
    siginfo_t info = {.si_signo = SUSPEND_SIGNAL, .si_code = SI_QUEUE};

    info.si_pid = (int)sys(SYS_getpid);
    info.si_uid = (uint32_t)sys(SYS_getuid);
    info.si_value.sival_int = value;
    return sys(SYS_rt_sigqueueinfo, process, SUSPEND_SIGNAL, &info);
}

long start_program(char **words, char **environment, int output)
{
    long child = sys(SYS_clone, SIGCHLD, 0, 0, 0, 0);

    if (child == 0) {
        sys(SYS_dup2, sys(SYS_open, "/dev/null", O_RDONLY), 0);
        sys(SYS_dup2, output, 1);
        sys(SYS_dup2, output, 2);
        sys(SYS_close_range, 3, ~0u, 0);
        set_signal_mask(0);
        sys(SYS_execve, words[0], words, environment);
        sys(SYS_exit_group, 127);
    }
    return child;
}

/* Runs a program with its output going to a descriptor: its wait status, or a negated errno. */
static long run_to_end(char **words, char **environment, int output)
{
    int status = 0;
    long child = start_program(words, environment, output);

    if (sys_failed(child))
        return child;
    while (sys(SYS_wait4, child, &status, 0, 0) == -EINTR)
        ;
    return status;
}

/* Reads the words of a keeper's command into `text`: 0, or -1. */
static int read_words(long process, int fd, char *text, char **words)
{
    long keeper = sys(SYS_pidfd_open, process, 0), file = sys(SYS_pidfd_getfd, keeper, fd, 0),
         size = sys(SYS_pread64, file, text, MOST_TEXT - 1, 0);
    size_t count = 0;

    sys(SYS_close, keeper);
    sys(SYS_close, file);
    if (size <= 0)
        return -1;
    text[size] = 0;
    for (long at = 0; at < size && count < MOST_WORDS - 1; at += (long)text_length(text + at) + 1)
        words[count++] = text + at;
    words[count] = NULL;
    return 0;
}

void serve(long keeper, int fd, char **environment)
{
    static char text[MOST_TEXT], *words[MOST_WORDS];
    long null = sys(SYS_open, "/dev/null", O_RDWR | O_CLOEXEC), status = -1;

    if (read_words(keeper, fd, text, words) == 0)
        status = run_to_end(words, environment, (int)null);
    sys(SYS_close, null);
    send_word(keeper, (int)status);
}

/* The servant's life: until the process ends. */
static _Noreturn void serve_until_end(long process, char **environment)
{
    const uint64_t word = 1ull << (SUSPEND_SIGNAL - 1);
    struct pollfd polled[2] = {{.events = POLLIN}, {.events = POLLIN}};
    struct signalfd_siginfo asked;

    sys(SYS_setsid);
    sys(SYS_close_range, 3, ~0u, 0);
    polled[0].fd = (int)sys(SYS_pidfd_open, process, 0);
    for (int fd = 0; fd <= 2; fd++)
        sys(SYS_dup2, sys(SYS_open, "/dev/null", O_RDWR | O_CLOEXEC), fd);
    polled[1].fd = (int)sys(SYS_signalfd4, -1, &word, sizeof word, SFD_CLOEXEC);
    while (polled[0].fd >= 0 && polled[1].fd >= 0) {
        sys(SYS_poll, polled, 2, -1);
        if (polled[0].revents)
            break;
        if (sys(SYS_read, polled[1].fd, &asked, sizeof asked) == sizeof asked &&
            asked.ssi_code == SI_QUEUE)
            serve(asked.ssi_pid, asked.ssi_int, environment);
    }
    for (;;)
        sys(SYS_exit_group, 0);
}

/* Makes it an orphan, and tells its number. */
static _Noreturn void fork_again(long process, int answer, char **environment)
{
    long servant = sys(SYS_clone, 0, 0, 0, 0, 0);

    if (servant == 0)
        serve_until_end(process, environment);
    sys(SYS_write, answer, &servant, sizeof servant);
    for (;;)
        sys(SYS_exit_group, 0);
}

long servant_start(char **environment)
{
    long process = sys(SYS_getpid), servant = -EAGAIN, child, failed;
    int ends[2];

    failed = sys(SYS_pipe2, ends, O_CLOEXEC);
    if (failed)
        return failed;
    child = sys(SYS_clone, 0, 0, 0, 0, 0);
    if (child == 0)
        fork_again(process, ends[1], environment);
    sys(SYS_close, ends[1]);
    if (sys(SYS_read, ends[0], &servant, sizeof servant) < 0)
        servant = -EAGAIN;
    sys(SYS_close, ends[0]);
    sys(SYS_wait4, child, 0, __WALL, 0);
    return servant;
}
