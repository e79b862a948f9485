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

    .section .note.GNU-stack, "", @progbits
