/*
 * Creating a thread without a libc, and entering a saved context.
 *
 * System V convention: arguments in rdi, rsi, rdx, rcx, r8, r9; rbx, rbp, r12-r15 and rsp belong to the caller.
 * clone(2) takes rdi = flags, rsi = stack, rdx = parent's tid address, r10 = child's tid address, r8 = FS base, and
 * keeps all registers but rax, rcx and r11 in both threads.
 */

    .text

/*
 * long context_clone(uint64_t flags, void *stack, uint64_t tid_address, uint64_t fs_base,
 *                    const struct crac_thread *argument, void (*run)(const struct crac_thread *))
 *
 * JUSTIFICATION: the child has another stack, which C can't express. SAFETY: the child never returns from here.
 */
    .globl context_clone
    .hidden context_clone
    .type context_clone, @function
context_clone:
    mov %rdx, %r10
    mov %r8, %rax
    mov %rcx, %r8
    push %r12
    mov %rax, %r12
    mov $56, %eax
    syscall
    test %rax, %rax
    jz 1f
    pop %r12
    ret
1:  xor %ebp, %ebp
    mov %r12, %rdi
    call *%r9
    hlt
    .size context_clone, . - context_clone

/*
 * void context_resume(const struct crac_thread *thread, int with_pkru)
 *
 * JUSTIFICATION: the other half of the agent's context_save(). The offsets are those of image.h. SAFETY: all memory of
 * the image is mapped; `thread` has protection key 0 and stays readable whatever PKRU becomes.
 */
    .globl context_resume
    .hidden context_resume
    .type context_resume, @function
context_resume:
    test %esi, %esi
    jz 1f
    mov 72(%rdi), %eax
    xor %ecx, %ecx
    xor %edx, %edx
    wrpkru
1:  ldmxcsr 64(%rdi)
    fldcw 68(%rdi)
    mov 0(%rdi), %rbx
    mov 8(%rdi), %rbp
    mov 16(%rdi), %r12
    mov 24(%rdi), %r13
    mov 32(%rdi), %r14
    mov 40(%rdi), %r15
    mov 48(%rdi), %rsp
    mov $1, %eax
    jmp *56(%rdi)
    .size context_resume, . - context_resume

    .section .note.GNU-stack, "", @progbits
