/*
 * Raw system calls for x86-64.
 *
 * Register convention: number in rax, arguments in rdi, rsi, rdx, r10, r8, r9; the kernel clobbers
 * rcx and r11 and answers in rax, a value from -4095 to -1 being a negated errno. Nothing here
 * touches libc's errno or any lock, so all of it may be used while other threads are stopped, and
 * without a libc at all.
 */
#ifndef CRAC_SYSCALL_H
#define CRAC_SYSCALL_H

#include <sys/syscall.h>

static inline long crac__syscall(long number, long a, long b, long c, long d, long e, long f)
{
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

#define CRAC__SYS(n, a, b, c, d, e, f, ...)                                                        \
    crac__syscall((long)(n), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

/* sys(SYS_name, up to six arguments): the result, or a negated errno. */
#define sys(...) CRAC__SYS(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

/* Whether a result of sys() is an error. */
static inline int sys_failed(long result)
{
    return (unsigned long)result > -4096ul;
}

#endif
