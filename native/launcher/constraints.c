/*
 * What the image needs of processor and kernel, compared with what is here.
 *
 * Code in the image was compiled or chosen for the processor of the checkpoint: V8's generated code
 * and libc's string functions never ask again. Rings of io_uring are not probed here: they are made
 * while descriptors are restored, which is before the point of no return as well.
 */
#include <sys/prctl.h>
#include "../image/cpu.h"
#include "launcher.h"

#define XCR0_WORD 8
#define XCR0_COMMON 7u /* x87, SSE and AVX areas lie at the same offsets everywhere */
#define PKEY_COUNT 16u

/* Appends the names of the features in one word of missing bits. */
static void add_missing(struct text *names, unsigned word, uint32_t missing)
{
    for (unsigned bit = 0; bit < 32; bit++) {
        const char *name = cpu_feature_name(word, bit);
        if (!(missing >> bit & 1))
            continue;
        text_add(names, names->used ? ", " : "");
        text_add(names, name ? name : "an unknown feature");
    }
}

/* What both have, as crac run --cpu-features takes it: a program that is started so runs on both.
 */
static const char *common_features(const struct crac_cpu *wanted, const struct crac_cpu *here)
{
    uint32_t common[CRAC_CPU_WORDS];

    for (unsigned word = 0; word < CRAC_CPU_WORDS; word++)
        common[word] = wanted->features[word] & here->features[word];
    return hexdump((const uint8_t *)common, sizeof common);
}

/* Every feature that the image may use must exist here; more may. */
static void check_features(const struct crac_cpu *wanted, const struct crac_cpu *here)
{
    char buffer[1024];
    struct text names = TEXT_IN(buffer);

    for (unsigned word = 0; word < CRAC_CPU_WORDS; word++)
        add_missing(&names, word, wanted->features[word] & ~here->features[word]);
    if (names.used)
        fail(STATUS_CONSTRAINT, "this processor (", here->vendor, ") lacks what the image's (",
             wanted->vendor, ", ", wanted->brand, ") had: ", names.start,
             ". Restore on a machine that has it, or start the program that is checkpointed with "
             "crac run --cpu-features ",
             common_features(wanted, here), ".");
}

/* --check-cpu-features exact: the image uses all that this processor has, and nothing else. */
static void check_same_features(const struct crac_cpu *wanted, const struct crac_cpu *here)
{
    char buffer[1024];
    struct text names = TEXT_IN(buffer);

    for (unsigned word = 0; word < CRAC_CPU_WORDS; word++)
        add_missing(&names, word, wanted->features[word] ^ here->features[word]);
    if (names.used)
        fail(STATUS_CONSTRAINT, "this processor (", here->vendor,
             ") has not exactly the features that the image may use; they differ in ", names.start,
             ". Restore without --check-cpu-features exact, or make the image with --cpu-features ",
             hexdump((const uint8_t *)here->features, sizeof here->features), ".");
}

/* Vendors place the areas behind AVX differently, and signal frames in the image hold them. */
static void check_state_layout(const struct crac_cpu *wanted, const struct crac_cpu *here)
{
    if ((wanted->features[XCR0_WORD] & ~XCR0_COMMON) && !text_equal(wanted->vendor, here->vendor))
        fail(STATUS_CONSTRAINT, "the image was made on a processor of ", wanted->vendor,
             " with extended registers, this one is of ", here->vendor,
             " and lays them out differently. Restore on a machine of the same vendor.");
}

static void check_processor(const struct crac_tables *tables, enum cpu_check how)
{
    struct crac_cpu here;
    struct crac_cpu wanted = *tables->cpu;

    if (how == CPU_SKIP)
        return;
    here.brand[0] = 0;
    wanted.vendor[sizeof wanted.vendor - 1] = wanted.brand[sizeof wanted.brand - 1] = 0;
    cpu_read_features(&here);
    if (how == CPU_EXACT)
        check_same_features(&wanted, &here);
    check_features(&wanted, &here);
    check_state_layout(&wanted, &here);
}

/* Whether PR_SET_MM_MAP exists, which sets the addresses of heap, arguments and environment. */
static void check_memory_descriptor(void)
{
    uint32_t size = 0;

    if (sys(SYS_prctl, PR_SET_MM, PR_SET_MM_MAP_SIZE, &size, 0, 0) != 0)
        fail(STATUS_CONSTRAINT, "this kernel does not support PR_SET_MM_MAP, which a restore "
                                "needs. Use a kernel with CONFIG_CHECKPOINT_RESTORE.");
}

/* Takes exactly the image's keys. The kernel gives the lowest free one, so others are given back.
 */
static void take_pkeys(uint32_t wanted)
{
    uint32_t got = 0;

    while (wanted & ~got) {
        long key = sys(SYS_pkey_alloc, 0, 0);
        if (sys_failed(key) || key >= (long)PKEY_COUNT)
            fail(STATUS_CONSTRAINT, "the image uses memory protection keys ", hexadecimal(wanted),
                 ", this processor or kernel offers ", hexadecimal(got), ": ", errno_text(-key),
                 ". Restore on a machine with protection keys (pku), or make the checkpoint "
                 "without.");
        got |= 1u << key;
    }
    for (uint32_t key = 1; key < PKEY_COUNT; key++)
        if (got & ~wanted & 1u << key)
            sys(SYS_pkey_free, key);
}

void constraints_check(struct launch *l)
{
    check_processor(&l->tables, l->command.cpu_check);
    check_memory_descriptor();
    take_pkeys(l->tables.image->pkeys & ~1u); /* key 0 is everybody's */
}
