/*
 * PKRU, the register with this thread's rights to memory with protection keys.
 *
 * Register convention: rdpkru and wrpkru take ecx = 0; the value is eax, edx must be 0. Both raise
 * an invalid-opcode fault where the kernel has not enabled protection keys, so pkru_exists() comes
 * first.
 */
#ifndef CRAC_PKRU_H
#define CRAC_PKRU_H

#include <stdint.h>

static inline int pkru_exists(void)
{
    uint32_t eax = 7, ebx, ecx = 0, edx;

    __asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    return (ecx >> 4 & 1) != 0; /* OSPKE */
}

static inline uint32_t pkru_read(void)
{
    uint32_t value, edx;

    if (!pkru_exists())
        return 0;
    __asm__ volatile("rdpkru" : "=a"(value), "=d"(edx) : "c"(0));
    return value;
}

static inline void pkru_write(uint32_t value)
{
    if (pkru_exists())
        __asm__ volatile("wrpkru" : : "a"(value), "c"(0), "d"(0) : "memory");
}

#endif
