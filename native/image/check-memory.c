/*
 * The tables that describe memory: mappings, the runs of pages in them, the files behind them, and
 * the threads that will run in them.
 *
 * Mappings ascend, do not touch each other's pages, and keep away from the range that the launcher
 * works in and from the vDSO's place. Runs ascend in memory and in the file and never leave their
 * mapping. The launcher writes into memory of a thread (its id, its rseq area) before the thread
 * runs, so these addresses must be in writable mappings.
 */
#include <linux/io_uring.h>
#include <sys/mman.h>

#include "checking.h"

#ifndef IORING_SETUP_NO_SQARRAY
#define IORING_SETUP_NO_SQARRAY (1u << 16)
#endif

#define MOST_PROTECTION (PROT_READ | PROT_WRITE | PROT_EXEC)

static int overlaps(uint64_t start, uint64_t end, uint64_t other_start, uint64_t other_end)
{
    return start < other_end && other_start < end;
}

/* Where a mapping lies. */
static const char *fault_of_place(const struct crac_tables *tables, size_t index)
{
    const struct crac_vma *vma = &tables->vmas[index];
    const struct crac_image *image = tables->image;
    uint64_t lowest = index ? tables->vmas[index - 1].end : CRAC_PAGE;
    if ((vma->start | vma->end) % CRAC_PAGE || vma->start >= vma->end ||
        vma->end > CRAC_ADDRESS_LIMIT)
        return "has an impossible address";
    if (vma->start < lowest)
        return "overlaps the one before it";
    if (overlaps(vma->start, vma->end, CRAC_RESERVED_START, CRAC_RESERVED_END))
        return "lies in the reserved range of addresses";
    if (overlaps(vma->start, vma->end, image->vvar_start, image->vdso_end))
        return "lies where the vDSO belongs";
    return NULL;
}

/* What a mapping is made of. */
static const char *fault_of_kind(const struct crac_tables *tables, const struct crac_vma *vma)
{
    const uint32_t sources = CRAC_VMA_FILE | CRAC_VMA_STACK | CRAC_VMA_URING;
    uint32_t source = vma->flags & sources;
    if ((vma->flags & ~CRAC_VMA_ALL) || (vma->prot & ~(uint32_t)MOST_PROTECTION))
        return "has unknown flags";
    if (source & (source - 1))
        return "has contradictory flags";
    if ((vma->flags & CRAC_VMA_STACK) && (vma->flags & CRAC_VMA_SHARED))
        return "has contradictory flags";
    if (source == CRAC_VMA_FILE ? vma->file >= tables->file_count : vma->file != CRAC_NONE)
        return "maps a file that is not in the table";
    if (source == CRAC_VMA_FILE &&
        (vma->file_offset % CRAC_PAGE || vma->file_offset > INT64_MAX - CRAC_ADDRESS_LIMIT))
        return "begins at an impossible offset of its file";
    if (source == CRAC_VMA_FILE && (vma->flags & CRAC_VMA_SHARED) && (vma->prot & PROT_WRITE))
        return "shares a file that it may write";
    if (source != CRAC_VMA_URING && vma->ring != CRAC_NONE)
        return "names a ring although it is none";
    if (vma->pkey > 15 || (vma->pkey && !(tables->image->pkeys >> vma->pkey & 1)))
        return "carries a protection key that is not in use";
    return NULL;
}

/* A mapping of a ring must hold all that the launcher writes into it. */
static const char *fault_of_ring(const struct crac_tables *tables, const struct crac_vma *vma)
{
    if (!(vma->flags & CRAC_VMA_URING))
        return NULL;
    const struct crac_fd *ring = check_find_fd(tables, vma->ring);
    if (!ring || ring->kind != CRAC_FD_URING)
        return "maps a ring that is not in the table";
    if (vma->file_offset != IORING_OFF_SQ_RING && vma->file_offset != IORING_OFF_CQ_RING &&
        vma->file_offset != IORING_OFF_SQES)
        return "maps an impossible part of a ring";
    if (vma->file_offset != IORING_OFF_SQ_RING || (ring->extra & IORING_SETUP_NO_SQARRAY))
        return NULL;
    uint64_t completions = ring->extra & IORING_SETUP_CQSIZE ? ring->pair : 2 * ring->value;
    uint64_t needed = ((64 + 16 * completions + 63) & ~63ull) + 4 * ring->value;
    if (vma->end - vma->start < needed || !(vma->prot & PROT_WRITE))
        return "is too small for its ring";
    return NULL;
}

static int check_vmas(const struct crac_tables *tables, const char **reason)
{
    for (size_t i = 0; i < tables->vma_count; i++) {
        const char *fault = fault_of_place(tables, i);
        if (!fault)
            fault = fault_of_kind(tables, &tables->vmas[i]);
        if (!fault)
            fault = fault_of_ring(tables, &tables->vmas[i]);
        if (fault)
            return refuse_record(reason, "mapping", i, fault);
    }
    return 0;
}

/* Whether a run may lie in a mapping: neither in a ring nor on a file that others see. */
static int may_hold_runs(const struct crac_vma *vma)
{
    if (vma->flags & CRAC_VMA_URING)
        return 0;
    return (vma->flags & (CRAC_VMA_FILE | CRAC_VMA_SHARED)) != (CRAC_VMA_FILE | CRAC_VMA_SHARED);
}

static const char *fault_of_run(const struct crac_tables *tables, const struct crac_run *run,
                                uint64_t address, uint64_t offset)
{
    if (run->vma >= tables->vma_count)
        return "lies in a mapping that is not in the table";
    const struct crac_vma *vma = &tables->vmas[run->vma];
    if (run->length == 0 || (run->address | run->length | run->offset) % CRAC_PAGE)
        return "is not made of whole pages";
    if (run->address < vma->start || run->address >= vma->end ||
        run->length > vma->end - run->address)
        return "lies outside of its mapping";
    if (!may_hold_runs(vma))
        return "lies in a mapping that has no pages of its own";
    if (run->address < address)
        return "overlaps the one before it";
    uint64_t file_size = tables->image->file_size;
    if (run->offset < offset || run->offset > file_size || run->length > file_size - run->offset)
        return "lies outside of the file";
    return NULL;
}

static int check_runs(const struct crac_tables *tables, const char **reason)
{
    uint64_t address = 0, offset = tables->image->head_size;
    for (size_t i = 0; i < tables->run_count; i++) {
        const struct crac_run *run = &tables->runs[i];
        const char *fault = fault_of_run(tables, run, address, offset);
        if (fault)
            return refuse_record(reason, "run", i, fault);
        address = run->address + run->length;
        offset = run->offset + run->length;
    }
    return 0;
}

static int check_files(const struct crac_tables *tables, const char **reason)
{
    for (size_t i = 0; i < tables->file_count; i++) {
        const struct crac_file *file = &tables->files[i];
        if (!is_text(tables, file->path) || tables->strings[file->path] != '/')
            return refuse_record(reason, "file", i, "has no absolute path");
        if (file->identity_kind != CRAC_IDENTITY_BUILD_ID &&
            file->identity_kind != CRAC_IDENTITY_SAMPLE)
            return refuse_record(reason, "file", i, "has an unknown kind of identity");
        if (file->identity_size > sizeof(file->identity))
            return refuse_record(reason, "file", i, "has an identity that is too long");
    }
    return 0;
}

/* Whether [address, address + size) lies in one writable mapping. */
static int is_writable(const struct crac_tables *tables, uint64_t address, uint64_t size)
{
    size_t low = 0, high = tables->vma_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (tables->vmas[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == tables->vma_count)
        return 0;
    const struct crac_vma *vma = &tables->vmas[low];
    return vma->start <= address && size <= vma->end - address && (vma->prot & PROT_WRITE) &&
           !(vma->flags & CRAC_VMA_URING);
}

static const char *fault_of_thread(const struct crac_tables *tables,
                                   const struct crac_thread *thread)
{
    if (thread->rsp > CRAC_ADDRESS_LIMIT || thread->rip >= CRAC_ADDRESS_LIMIT ||
        thread->fs_base > CRAC_ADDRESS_LIMIT || thread->gs_base > CRAC_ADDRESS_LIMIT)
        return "has registers that are no addresses of a program";
    if (thread->mxcsr >> 16)
        return "has impossible floating point settings";
    if (thread->name[sizeof(thread->name) - 1])
        return "has a name that is not terminated";
    if (thread->clear_child_tid &&
        (thread->clear_child_tid % 4 || !is_writable(tables, thread->clear_child_tid, 4)))
        return "keeps its id in memory that can't be written";
    if (thread->rseq_size &&
        (thread->rseq_size < 32 || thread->rseq_size > CRAC_PAGE || thread->rseq_address % 32 ||
         !is_writable(tables, thread->rseq_address, thread->rseq_size)))
        return "has an rseq area at an impossible place";
    return NULL;
}

static int check_threads(const struct crac_tables *tables, const char **reason)
{
    for (size_t i = 0; i < tables->thread_count; i++) {
        const char *fault = fault_of_thread(tables, &tables->threads[i]);
        if (fault)
            return refuse_record(reason, "thread", i, fault);
    }
    return 0;
}

/* Each thread writes its number at these addresses. */
static int check_owners(const struct crac_tables *tables, const char **reason)
{
    for (size_t i = 0; i < tables->owner_count; i++) {
        const struct crac_owner *owner = &tables->owners[i];
        if (owner->address == 0)
            continue;
        if (owner->address % 4 || !is_writable(tables, owner->address, 4))
            return refuse_record(reason, "owner", i, "lies in memory that can't be written");
        if (owner->thread >= tables->thread_count)
            return refuse_record(reason, "owner", i, "belongs to no thread");
    }
    return 0;
}

/* The restored process writes new states there. */
static int check_generators(const struct crac_tables *tables, const char **reason)
{
    for (size_t i = 0; i < tables->generator_count; i++) {
        const struct crac_generator *generator = &tables->generators[i];
        if (generator->state % 8 || !is_writable(tables, generator->state, 16))
            return refuse_record(reason, "generator", i, "lies in memory that can't be written");
        if (!generator->index && !generator->cache)
            continue;
        if (generator->index % 8 || !is_writable(tables, generator->index, 8) ||
            generator->cache % 8 || !is_writable(tables, generator->cache, 64 * 8))
            return refuse_record(reason, "generator", i, "has a cache that can't be written");
    }
    return 0;
}

int check_memory(const struct crac_tables *tables, const char **reason)
{
    if (check_vmas(tables, reason) != 0 || check_runs(tables, reason) != 0)
        return -1;
    if (check_files(tables, reason) != 0)
        return -1;
    if (check_threads(tables, reason) != 0)
        return -1;
    if (check_owners(tables, reason) != 0)
        return -1;
    return check_generators(tables, reason);
}
