/*
 * The launcher's first instructions.
 *
 * On entry from the kernel rsp points at argc, argv, a NULL, the environment, a NULL and the auxiliary vector. That
 * stack will be unmapped, so the launcher runs on its own. System V convention: rdi is the first argument.
 */

    .text
    .globl _start
    .type _start, @function
_start:
    xor %ebp, %ebp
    mov %rsp, %rdi
    lea launcher_stack_top(%rip), %rsp
    call launcher_main
    hlt
    .size _start, . - _start

    .bss
    .balign 64
    .skip 262144
launcher_stack_top:

    .section .note.GNU-stack, "", @progbits
