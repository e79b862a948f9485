/*
 * Random numbers of a process that somebody else has copied: a snapshot of its machine, or of all
 * its memory by another engine.
 *
 * An image of ours says where generators and pools lie, so its copies renew them before their first
 * instruction. Here the process runs already, with the states that all other copies have, too. So
 * the world is stopped once more, the same is looked for, and renewed on the spot: no thread sees
 * an old state afterwards. What was drawn before that is as old as the snapshot; nobody can change
 * it any more.
 */
#include <signal.h>
#include <time.h>
#include "agent.h"
#include "random.h"
#include "v8-layout.h"

#define RETRY_NS 100000

/* Lets the threads go on for a moment and forgets what was seen. */
static void let_pass(struct workspace *w)
{
    const struct timespec moment = {0, RETRY_NS};

    world_release();
    w->file_count = 0;
    for (size_t i = 0; i < CRAC_MAX_THREADS && w->stopped[i].ready; i++)
        w->stopped[i].ready = 0;
    sys(SYS_nanosleep, &moment, 0);
}

/* Stops the world when nothing that is looked for is in motion. 0, or -1; stopped in both cases. */
static int stop_and_find(struct workspace *w, struct crac_error *error)
{
    uint64_t deadline = clock_ns() + w->request->stop_timeout;
    int result;

    for (;;) {
        thread_record(&w->stopped[0].record);
        w->stopped[0].ready = 1;
        w->stopped[0].isolate = v8_isolate();
        if (world_stop(w, error) != 0)
            return -1;
        result = pools_in_motion() ? 1 : generators_collect(w, error);
        if (result == 0)
            result = maps_collect(w, error);
        if (result <= 0)
            return result;
        if (clock_ns() > deadline)
            return error_set(error, "renew", 0, "a thread draws random numbers at every attempt:",
                             "those of Math.random() go on as before");
        let_pass(w);
    }
}

/* With the workspace open and signals blocked. What can't be found does not keep the rest from
 * being renewed. */
static int renew(struct workspace *w, struct crac_error *error)
{
    int result = stop_and_find(w, error);

    random_renew();
    if (result == 0) {
        pools_settle(w);
        result = pools_refill();
        if (generators_renew_all(w->generators, w->generator_count) != 0)
            result = -1;
        if (result != 0)
            error_set(error, "renew", 0, "the kernel gives no random numbers:", "getrandom");
    }
    world_release();
    return result;
}

int crac_renew(uint64_t stop_timeout, struct crac_error *error)
{
    const struct crac_request request = {.stop_timeout = stop_timeout};
    const uint64_t all = ~0ull;
    struct workspace *w = WORKSPACE;
    uint64_t signal_mask;
    int result = -1;
    long opened;

    world_wait_whole();
    opened = workspace_open();
    if (opened)
        return error_set(error, "renew", opened, "cannot get memory for", "new random numbers");
    w->request = &request;
    w->image.head_address = CRAC_HEAD_START(origin.head_address == CRAC_HEAD_START(0) ? 1 : 0);
    sys(SYS_rt_sigprocmask, SIG_SETMASK, &all, &signal_mask, 8);
    if (hints_read(w, error) == 0)
        result = renew(w, error);
    else
        random_renew();
    workspace_close();
    sys(SYS_rt_sigprocmask, SIG_SETMASK, &signal_mask, 0, 8);
    return result;
}
