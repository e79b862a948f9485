/*
 * CPUID and XCR0, reduced to what programs can notice.
 *
 * A feature that only the kernel or a hypervisor uses must not bind an image to a machine, so only
 * the bits named in the table below are ever set. XCR0 counts as well: the signal frames of
 * stopped threads hold one area for each of its bits, and XRSTOR refuses a frame with an area that
 * the processor does not have.
 */
#include <stddef.h>
#include "cpu.h"

struct feature {
    uint8_t word, bit;
    const char name[18];
};

static const struct feature FEATURES[] = {
    /* 1.ecx */
    {0, 0, "sse3"},
    {0, 1, "pclmulqdq"},
    {0, 9, "ssse3"},
    {0, 12, "fma"},
    {0, 13, "cx16"},
    {0, 19, "sse4_1"},
    {0, 20, "sse4_2"},
    {0, 22, "movbe"},
    {0, 23, "popcnt"},
    {0, 25, "aes"},
    {0, 26, "xsave"},
    {0, 27, "osxsave"},
    {0, 28, "avx"},
    {0, 29, "f16c"},
    {0, 30, "rdrand"},
    /* 1.edx */
    {1, 0, "fpu"},
    {1, 4, "tsc"},
    {1, 8, "cx8"},
    {1, 15, "cmov"},
    {1, 19, "clflush"},
    {1, 23, "mmx"},
    {1, 24, "fxsr"},
    {1, 25, "sse"},
    {1, 26, "sse2"},
    /* 7.0.ebx */
    {2, 0, "fsgsbase"},
    {2, 3, "bmi1"},
    {2, 5, "avx2"},
    {2, 8, "bmi2"},
    {2, 11, "rtm"},
    {2, 16, "avx512f"},
    {2, 17, "avx512dq"},
    {2, 18, "rdseed"},
    {2, 19, "adx"},
    {2, 21, "avx512ifma"},
    {2, 23, "clflushopt"},
    {2, 24, "clwb"},
    {2, 26, "avx512pf"},
    {2, 27, "avx512er"},
    {2, 28, "avx512cd"},
    {2, 29, "sha_ni"},
    {2, 30, "avx512bw"},
    {2, 31, "avx512vl"},
    /* 7.0.ecx */
    {3, 0, "prefetchwt1"},
    {3, 1, "avx512vbmi"},
    {3, 5, "waitpkg"},
    {3, 6, "avx512_vbmi2"},
    {3, 8, "gfni"},
    {3, 9, "vaes"},
    {3, 10, "vpclmulqdq"},
    {3, 11, "avx512_vnni"},
    {3, 12, "avx512_bitalg"},
    {3, 14, "avx512_vpopcntdq"},
    {3, 22, "rdpid"},
    {3, 25, "cldemote"},
    {3, 27, "movdiri"},
    {3, 28, "movdir64b"},
    /* 7.0.edx */
    {4, 2, "avx512_4vnniw"},
    {4, 3, "avx512_4fmaps"},
    {4, 8, "avx512_vp2inters"},
    {4, 14, "serialize"},
    {4, 16, "tsxldtrk"},
    {4, 22, "amx_bf16"},
    {4, 23, "avx512_fp16"},
    {4, 24, "amx_tile"},
    {4, 25, "amx_int8"},
    /* 7.1.eax */
    {5, 0, "sha512"},
    {5, 1, "sm3"},
    {5, 2, "sm4"},
    {5, 3, "rao_int"},
    {5, 4, "avx_vnni"},
    {5, 5, "avx512_bf16"},
    {5, 7, "cmpccxadd"},
    {5, 21, "amx_fp16"},
    {5, 23, "avx_ifma"},
    /* 80000001.ecx */
    {6, 0, "lahf_lm"},
    {6, 5, "abm"},
    {6, 6, "sse4a"},
    {6, 8, "3dnowprefetch"},
    {6, 11, "xop"},
    {6, 16, "fma4"},
    {6, 21, "tbm"},
    {6, 29, "mwaitx"},
    /* 80000001.edx */
    {7, 11, "syscall"},
    {7, 22, "mmxext"},
    {7, 27, "rdtscp"},
    {7, 29, "lm"},
    {7, 30, "3dnowext"},
    {7, 31, "3dnow"},
    /* XCR0 */
    {8, 0, "x87 state"},
    {8, 1, "sse state"},
    {8, 2, "avx state"},
    {8, 3, "mpx bounds state"},
    {8, 4, "mpx config state"},
    {8, 5, "avx512 mask state"},
    {8, 6, "avx512 high state"},
    {8, 7, "avx512 zmm state"},
    {8, 9, "pku state"},
    {8, 17, "amx config state"},
    {8, 18, "amx tile state"},
    /* d.1.eax */
    {9, 0, "xsaveopt"},
    {9, 1, "xsavec"},
    {9, 2, "xgetbv1"},
};
#define FEATURE_COUNT (sizeof FEATURES / sizeof *FEATURES)

struct registers {
    uint32_t eax, ebx, ecx, edx;
};

/* JUSTIFICATION: no other way to ask the processor. SAFETY: reads registers only. */
static struct registers cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct registers r = {leaf, 0, subleaf, 0};

    __asm__ volatile("cpuid" : "+a"(r.eax), "=b"(r.ebx), "+c"(r.ecx), "=d"(r.edx));
    return r;
}

/* JUSTIFICATION: XCR0 has no other reader. SAFETY: only called when CPUID reports OSXSAVE. */
static uint32_t read_xcr0(void)
{
    uint32_t low, high;

    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static void put_word(char *out, uint32_t word)
{
    for (int i = 0; i < 4; i++)
        out[i] = (char)(word >> (8 * i));
}

static void keep_known_features(uint32_t words[CRAC_CPU_WORDS])
{
    uint32_t known[CRAC_CPU_WORDS] = {0};

    for (size_t i = 0; i < FEATURE_COUNT; i++)
        known[FEATURES[i].word] |= 1u << FEATURES[i].bit;
    for (size_t i = 0; i < CRAC_CPU_WORDS; i++)
        words[i] &= known[i];
}

void cpu_read_features(struct crac_cpu *cpu)
{
    const struct registers none = {0, 0, 0, 0};
    struct registers first = cpuid(0, 0), basic = cpuid(1, 0);
    struct registers extended = cpuid(0x80000001, 0);
    struct registers seven = first.eax >= 7 ? cpuid(7, 0) : none;
    struct registers seven1 = seven.eax >= 1 ? cpuid(7, 1) : none;
    int has_xsave = (basic.ecx >> 27 & 1) != 0;
    const uint32_t words[CRAC_CPU_WORDS] = {basic.ecx,
                                            basic.edx,
                                            seven.ebx,
                                            seven.ecx,
                                            seven.edx,
                                            seven1.eax,
                                            extended.ecx,
                                            extended.edx,
                                            has_xsave ? read_xcr0() : 0,
                                            has_xsave ? cpuid(0xd, 1).eax : 0};

    for (int i = 0; i < CRAC_CPU_WORDS; i++)
        cpu->features[i] = words[i];
    keep_known_features(cpu->features);
    put_word(cpu->vendor, first.ebx);
    put_word(cpu->vendor + 4, first.edx);
    put_word(cpu->vendor + 8, first.ecx);
    put_word(cpu->vendor + 12, 0);
}

void cpu_read(struct crac_cpu *cpu)
{
    cpu_read_features(cpu);
    for (int i = 0; i < 48; i++)
        cpu->brand[i] = 0;
    if (cpuid(0x80000000, 0).eax < 0x80000004)
        return;
    for (uint32_t i = 0; i < 3; i++) {
        struct registers part = cpuid(0x80000002 + i, 0);
        put_word(cpu->brand + i * 16, part.eax);
        put_word(cpu->brand + i * 16 + 4, part.ebx);
        put_word(cpu->brand + i * 16 + 8, part.ecx);
        put_word(cpu->brand + i * 16 + 12, part.edx);
    }
    cpu->brand[47] = 0;
}

const char *cpu_feature_name(unsigned word, unsigned bit)
{
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        if (FEATURES[i].word == word && FEATURES[i].bit == bit)
            return FEATURES[i].name;
    return NULL;
}
