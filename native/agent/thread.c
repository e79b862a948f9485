/*
 * What a thread records of itself. Only the thread can ask for its FS base, its alternate stack,
 * its mask and so on. Runs in a signal handler or on the main thread, with raw system calls only.
 */
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <ucontext.h>
#include "../arch/x86_64/pkru.h"
#include "agent.h"

/* glibc >= 2.35 registers restartable sequences and tells where; other libcs don't have these
 * symbols. */
extern const ptrdiff_t __rseq_offset __attribute__((weak));
extern const unsigned int __rseq_size __attribute__((weak));

/* The size that every kernel accepts for the area that glibc registers: that of the original struct
 * rseq. */
#define RSEQ_ORIGINAL_SIZE 32

void thread_record(struct crac_thread *thread)
{
    stack_t stack;
    uint64_t list = 0, size = 0;

    sys(SYS_arch_prctl, ARCH_GET_FS, &thread->fs_base);
    sys(SYS_arch_prctl, ARCH_GET_GS, &thread->gs_base);
    sys(SYS_prctl, PR_GET_TID_ADDRESS, &thread->clear_child_tid);
    sys(SYS_get_robust_list, 0, &list, &size);
    thread->robust_list = list;
    thread->robust_list_size = size;
    sys(SYS_sigaltstack, 0, &stack);
    thread->altstack_address = (uint64_t)stack.ss_sp;
    thread->altstack_size = stack.ss_size;
    thread->altstack_flags = (uint32_t)stack.ss_flags;
    thread->tid = (uint32_t)sys(SYS_gettid);
    sys(SYS_prctl, PR_GET_NAME, thread->name);
    sys(SYS_rt_sigprocmask, SIG_BLOCK, 0, &thread->signal_mask, 8);
    thread->pkru = pkru_read();
    if (&__rseq_size && __rseq_size != 0) {
        thread->rseq_address = thread->fs_base + (uint64_t)__rseq_offset;
        thread->rseq_size = RSEQ_ORIGINAL_SIZE;
    }
}

uint64_t thread_instruction(const struct stopped *thread)
{
    const ucontext_t *context = thread->context;
    return context ? (uint64_t)context->uc_mcontext.gregs[REG_RIP] : 0;
}

int thread_is_blocked(const struct stopped *thread)
{
    const ucontext_t *context = thread->context;
    const uint8_t *at;

    if (!context)
        return 0;
    /* The kernel puts a call that it will restart back on its `syscall` (0f 05), or lets it return
     * EINTR behind it. Any other result is that of a thread that was woken and has work to do.
     * Nothing before an instruction is read but there: it may be the first one of its mapping. */
    at = (const uint8_t *)context->uc_mcontext.gregs[REG_RIP];
    return (at[0] == 0x0f && at[1] == 0x05) ||
           (context->uc_mcontext.gregs[REG_RAX] == -EINTR && at[-2] == 0x0f && at[-1] == 0x05);
}

int threads_all_blocked(const struct workspace *w)
{
    for (uint32_t i = 1; i < w->thread_count; i++)
        if (!thread_is_blocked(&w->stopped[i]))
            return 0;
    return 1;
}
