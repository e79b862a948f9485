/*
 * Threads, and the jump into the image.
 *
 * All memory is in place, so a new thread enters the image as soon as it exists: it comes back into
 * the agent's handler and waits there. The main thread goes last; it waits in the agent until all
 * others have left the launcher, and unmaps it.
 *
 * Process and thread numbers are new. Where libc keeps a thread's own number (the address that the
 * kernel clears when the thread ends) the new one is written.
 */
#include <asm/prctl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include "launcher.h"

#define STACK_SIZE 1024u
#define RSEQ_SIGNATURE 0x53053053u /* of glibc on x86-64 */
#define RSEQ_UNINITIALIZED 0xffffffffu
#define RSEQ_FAILED 0xfffffffeu
#define AUTODISARM (1u << 31)

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
static int with_pkru;

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

/* The kernel writes the new number where libc keeps it. */
static void start_thread(const struct crac_thread *thread, uint8_t *stack)
{
    uint64_t flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
                     CLONE_SYSVSEM | CLONE_SETTLS;

    if (thread->clear_child_tid)
        flags |= CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
    long tid = context_clone(flags, stack + STACK_SIZE, thread->clear_child_tid, thread->fs_base,
                             thread, enter);
    if (sys_failed(tid))
        fail(STATUS_REFUSED, "cannot create thread ", thread->name, ": ", errno_text(-tid),
             ". Raise ulimit -u or the container's limit of processes.");
}

_Noreturn void threads_start(const struct crac_tables *tables)
{
    const struct crac_thread *self = &tables->threads[0];

    with_pkru = tables->image->pkeys != 0;
    for (size_t i = 1; i < tables->thread_count; i++)
        start_thread(&tables->threads[i], stacks[i]);
    long tid = sys(SYS_set_tid_address, self->clear_child_tid);
    if (self->clear_child_tid)
        *(volatile uint32_t *)self->clear_child_tid = (uint32_t)tid;
    sys(SYS_arch_prctl, ARCH_SET_FS, self->fs_base);
    enter(self);
}
