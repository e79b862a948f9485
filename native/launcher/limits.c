/*
 * Resource limits that would let the restore, or the process soon after it, fail.
 *
 * A soft limit below the hard one is raised, as Node.js does itself when it starts; hard limits
 * stay those of the restorer. Only that of address space is lifted for a while, if rings ask for
 * it.
 */
#include <sys/mman.h>
#include <sys/resource.h>
#include "launcher.h"

#define UNLIMITED (~0ull)
#define ADDRESS_SLACK (64ull << 20)
#define SMALLEST_STACK (1ull << 20)
#define OWN_DESCRIPTORS 8u

/* The restorer's limit of address space, when it is lifted for a while. */
static struct limit {
    uint64_t soft, hard;
} lifted;

/* Raises a soft limit as far as needed; fails when the hard limit forbids it. */
static void need(unsigned resource, const char *name, uint64_t needed, const char *unit)
{
    struct limit limit;

    if (sys(SYS_prlimit64, 0, resource, 0, &limit) != 0 || limit.soft >= needed)
        return;
    if (limit.hard < needed)
        fail(STATUS_CONSTRAINT, "the image needs a limit ", name, " of at least ", decimal(needed),
             unit, ", the hard limit here is ", decimal(limit.hard), unit, ". Raise it.");
    limit.soft = needed;
    sys(SYS_prlimit64, 0, resource, &limit, 0);
}

/* While a ring's place is prepared, the whole address space is filled with placeholders. */
static void lift_address_space(void)
{
    struct limit all = {UNLIMITED, UNLIMITED};

    sys(SYS_prlimit64, 0, RLIMIT_AS, 0, &lifted);
    if (lifted.soft != UNLIMITED && sys(SYS_prlimit64, 0, RLIMIT_AS, &all, 0) != 0)
        fail(STATUS_CONSTRAINT,
             "the image holds io_uring rings, whose restore needs all of the "
             "address space for a moment; the hard limit (ulimit -v) here is ",
             decimal(lifted.hard),
             " bytes. Lift it, or make the checkpoint where io_uring is not allowed.");
}

/* Only what lift_address_space() changed. */
void limits_restore(void)
{
    if (lifted.hard != 0 && lifted.soft != UNLIMITED)
        sys(SYS_prlimit64, 0, RLIMIT_AS, &lifted, 0);
}

/* Node.js raises this limit when it starts. */
static void raise_descriptors(void)
{
    struct limit limit;

    if (sys(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, &limit) == 0 && limit.soft < limit.hard) {
        limit.soft = limit.hard;
        sys(SYS_prlimit64, 0, RLIMIT_NOFILE, &limit, 0);
    }
}

/* Whether a mapping of an io_uring must be made. */
static int has_rings(const struct crac_tables *tables)
{
    for (size_t i = 0; i < tables->vma_count; i++)
        if (tables->vmas[i].flags & CRAC_VMA_URING)
            return 1;
    return 0;
}

/* What the main stack had, or what Node.js needs at least. */
static uint64_t stack_size(const struct crac_tables *tables)
{
    uint64_t size = SMALLEST_STACK;

    for (size_t i = 0; i < tables->vma_count; i++) {
        const struct crac_vma *vma = &tables->vmas[i];
        if (vma->flags & CRAC_VMA_STACK && vma->end - vma->start > size)
            size = vma->end - vma->start;
    }
    return size;
}

/* Bytes that count as data: private and writable, but not the stack. */
static uint64_t data_size(const struct crac_tables *tables)
{
    uint64_t size = 0;

    for (size_t i = 0; i < tables->vma_count; i++) {
        const struct crac_vma *vma = &tables->vmas[i];
        if ((vma->prot & PROT_WRITE) && !(vma->flags & (CRAC_VMA_SHARED | CRAC_VMA_STACK)))
            size += vma->end - vma->start;
    }
    return size;
}

/* Mappings that the kernel will count: each mapped run splits its VMA. */
static uint64_t mapping_count(const struct launch *l)
{
    const struct crac_tables *tables = &l->tables;
    uint64_t count = tables->vma_count + 16;

    return l->copy ? count : count + 2 * tables->run_count;
}

/* Asks the kernel only when the image has unusually many mappings. */
static void check_mapping_count(const struct launch *l)
{
    char buffer[32];
    const char *cursor = buffer;
    uint64_t needed = mapping_count(l), limit;

    if (needed < 16384) /* a quarter of the kernel's default */
        return;
    if (file_read("/proc/sys/vm/max_map_count", buffer, sizeof buffer) <= 0)
        return;
    limit = text_number(&cursor, 10);
    if (needed > limit)
        fail(STATUS_CONSTRAINT, "the image needs up to ", decimal(needed),
             " mappings, vm.max_map_count allows ", decimal(limit),
             l->copy ? ". Raise it." : ". Raise it, or use --eager, which needs fewer.");
}

void limits_check(struct launch *l)
{
    const struct crac_tables *tables = &l->tables;

    raise_descriptors();
    need(RLIMIT_NOFILE, "of open files (ulimit -n)",
         (uint64_t)tables->image->highest_fd + tables->file_count + OWN_DESCRIPTORS, "");
    need(RLIMIT_AS, "of address space (ulimit -v)", tables->image->address_space + ADDRESS_SLACK,
         " bytes");
    need(RLIMIT_DATA, "of data (ulimit -d)", data_size(tables) + ADDRESS_SLACK, " bytes");
    need(RLIMIT_STACK, "of the stack (ulimit -s)", stack_size(tables), " bytes");
    check_mapping_count(l);
    if (has_rings(tables))
        lift_address_space();
}
