/*
 * The CRC-32C instruction of SSE 4.2.
 *
 * Register convention: works on general registers in spite of its name, so it may run while vector
 * registers belong to somebody else. CPUID leaf 1 writes eax, ebx, ecx, edx.
 */
#ifndef CRAC_CRC32_H
#define CRAC_CRC32_H

#include <stdint.h>

/*
 * JUSTIFICATION: the compiler's __builtin_cpu_supports() needs a constructor that a freestanding
 * program does not run. SAFETY: CPUID has no side effect; leaf 1 exists on every x86-64.
 */
static inline int cpu_has_crc32(void)
{
    uint32_t a = 1, b, c = 0, d;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return (c >> 20) & 1;
}

/*
 * JUSTIFICATION: the intrinsics need -msse4.2, which would let the compiler use vector registers
 * elsewhere. SAFETY: only behind cpu_has_crc32(); pure register operations.
 */
static inline uint64_t crc32_of_8(uint64_t crc, uint64_t data)
{
    __asm__("crc32q %1, %0" : "+r"(crc) : "r"(data));
    return crc;
}

/* JUSTIFICATION and SAFETY as for crc32_of_8(). */
static inline uint32_t crc32_of_1(uint32_t crc, uint8_t data)
{
    __asm__("crc32b %1, %0" : "+r"(crc) : "r"(data));
    return crc;
}

#endif
