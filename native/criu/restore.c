/*
 * Restores a process with CRIU and stands for it (stand-for.c).
 *
 *   descriptor 0-2  become the standard streams of the restored process
 *   descriptor 3    what the restore brings: the restored process takes and reads it
 *   descriptor 4    told how it went: "restored\n", or "failed STATUS\n" with CRIU's wait status
 *   descriptor 5    takes what CRIU prints
 *
 * CRIU makes the restored process a child of this one (--restore-sibling). The process then waits
 * for the signal that names descriptor 3 (native/agent/suspend.h) and goes on with new random
 * numbers.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include "../agent/suspend.h"
#include "criu.h"

#define BROUGHT 3
#define REPORT 4
#define LOG 5

static void report(const char *word, int status)
{
    char buffer[64];
    struct text text = TEXT_IN(buffer);

    text_add(&text, word);
    if (status) {
        text_add(&text, " ");
        text_add_number(&text, (uint32_t)status);
    }
    text_add(&text, "\n");
    sys(SYS_write, REPORT, text.start, text.used);
    sys(SYS_close, REPORT);
}

/* Whether a signal asks for the end of this process. */
static int is_ending(long number)
{
    return number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGQUIT;
}

/* Runs CRIU: its wait status, or a negated errno. Who loses patience ends it, and what it has made.
 */
static long run_criu(char **words, char **environment, long process)
{
    const uint64_t all = ~0ull;
    siginfo_t info;
    int status;
    long child = start_program(words, environment, LOG);

    if (sys_failed(child))
        return child;
    while (sys(SYS_wait4, child, &status, WNOHANG, 0) != child) {
        if (!is_ending(sys(SYS_rt_sigtimedwait, &all, &info, 0, sizeof all)))
            continue;
        sys(SYS_kill, child, SIGKILL);
        sys(SYS_kill, process, SIGKILL);
    }
    return status;
}

_Noreturn void restore(char **words, char **environment)
{
    const char *digits = words[0];
    long process = (long)text_number(&digits, 10), status;

    sys(SYS_prctl, PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
    sys(SYS_prctl, PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0); /* where Yama is */
    set_signal_mask(~0ull);
    status = run_criu(words + 1, environment, process);
    if (status == 0)
        status = send_word(process, BROUGHT);
    if (status) {
        report("failed", (int)status);
        sys(SYS_exit_group, STATUS_REFUSED);
    }
    report("restored", 0);
    sys(SYS_close, LOG);
    stand_for(process, environment);
}
