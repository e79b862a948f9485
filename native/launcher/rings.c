/*
 * Mappings of io_uring. The kernel refuses every hint for their address, and refuses to move them.
 *
 * So it is left no choice: all of the address space is filled with placeholders but for the wanted
 * hole, and a mapping without a hint can only land there.
 *
 *      LOWEST_ADDRESS [ placeholder ][hole][ placeholder ][ reserved range ][ placeholder ]
 * CRAC_ADDRESS_LIMIT
 *
 * Afterwards the placeholders are unmapped around the rings. Runs when nothing but the reserved
 * range is mapped, which is without gaps at that time.
 */
#include <sys/mman.h>
#include <sys/resource.h>
#include "launcher.h"

static int is_ring(const struct crac_vma *vma)
{
    return (vma->flags & CRAC_VMA_URING) != 0;
}

/* Puts a placeholder into [start, end). */
static void fill(uint64_t start, uint64_t end)
{
    long got = sys(SYS_mmap, start, end - start, PROT_NONE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);

    if (sys_failed(got))
        fail_call("mmap of a placeholder", start, got);
}

/*
 * Without a limit of the stack Linux lays a process out from below: addresses below a random one
 * are not looked at, and the hole may be there.
 */
static void explain_layout(uint64_t hole)
{
    uint64_t limit[2];

    if (sys(SYS_prlimit64, 0, RLIMIT_STACK, 0, limit) == 0 && limit[0] == RLIM_INFINITY)
        fail(STATUS_CONSTRAINT, "an io_uring of the image belongs to ", hexadecimal(hole),
             ", which Linux gives to no process whose stack is not limited. Restore behind "
             "`ulimit -S -s 8192`.");
}

/* JUSTIFICATION: see above. SAFETY: the hole is part of a placeholder, which nobody uses. */
static void map_ring(const struct crac_vma *vma)
{
    uint64_t size = vma->end - vma->start;
    long got;

    sys(SYS_munmap, vma->start, size);
    got = sys(SYS_mmap, 0, size, vma->prot, MAP_SHARED | MAP_POPULATE, vma->ring, vma->file_offset);
    if (sys_failed(got)) {
        explain_layout(vma->start);
        fail_call("mmap of an io_uring", vma->start, got);
    }
    if ((uint64_t)got != vma->start)
        fail(STATUS_REFUSED, "the kernel mapped an io_uring at ", hexadecimal((uint64_t)got),
             " instead of ", hexadecimal(vma->start),
             ". Make the checkpoint where io_uring is not allowed.");
}

/* Unmaps the placeholders in [start, end), around the rings. */
static void clear(const struct crac_tables *tables, uint64_t start, uint64_t end)
{
    for (size_t i = 0; i < tables->vma_count; i++) {
        const struct crac_vma *vma = &tables->vmas[i];
        if (!is_ring(vma) || vma->start < start || vma->end > end)
            continue;
        if (vma->start > start)
            sys(SYS_munmap, start, vma->start - start);
        start = vma->end;
    }
    if (end > start)
        sys(SYS_munmap, start, end - start);
}

void memory_map_rings(const struct crac_tables *tables)
{
    size_t first = 0;

    while (first < tables->vma_count && !is_ring(&tables->vmas[first]))
        first++;
    if (first == tables->vma_count)
        return;
    fill(LOWEST_ADDRESS, CRAC_RESERVED_START);
    fill(CRAC_RESERVED_END, CRAC_ADDRESS_LIMIT);
    for (size_t i = first; i < tables->vma_count; i++)
        if (is_ring(&tables->vmas[i]))
            map_ring(&tables->vmas[i]);
    clear(tables, LOWEST_ADDRESS, CRAC_RESERVED_START);
    clear(tables, CRAC_RESERVED_END, CRAC_ADDRESS_LIMIT);
}
