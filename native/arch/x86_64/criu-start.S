/*
 * The first instructions of the program in native/criu/, on the stack that the kernel made.
 *
 * On entry from the kernel rsp points at argc, argv, a NULL and the environment. System V convention: rdi is the first
 * argument, and the stack is aligned to 16 bytes where a function is called.
 */

    .text
    .globl _start
    .type _start, @function
_start:
    xor %ebp, %ebp
    mov %rsp, %rdi
    and $-16, %rsp
    call criu_main
    hlt
    .size _start, . - _start

    .section .note.GNU-stack, "", @progbits
