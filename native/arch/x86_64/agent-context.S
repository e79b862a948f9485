/*
 * Saving a point of execution, the restorer of signal frames, and the entries of intercepted system calls.
 *
 * System V convention: rdi is the first argument, rax the result; rbx, rbp, r12-r15 and rsp belong to the caller.
 */

    .text

/*
 * int context_save(struct crac_thread *thread)
 *
 * Stores callee-saved registers, stack pointer, return address, MXCSR and the x87 control word in the first 70 bytes
 * of *thread. Returns 0 now, and 1 when the launcher jumps to the stored address. The offsets are those of image.h.
 */
    .globl context_save
    .hidden context_save
    .type context_save, @function
context_save:
    mov %rbx, 0(%rdi)
    mov %rbp, 8(%rdi)
    mov %r12, 16(%rdi)
    mov %r13, 24(%rdi)
    mov %r14, 32(%rdi)
    mov %r15, 40(%rdi)
    lea 8(%rsp), %rdx
    mov %rdx, 48(%rdi)
    mov (%rsp), %rdx
    mov %rdx, 56(%rdi)
    stmxcsr 64(%rdi)
    fnstcw 68(%rdi)
    xor %eax, %eax
    ret
    .size context_save, . - context_save

/* void context_sigreturn(void): SA_RESTORER of the stop signal; debuggers know a signal frame by these very bytes. */
    .globl context_sigreturn
    .hidden context_sigreturn
    .type context_sigreturn, @function
context_sigreturn:
    mov $15, %rax
    syscall
    .size context_sigreturn, . - context_sigreturn

/*
 * Entries of intercepted system calls. A jump replaced the `mov $number, %eax` in front of a `syscall` of libc, so
 * the arguments are in their registers already (rdi rsi rdx r10 r8 r9). Like the kernel, an entry keeps all registers
 * but rax, rcx and r11, and it steps over the caller's red zone. It continues behind the replaced `syscall`.
 */
    .macro intercept name
    .globl intercept_\name
    .hidden intercept_\name
    .type intercept_\name, @function
intercept_\name:
    lea -128(%rsp), %rsp
    push %rbp
    mov %rsp, %rbp
    push %rdi
    push %rsi
    push %rdx
    push %r10
    push %r8
    push %r9
    and $-16, %rsp
    mov %r10, %rcx
    call mapped_\name
    lea -48(%rbp), %rsp
    pop %r9
    pop %r8
    pop %r10
    pop %rdx
    pop %rsi
    pop %rdi
    pop %rbp
    lea 128(%rsp), %rsp
    jmp *intercept_\name\()_return(%rip)
    .size intercept_\name, . - intercept_\name
    .endm

    intercept madvise
    intercept mmap
    intercept munmap
    intercept mprotect
    intercept mremap

/*
 * Entry of the calls that concern the clock (clock.c), with the call's number in rax, its arguments in their registers
 * and the address of its `syscall` in r11. What does not concern it goes on there. The others are carried out by
 * clock_call(arguments, number), with all registers but rax, rcx and r11 kept. Up to intercept_clock_decided nothing but
 * rcx has changed, so that who was stopped there can begin anew.
 */
    .globl intercept_clock_decided
    .hidden intercept_clock_decided
    .globl intercept_clock
    .hidden intercept_clock
    .type intercept_clock, @function
intercept_clock:
    cmpq $0, clock_shift(%rip)
    je 9f
    cmp $202, %eax          /* futex: without FUTEX_CLOCK_REALTIME, and with a deadline */
    jne 1f
    mov %esi, %ecx
    and $~128, %ecx         /* FUTEX_PRIVATE_FLAG */
    cmp $9, %ecx            /* FUTEX_WAIT_BITSET */
    je 2f
    cmp $11, %ecx           /* FUTEX_WAIT_REQUEUE_PI */
    je 2f
    cmp $13, %ecx           /* FUTEX_LOCK_PI2 */
    jne 9f
2:  test %r10, %r10
    jne 3f
9:  jmp *%r11
1:  cmp $228, %eax          /* clock_gettime */
    je 3f
    cmp $230, %eax          /* clock_nanosleep: of CLOCK_MONOTONIC, with TIMER_ABSTIME */
    jne 9b
    cmp $1, %edi
    jne 9b
    test $1, %esi
    jz 9b
intercept_clock_decided:
3:  lea -128(%rsp), %rsp
    push %rbp
    mov %rsp, %rbp
    push %r11
    push %rbx
    and $-16, %rsp
    push %r9
    push %r8
    push %r10
    push %rdx
    push %rsi
    push %rdi
    mov %rsp, %rdi
    mov %rax, %rsi
    call clock_call
    pop %rdi
    pop %rsi
    pop %rdx
    pop %r10
    pop %r8
    pop %r9
    lea -16(%rbp), %rsp
    pop %rbx
    pop %r11
    pop %rbp
    lea 128(%rsp), %rsp
    add $2, %r11
    jmp *%r11
    .size intercept_clock, . - intercept_clock

    .section .note.GNU-stack, "", @progbits
