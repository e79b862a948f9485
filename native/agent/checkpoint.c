/*
 * The story of a checkpoint, told once.
 *
 * crac_checkpoint() ends in one of four ways: the process has exited and its image is on disk; the
 * image is being written by a child while this process goes on; it failed and this process goes on
 * as before; or this *is* the restored process. On every path that goes on, the threads run again
 * and the signal mask is the old one.
 */
#include <signal.h>
#include <time.h>
#include "../image/cpu.h"
#include "agent.h"
#include "random.h"
#include "v8-layout.h"

#define RETRY_NS                                                                                   \
    100000 /* a ring with queued entries, a thread inside of the vDSO: they pass by themselves */

/* How long threads are given to finish what they do; JavaScript waits meanwhile. */
#define PATIENCE_NS 20000000ull

/* What survives the restore: static, and not changed while memory is written. */
static struct {
    uint64_t signal_mask;
    struct crac_result *result; /* on the stack of the caller, which is in the image, too */
} pending;

/* Whether an instruction belongs to a vDSO: the kernel's, or the one that libc remembers. */
static int is_vdso(const struct workspace *w, uint64_t at)
{
    if (at >= w->image.vdso_start && at < w->image.vdso_end)
        return 1;
    return origin.restored && at >= origin_handoff()->keep_start && at < origin_handoff()->keep_end;
}

/* Whether a stopped thread is in the middle of reading a clock: after a restore it would put
 * together what belongs to two machines. */
static int is_reading_clock(const struct workspace *w)
{
    for (size_t i = 1; i < w->thread_count; i++) {
        uint64_t at = thread_instruction(&w->stopped[i]);
        if (is_vdso(w, at) || clock_in_motion(at))
            return 1;
    }
    return 0;
}

static void name_image(struct workspace *w)
{
    struct timespec now;

    w->image.magic = CRAC_MAGIC;
    w->image.format = CRAC_FORMAT;
    w->image.head_address = origin_free_head();
    sys(SYS_clock_gettime, CLOCK_REALTIME, &now);
    w->image.created = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    for (size_t i = 0; i < sizeof w->image.id; i++)
        w->image.id[i] = w->request->id[i];
    cpu_read(&w->cpu);
    for (int i = 0; i < CRAC_CPU_WORDS; i++)
        w->cpu.features[i] &= w->request->cpu_limit[i];
}

/* Asks the kernel for everything but pages. Returns 0, 1 to try again in a moment, or -1. */
static int collect(struct workspace *w, struct crac_error *error)
{
    long failed;

    w->save.environment_port = w->request->environment_port;
    w->save.placeholders = w->request->placeholders;
    w->save.placeholder_count = (uint32_t)w->request->placeholder_count;
    w->save.reopened = w->request->reopened;
    w->save.reopened_count = w->request->reopened_count;
    w->save.unchecked = w->request->unchecked;
    w->save.unchecked_count = w->request->unchecked_count;
    w->save.closed = w->request->closed;
    w->save.closed_count = w->request->closed_count;
    failed = objects_save(&w->save);
    if (failed)
        return error_set(error, "collect", failed, "cannot list", "the open descriptors");
    if (maps_collect(w, error) != 0 || process_collect(w, error) != 0)
        return -1;
    if (w->save.busy || is_reading_clock(w) || pools_in_motion())
        return 1;
    clock_collect(w);
    w->image.kernel_needs = w->save.needs | (w->image.pkeys ? CRAC_NEEDS_PKEYS : 0) |
                            (mapped_possible() ? 0 : CRAC_NEEDS_COPY);
    if (w->save.fds.used)
        w->image.highest_fd = ((struct crac_fd *)(w->save.fds.start + w->save.fds.used))[-1].fd;
    for (size_t i = 1; i < w->thread_count; i++)
        w->threads[i] = w->stopped[i].record;
    if (w->save.problem_count == 0)
        return 0;
    return error_set(error, "collect", 0, "the process holds", "what can't travel");
}

/* Empties what a collection that is tried again would fill twice. */
static void forget(struct workspace *w)
{
    w->save.fds.used = w->save.epolls.used = w->save.strings.used = w->save.bytes.used = 0;
    w->save.ring_count = w->save.problem_count = w->save.needs = 0;
    w->save.busy = 0;
    w->file_count = 0;
    for (size_t i = 0; i < CRAC_MAX_THREADS && w->stopped[i].ready; i++)
        w->stopped[i].ready = 0;
}

/*
 * Whether the threads are better let go on for a moment: idle ones hold no locks, those that never
 * idle are taken as they are when patience ends, but not in the middle of locking (owners.c) unless
 * they stay there.
 */
static int is_passing(const struct workspace *w, uint64_t patience, uint64_t deadline)
{
    uint64_t now = clock_ns();

    if (now >= deadline)
        return 0;
    if (threads_all_blocked(w))
        return now < patience && owners_in_motion(w);
    return now < patience || owners_in_motion(w);
}

static int fail_busy(struct crac_error *error)
{
    return error_set(error, "collect", 0, "an io_uring or a thread stays busy:",
                     "requests are in flight that do not end");
}

static int fail_generators(struct crac_error *error)
{
    return error_set(error, "collect", 0,
                     "at every attempt V8 was moving its contexts or drawing random numbers in",
                     "a worker: start the program with CRAC_RUNTIME=-math-random to accept that "
                     "Math.random() repeats");
}

int world_collect(struct workspace *w, int (*collect_rest)(struct workspace *, struct crac_error *),
                  struct crac_error *error)
{
    uint64_t deadline = clock_ns() + w->request->stop_timeout;
    uint64_t patience =
        clock_ns() +
        (w->request->stop_timeout / 2 < PATIENCE_NS ? w->request->stop_timeout / 2 : PATIENCE_NS);
    struct timespec moment = {0, RETRY_NS};
    int result;

    for (;;) {
        thread_record(&w->stopped[0].record);
        w->stopped[0].ready = 1;
        w->stopped[0].isolate = v8_isolate();
        w->stopped_at = clock_ns();
        if (world_stop(w, error) != 0)
            return -1;
        result = is_passing(w, patience, deadline) ? 1 : generators_collect(w, error);
        if (result == 0)
            result = collect_rest(w, error);
        if (result <= 0)
            return result;
        if (clock_ns() > deadline)
            return w->generators_moving ? fail_generators(error) : fail_busy(error);
        world_release();
        forget(w);
        sys(SYS_nanosleep, &moment, 0);
    }
}

static void report_problems(struct workspace *w, struct crac_result *result)
{
    result->problem_count = w->save.problem_count;
    for (uint32_t i = 0; i < w->save.problem_count && i < CRAC_MAX_PROBLEMS; i++)
        result->problems[i] = w->save.problems[i];
}

/* Writes the image; returns only if that failed or if a child writes it. */
static void write_image(struct workspace *w, struct crac_result *result)
{
    w->threads[0] = w->stopped[0].record;
    fault_point(w, "threads-stopped");
    conceal(w);
    if (w->request->keep_running) {
        if (pools_expect_refill(w, &result->error) == 0 &&
            writer_start(w, &result->writer, &result->error) == 0)
            result->status = CRAC_WRITING;
    } else if (image_write(w, &result->error) == 0) {
        sys(SYS_exit_group, 0);
    }
    reveal(w);
}

/* The first steps of the restored process. */
static void wake_up(void)
{
    resume_process();
    pending.result->status = CRAC_RESTORED;
    pending.result->restored_at = clock_ns();
}

/* With the workspace open and signals blocked: until this process goes on, or has gone. */
static void run(struct workspace *w, struct crac_result *result)
{
    if (world_collect(w, collect, &result->error) == 0) {
        pools_settle(w);
        resume_expect(w->image.head_address);
        world_expect((uint32_t)w->thread_count);
        if (context_save(&w->stopped[0].record) == 0)
            write_image(w, result);
        else
            return wake_up();
    } else {
        report_problems(w, result);
    }
    world_expect_nobody();
    head_close(w->image.head_address);
    random_renew();
    if (result->status == CRAC_WRITING)
        pools_refill();
    world_release();
    result->pause = clock_ns() - w->stopped_at;
}

void crac_checkpoint(const struct crac_request *request, struct crac_result *result)
{
    const uint64_t all = ~0ull;
    struct workspace *w = WORKSPACE;
    long opened;

    result->status = CRAC_FAILED;
    world_wait_whole(); /* of an earlier restore: its launcher lies where the workspace will be */
    opened = workspace_open();
    if (opened) {
        error_set(&result->error, "collect", opened, "cannot get memory for", "the checkpoint");
        return;
    }
    w->request = request;
    clock_prepare();
    name_image(w);
    sys(SYS_rt_sigprocmask, SIG_SETMASK, &all, &pending.signal_mask, 8);
    pending.result = result;
    if (hints_read(w, &result->error) == 0)
        run(w, result);
    if (result->status != CRAC_RESTORED)
        workspace_close();
    sys(SYS_rt_sigprocmask, SIG_SETMASK, &pending.signal_mask, 0, 8);
}
