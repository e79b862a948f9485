/*
 * Stopping the world.
 *
 * Every other thread gets signal 33. glibc keeps signals 32 and 33 for itself and never lets them
 * be blocked, so even Node's SignalInspector thread, which blocks everything else, takes it; musl
 * does the same with 32 to 34. libc refuses to install a handler for it, the kernel does not. The
 * kernel puts the thread's full state, vector registers included, on its stack; the handler records
 * the rest and waits on a futex. Returning from the handler brings everything back and restarts
 * interrupted system calls.
 *
 * Invariants:
 *   - `world.stops` is odd while the world is stopped. A handler waits for as long as it has the
 * value of its stop.
 *   - In the restored process handlers continue behind context_save() and wait for the same change
 * of the same word.
 *   - A handler that runs late, after its stop was given up, sees an even number and returns at
 * once.
 */
#include <linux/futex.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include "agent.h"
#include "v8-layout.h"

#define STOP_SIGNAL 33
#define DIRECTORY_FLAGS 0200000 /* O_RDONLY | O_DIRECTORY */
#define PAUSE_NS 50000

static struct {
    uint32_t stops;    /* futex */
    uint32_t claimed;  /* entries of workspace->stopped given out, the main thread's included */
    uint32_t expected; /* threads that the restored process will see arrive */
    uint32_t arrived;  /* and how many of them have left the launcher's code */
    uint32_t partial;  /* futex: not 0 while the restored process is not whole */
    struct crac_sigaction previous; /* action of the stop signal outside of a stop */
} world;

uint64_t clock_ns(void)
{
    struct timespec now;

    sys(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static long futex_wait(uint32_t *word, uint32_t value)
{
    return sys(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, 0);
}

static void pause_a_moment(void)
{
    struct timespec moment = {0, PAUSE_NS};
    sys(SYS_nanosleep, &moment, 0);
}

/* Records this thread and waits for the end of the stop. Runs on every other thread. */
static void on_stop(int number, siginfo_t *info, void *context)
{
    uint32_t stop = __atomic_load_n(&world.stops, __ATOMIC_SEQ_CST);
    uint32_t index;

    if (!(stop & 1))
        return;
    index = __atomic_fetch_add(&world.claimed, 1, __ATOMIC_SEQ_CST);
    if (index >= CRAC_MAX_THREADS)
        goto wait;
    thread_record(&WORKSPACE->stopped[index].record);
    if (context_save(&WORKSPACE->stopped[index].record) == 0) {
        WORKSPACE->stopped[index].context = context;
        WORKSPACE->stopped[index].isolate = v8_isolate();
        __atomic_store_n(&WORKSPACE->stopped[index].ready, 1, __ATOMIC_SEQ_CST);
    } else {
        clock_redirect(resume_head(), context);
        world_arrive();
    }
wait:
    /* Exactly the end of this stop: who is still here when the next one begins must leave, and take
     * its new signal. */
    while (__atomic_load_n(&world.stops, __ATOMIC_SEQ_CST) == stop)
        futex_wait(&world.stops, stop);
}

/* Whether a task is one of the kernel's own (io_uring workers are listed like threads, but take no
 * signals). */
static int is_kernel_worker(const char *tid)
{
    char path_buffer[64], name[32];
    struct text path = TEXT_IN(path_buffer);

    text_add(&path, "/proc/self/task/");
    text_add(&path, tid);
    text_add(&path, "/comm");
    return file_read(path.start, name, sizeof name) > 0 && text_starts(name, "iou-");
}

static int is_known(const struct workspace *w, uint32_t tid)
{
    uint32_t claimed = __atomic_load_n(&world.claimed, __ATOMIC_SEQ_CST);

    for (uint32_t i = 0; i < claimed && i < CRAC_MAX_THREADS; i++)
        if (__atomic_load_n(&w->stopped[i].ready, __ATOMIC_SEQ_CST) &&
            w->stopped[i].record.tid == tid)
            return 1;
    return 0;
}

/* Remembers in `signalled` (a list in the workspace's buffer) that a thread was signalled; 0 if it
 * was already. */
static int first_signal(struct workspace *w, uint32_t tid)
{
    uint32_t *list = (uint32_t *)w->buffer, count = list[0];

    for (uint32_t i = 1; i <= count; i++)
        if (list[i] == tid)
            return 0;
    if (count + 2 < w->buffer_size / sizeof *list) {
        list[++list[0]] = tid;
        return 1;
    }
    return 0;
}

struct directory_entry {
    uint64_t inode, offset;
    uint16_t size;
    uint8_t type;
    char name[];
};

/*
 * Signals every thread that was not signalled yet. Returns the number of threads that are not
 * stopped, or a negated errno; *straggler is one of them.
 */
static long signal_threads(struct workspace *w, uint32_t *straggler)
{
    long self = sys(SYS_gettid), pid = sys(SYS_getpid), missing = 0, got;
    long directory = sys(SYS_open, "/proc/self/task", DIRECTORY_FLAGS);

    if (sys_failed(directory))
        return directory;
    while ((got = sys(SYS_getdents64, directory, w->save.scratch, 65536)) > 0) {
        for (long at = 0; at < got;) {
            struct directory_entry *entry = (struct directory_entry *)(w->save.scratch + at);
            const char *digits = entry->name;
            uint32_t tid = entry->name[0] == '.' ? 0 : (uint32_t)text_number(&digits, 10);

            at += entry->size;
            if (tid == 0 || tid == self || is_known(w, tid) || is_kernel_worker(entry->name))
                continue;
            if (first_signal(w, tid) && sys(SYS_tgkill, pid, tid, STOP_SIGNAL) < 0)
                continue; /* it ended meanwhile */
            missing++;
            *straggler = tid;
        }
    }
    sys(SYS_close, directory);
    return got < 0 ? got : missing;
}

static int fail_straggler(struct crac_error *error, uint32_t tid)
{
    char path_buffer[64], name[32] = "";
    struct text path = TEXT_IN(path_buffer), message = TEXT_IN(error->message);

    text_add(&path, "/proc/self/task/");
    text_add_number(&path, tid);
    text_add(&path, "/comm");
    long size = file_read(path.start, name, sizeof name);
    if (size > 0 && name[size - 1] == '\n')
        name[size - 1] = 0;
    error->phase = "stop";
    error->error = 110; /* ETIMEDOUT */
    text_add(&message, "thread ");
    text_add_number(&message, tid);
    text_add(&message, " (");
    text_add(&message, name);
    text_add(&message, ") did not stop in time; it may wait in the kernel for a device or a child");
    return -1;
}

int world_stop(struct workspace *w, struct crac_error *error)
{
    struct crac_sigaction action = {(uint64_t)on_stop,
                                    SA_SIGINFO | SA_RESTART | 0x04000000 /* SA_RESTORER */,
                                    (uint64_t)context_sigreturn, ~0ull};
    uint64_t deadline = clock_ns() + w->request->stop_timeout;
    struct crac_sigaction previous;
    uint32_t straggler = 0;
    long missing;

    ((uint32_t *)w->buffer)[0] = 0;
    world.claimed = 1; /* entry 0 belongs to the main thread */
    __atomic_fetch_add(&world.stops, 1, __ATOMIC_SEQ_CST);
    sys(SYS_rt_sigaction, STOP_SIGNAL, &action, &previous, 8);
    if (previous.handler != action.handler) /* else it was left from a stop that was given up */
        world.previous = previous;
    /* A thread may start another before it stops: done is only a pass that finds everybody stopped.
     */
    while ((missing = signal_threads(w, &straggler)) > 0 && clock_ns() < deadline)
        pause_a_moment();
    if (missing > 0)
        return fail_straggler(
            error, straggler); /* our handler stays: the signal may still be on its way */
    if (missing < 0)
        return error_set(error, "stop", missing, "cannot list the threads in", "/proc/self/task");
    sys(SYS_rt_sigaction, STOP_SIGNAL, &world.previous, 0, 8);
    w->thread_count = world.claimed;
    if (w->thread_count > CRAC_MAX_THREADS)
        return error_set(error, "stop", -7,
                         "the process has too many threads to stop:", "more than 4096");
    return 0;
}

void world_release(void)
{
    __atomic_fetch_add(&world.stops, 1, __ATOMIC_SEQ_CST);
    sys(SYS_futex, &world.stops, FUTEX_WAKE_PRIVATE, 0x7fffffff);
}

void world_expect(uint32_t count)
{
    world.expected = count;
    world.arrived = 0;
    world.partial = 1;
}

void world_expect_nobody(void)
{
    world.partial = 0;
}

void world_arrive(void)
{
    if (__atomic_add_fetch(&world.arrived, 1, __ATOMIC_SEQ_CST) != world.expected)
        return;
    resume_unmap_launcher();
    __atomic_store_n(&world.partial, 0, __ATOMIC_SEQ_CST);
    sys(SYS_futex, &world.partial, FUTEX_WAKE_PRIVATE, 0x7fffffff);
}

void world_wait_whole(void)
{
    while (__atomic_load_n(&world.partial, __ATOMIC_SEQ_CST))
        futex_wait(&world.partial, 1);
}
