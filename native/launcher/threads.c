/*
 * Threads, and the jump into the image.
 *
 * They are made before memory is, and wait for it. A thread that enters the image comes back into
 * the agent's handler and goes on from there; the last one to do so unmaps the launcher.
 *
 * Main goes first and all others wait some more, unless one of them runs JavaScript of its own. As
 * long as they sleep the process is on one processor only, and no change of its page tables has to
 * be told to another one: in a virtual machine that is a tenth of the whole restore.
 *
 * Process and thread numbers are new. Where libc keeps a thread's own number (the address that the
 * kernel clears when the thread ends) the new one is written before main goes on.
 */
#include <asm/prctl.h>
#include <linux/futex.h>
#include <signal.h>
#include <linux/sched.h>
#include <sys/prctl.h>
#include "launcher.h"

#define STACK_SIZE 1024u
#define RSEQ_SIGNATURE 0x53053053u /* of glibc on x86-64 */
#define RSEQ_UNINITIALIZED 0xffffffffu
#define RSEQ_FAILED 0xfffffffeu
#define AUTODISARM (1u << 31)

/* From the making of the threads to their going on, in nanoseconds: by then main has come to its
 * first JavaScript where nothing is slow. Not longer, since main waits for them when it gives them
 * work: glibc has whoever signals a condition wait for those that were taken out of their wait. */
#define PATIENCE 1500000u

/* The first fields of the kernel's struct rseq. */
struct rseq_area {
    uint32_t cpu_id_start, cpu_id;
    uint64_t critical_section;
};

struct signal_stack {
    uint64_t address;
    uint32_t flags, reserved;
    uint64_t size;
};

/* Each thread needs one for a few calls only. */
static uint8_t stacks[MOST_THREADS][STACK_SIZE] __attribute__((aligned(64)));
static uint32_t numbers[MOST_THREADS];
static int with_pkru, at_once;

/* Futexes: not 0 when all memory is in place, and when the others are to go on. */
static uint32_t whole, going;

/* Without the registration libc asks the kernel for its CPU instead: slower, not wrong. */
static void register_rseq(const struct crac_thread *thread)
{
    struct rseq_area *area = (struct rseq_area *)thread->rseq_address;

    if (thread->rseq_size == 0)
        return;
    area->cpu_id_start = 0;
    area->cpu_id = RSEQ_UNINITIALIZED;
    area->critical_section = 0;
    if (sys(SYS_rseq, area, thread->rseq_size, 0, RSEQ_SIGNATURE) != 0)
        area->cpu_id = RSEQ_FAILED;
}

/* The alternate stack of signal handlers, unless there was none. */
static void set_signal_stack(const struct crac_thread *thread)
{
    struct signal_stack stack = {thread->altstack_address, thread->altstack_flags & AUTODISARM, 0,
                                 thread->altstack_size};

    if (thread->altstack_flags & SS_DISABLE)
        return;
    long failed = sys(SYS_sigaltstack, &stack, 0);
    if (failed)
        fail_call("sigaltstack", stack.address, failed);
}

/* Runs on the thread itself: what nobody else can set, then its saved context. */
static _Noreturn void enter(const struct crac_thread *thread)
{
    sys(SYS_set_tid_address, thread->clear_child_tid);
    if (thread->robust_list)
        sys(SYS_set_robust_list, thread->robust_list, thread->robust_list_size);
    register_rseq(thread);
    set_signal_stack(thread);
    sys(SYS_prctl, PR_SET_NAME, thread->name);
    if (thread->gs_base)
        sys(SYS_arch_prctl, ARCH_SET_GS, thread->gs_base);
    sys(SYS_rt_sigprocmask, SIG_SETMASK, &thread->signal_mask, 0, 8);
    context_resume(thread, with_pkru);
}

static void wait_for(uint32_t *word)
{
    while (!__atomic_load_n(word, __ATOMIC_ACQUIRE))
        sys(SYS_futex, word, FUTEX_WAIT_PRIVATE, 0, 0);
}

static void announce(uint32_t *word)
{
    __atomic_store_n(word, 1, __ATOMIC_RELEASE);
    sys(SYS_futex, word, FUTEX_WAKE_PRIVATE, 0x7fffffff);
}

static _Noreturn void follow(const struct crac_thread *thread)
{
    wait_for(&going);
    enter(thread);
}

/* The first of the others has patience for all of them. */
static _Noreturn void lead(const struct crac_thread *thread)
{
    const struct timespec patience = {0, PATIENCE};

    if (!at_once)
        sys(SYS_nanosleep, &patience, 0);
    wait_for(&whole);
    announce(&going);
    enter(thread);
}

static void create(const struct crac_thread *thread, size_t index)
{
    uint64_t flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
                     CLONE_SYSVSEM | CLONE_SETTLS;
    long tid = context_clone(flags, stacks[index] + STACK_SIZE, 0, thread->fs_base, thread,
                             index == 1 ? lead : follow);

    if (sys_failed(tid))
        fail(STATUS_REFUSED, "cannot create thread ", thread->name, ": ", errno_text(-tid),
             ". Raise ulimit -u or the container's limit of processes.");
    numbers[index] = (uint32_t)tid;
}

void threads_create(const struct crac_tables *tables)
{
    with_pkru = tables->image->pkeys != 0;
    numbers[0] = (uint32_t)sys(SYS_gettid);
    for (size_t i = 1; i < tables->thread_count; i++)
        at_once |= tables->threads[i].flags & CRAC_THREAD_JAVASCRIPT;
    for (size_t i = 1; i < tables->thread_count; i++)
        create(&tables->threads[i], i);
}

_Noreturn void threads_start(const struct crac_tables *tables)
{
    const struct crac_thread *self = &tables->threads[0];

    for (size_t i = 0; i < tables->thread_count; i++)
        if (tables->threads[i].clear_child_tid)
            *(volatile uint32_t *)tables->threads[i].clear_child_tid = numbers[i];
    announce(&whole);
    sys(SYS_arch_prctl, ARCH_SET_FS, self->fs_base);
    enter(self);
}
