/*
 * The story of a checkpoint that another program makes (suspend.h).
 *
 * Everything lies where it was in the restored process, the workspace included, and the main thread
 * goes on behind its system call: only who sends the signal tells a restore from a checkpoint.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <sys/uio.h>
#include "../arch/x86_64/memory.h"
#include "random.h"
#include "suspend.h"

/* Who restored this process: it stays for as long, and runs the program at the next checkpoint. */
static int servant;

/* Descriptors with what watches them, and which mappings a pool may lie in. What an image of our
 * own could not hold is no problem here. */
static int collect_rest(struct workspace *w, struct crac_error *error)
{
    long failed;

    w->save.placeholders = w->request->placeholders;
    w->save.placeholder_count = (uint32_t)w->request->placeholder_count;
    failed = objects_save(&w->save);
    if (failed)
        return error_set(error, "collect", failed, "cannot list", "the open descriptors");
    if (maps_collect(w, error) != 0)
        return -1;
    if (pools_in_motion())
        return 1;
    failed = stand_ins_list(w->request);
    return failed ? error_set(error, "collect", failed, "too many", "descriptors are left out") : 0;
}

/* Takes the secrets out of memory; the keeper has a copy. */
static void conceal_kept(const struct workspace *w)
{
    for (size_t i = 0; i < w->request->secret_count; i++)
        memory_fill(w->request->secrets[i].bytes, 0, w->request->secrets[i].size);
}

/* Fetches them from the keeper: 0, or a negated errno. */
static long reveal_kept(const struct workspace *w, int keeper)
{
    for (size_t i = 0; i < w->request->secret_count; i++) {
        const struct secret *secret = &w->request->secrets[i];
        struct iovec range = {secret->bytes, secret->size};
        long got = sys(SYS_process_vm_readv, keeper, &range, 1, &range, 1, 0);
        if (got != (long)secret->size && secret->size > 0)
            return sys_failed(got) ? got : -EFAULT;
    }
    return 0;
}

/* Waits until somebody tells how things stand. */
static siginfo_t wait_for_word(void)
{
    const uint64_t set = 1ull << (SUSPEND_SIGNAL - 1);
    siginfo_t info;

    do
        info.si_code = 0;
    while (sys(SYS_rt_sigtimedwait, &set, &info, 0, 8) != SUSPEND_SIGNAL ||
           info.si_code != SI_QUEUE);
    return info;
}

/* Ends the process, which has lost what it needs to go on. */
static void give_up(const char *sentence)
{
    sys(SYS_write, 2, sentence, text_length(sentence));
    sys(SYS_exit_group, 71);
}

/* The process that was checkpointed goes on, whether there is an image or not. */
static void go_on(struct workspace *w, const siginfo_t *word)
{
    long keeper = sys(SYS_pidfd_open, word->si_pid, 0);
    long failed = sys_failed(keeper) ? keeper : stand_ins_take_back(w, keeper);

    if (failed || reveal_kept(w, word->si_pid) != 0)
        give_up(
            "crac: the process cannot get its descriptors and secrets back after a checkpoint; "
            "it must be allowed to trace processes of its own user (kernel.yama.ptrace_scope).\n");
    sys(SYS_pidfd_send_signal, keeper, SIGKILL, 0, 0);
    sys(SYS_close, keeper);
}

/* Ends a restored process that cannot have what it had. Standard error is the restorer's by now. */
static void refuse_restore(long error)
{
    static char buffer[1024];
    struct text sentence = TEXT_IN(buffer);
    const char *path = stand_ins_blamed();

    text_add(&sentence, "crac restore: ");
    text_add(&sentence, path ? path : "the standard streams");
    if (error == -ESTALE) {
        text_add(&sentence, " has changed since the checkpoint, when the process had it open; "
                            "allow that with changed: allow in its policy.\n");
    } else {
        text_add(&sentence, " cannot be opened again: ");
        text_add(&sentence, errno_text(-error));
        text_add(&sentence, ".\n");
    }
    sys(SYS_write, 2, sentence.start, sentence.used);
    sys(SYS_exit_group, error == -ESTALE ? 78 : 71);
}

/* The restored process: takes over what the restorer brings and differs from its siblings from here
 * on. */
static void wake_up(struct workspace *w, const siginfo_t *word, struct crac_suspended *result)
{
    long restorer = sys(SYS_pidfd_open, word->si_pid, 0);
    long failed = sys_failed(restorer) ? restorer : stand_ins_take_over(w, restorer);

    if (failed)
        refuse_restore(failed);
    servant = word->si_pid;
    result->brought = (int)sys(SYS_pidfd_getfd, restorer, word->si_value.sival_int, 0);
    sys(SYS_close, restorer);
    result->status = CRAC_RESTORED;
    random_renew();
    if (pools_refill() != 0 || generators_renew_all(w->generators, w->generator_count) != 0)
        give_up("crac restore: the kernel gives no random numbers (getrandom), which this process "
                "needs to differ from other copies; allow that system call.\n");
}

/* Has the keeper work and waits. */
static void sleep_and_wake(struct workspace *w, long keeper, struct crac_suspended *result)
{
    siginfo_t word;

    keeper_go(keeper);
    word = wait_for_word();
    if (word.si_value.sival_int >= 0) {
        wake_up(w, &word, result);
        return;
    }
    go_on(w, &word);
    random_renew();
    result->status = word.si_value.sival_int == SUSPEND_WRITTEN ? CRAC_WRITING : CRAC_FAILED;
    result->program_status = -2 - word.si_value.sival_int;
    if (result->status == CRAC_WRITING)
        pools_refill();
    else
        error_set(&result->error, "dump", 0, "the program ended without", "an image");
}

/* While the world is stopped. */
static void suspend(struct workspace *w, const struct crac_suspension *suspension,
                    struct crac_suspended *result)
{
    long keeper, failed;

    struct crac_suspension served = *suspension;

    if (servant)
        served.servant = servant;
    pools_settle(w);
    if (pools_expect_refill(w, &result->error) != 0)
        return;
    keeper = keeper_start(&served);
    if (sys_failed(keeper)) {
        error_set(&result->error, "fork", keeper, "cannot start", "a process");
        return;
    }
    conceal_kept(w);
    failed = stand_ins_lay(w);
    if (failed)
        give_up("crac: the process cannot put descriptors aside for a checkpoint; too many are "
                "open.\n");
    sleep_and_wake(w, keeper, result);
}

void crac_suspend(const struct crac_suspension *suspension, struct crac_suspended *result)
{
    const uint64_t all = ~0ull;
    static uint64_t signal_mask;
    struct workspace *w = WORKSPACE;
    long opened;

    result->status = CRAC_FAILED;
    result->program_status = result->brought = -1;
    world_wait_whole();
    opened = workspace_open();
    if (opened) {
        error_set(&result->error, "collect", opened, "cannot get memory for", "the checkpoint");
        return;
    }
    w->request = suspension->request;
    w->image.head_address = origin_free_head(); /* room to read in (maps.c) */
    sys(SYS_rt_sigprocmask, SIG_SETMASK, &all, &signal_mask, 8);
    if (hints_read(w, &result->error) == 0) {
        if (world_collect(w, collect_rest, &result->error) == 0)
            suspend(w, suspension, result);
        world_release();
        result->pause = clock_ns() - w->stopped_at;
    }
    workspace_close();
    sys(SYS_rt_sigprocmask, SIG_SETMASK, &signal_mask, 0, 8);
}
