/*
 * Mappings and pages.
 *
 * A VMA is mapped piece by piece with its final protection where that is possible: the runs of
 * pages that are in the image, privately, from process.core, and between them what the VMA shows
 * without them. Nothing is mapped over something else, which would cost twice as much. Nothing is
 * read: a restore costs one system call for each mapping, however many pages it has.
 *
 * Pages are copied instead where a mapping of the file would behave differently: the main stack
 * (it grows down), shared memory (others would not see the file's pages), memory that is wiped on
 * fork (only anonymous memory can be), and everything with --eager. Such a VMA is writable while
 * its pages are read in.
 *
 * All memory is without reservation of swap: the process had it before, and a restore must not fail
 * half way because the kernel thinks that it will not need it.
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include "launcher.h"

/* COMMIT: what ran until here is gone. SAFETY: stack, code and tables lie in the reserved range. */
void memory_unmap_all(void)
{
    sys(SYS_munmap, 0, CRAC_RESERVED_START);
    sys(SYS_munmap, CRAC_RESERVED_END, CRAC_ADDRESS_LIMIT - CRAC_RESERVED_END);
}

/* Whether the pages of this VMA are copied even where others are mapped. */
static int is_copied(const struct launch *l, const struct crac_vma *vma)
{
    return l->copy || (vma->flags & (CRAC_VMA_STACK | CRAC_VMA_SHARED | CRAC_VMA_WIPEONFORK));
}

/* JUSTIFICATION: every address is part of the image. SAFETY: only the reserved range is in use, and
 * crac_check() made sure that no VMA touches it. */
static void map(const char *what, uint64_t start, uint64_t size, uint32_t prot, int flags, int fd,
                uint64_t offset)
{
    long got = sys(SYS_mmap, start, size, prot, flags | MAP_FIXED | MAP_NORESERVE, fd, offset);

    if (sys_failed(got))
        fail_call(what, start, got);
}

/* What a part of a VMA shows where no run lies: its file, or zeros. */
static void map_base(const struct launch *l, const struct crac_vma *vma, uint64_t start,
                     uint64_t end, uint32_t prot)
{
    int flags = vma->flags & CRAC_VMA_SHARED ? MAP_SHARED : MAP_PRIVATE;

    if (vma->flags & CRAC_VMA_STACK)
        flags |= MAP_GROWSDOWN;
    if (start >= end)
        return;
    if (vma->flags & CRAC_VMA_FILE)
        map("mmap of a file", start, end - start, prot, flags, l->file_fds[vma->file],
            vma->file_offset + (start - vma->start));
    else
        map("mmap", start, end - start, prot, flags | MAP_ANONYMOUS, -1, 0);
}

/* Reads a run into memory that is writable. */
static void copy_run(const struct launch *l, const struct crac_run *run)
{
    for (uint64_t done = 0; done < run->length;) {
        long got = sys(SYS_pread64, l->image_fd, run->address + done, run->length - done,
                       run->offset + done);
        if (got <= 0)
            fail_call("reading the image's pages", run->address + done, got ? got : -5 /* EIO */);
        done += (uint64_t)got;
    }
}

/* Maps a run. */
static void map_run(const struct launch *l, const struct crac_run *run, uint32_t prot)
{
    map("mmap of the image", run->address, run->length, prot, MAP_PRIVATE, l->image_fd,
        run->offset);
}

/* A VMA whose runs are read in: writable until they are. */
static void restore_copied(const struct launch *l, const struct crac_vma *vma,
                           const struct crac_run *runs, size_t count)
{
    const uint32_t writable = PROT_READ | PROT_WRITE;
    int change = count != 0 && (vma->prot & writable) != writable;

    map_base(l, vma, vma->start, vma->end, change ? writable : vma->prot);
    for (size_t i = 0; i < count; i++)
        copy_run(l, &runs[i]);
    if (!change)
        return;
    long failed = sys(SYS_mprotect, vma->start, vma->end - vma->start, vma->prot);
    if (failed)
        fail_call("mprotect", vma->start, failed);
}

/* A VMA whose runs are mapped. */
static void restore_mapped(const struct launch *l, const struct crac_vma *vma,
                           const struct crac_run *runs, size_t count)
{
    uint64_t at = vma->start;

    for (size_t i = 0; i < count; i++) {
        map_base(l, vma, at, runs[i].address, vma->prot);
        map_run(l, &runs[i], vma->prot);
        at = runs[i].address + runs[i].length;
    }
    map_base(l, vma, at, vma->end, vma->prot);
}

/* All VMAs but rings; runs are sorted by VMA. */
static void restore_mappings(const struct launch *l)
{
    const struct crac_tables *tables = &l->tables;
    size_t next = 0;

    for (size_t i = 0; i < tables->vma_count; i++) {
        const struct crac_vma *vma = &tables->vmas[i];
        size_t first = next;
        while (next < tables->run_count && tables->runs[next].vma == i)
            next++;
        if (vma->flags & CRAC_VMA_URING)
            continue;
        if (is_copied(l, vma))
            restore_copied(l, vma, tables->runs + first, next - first);
        else
            restore_mapped(l, vma, tables->runs + first, next - first);
    }
}

/* The marks of madvise(2), one call for each stretch of neighbours that carry the mark. */
static void mark(const struct crac_tables *tables, uint32_t flag, int advice, int required)
{
    for (size_t i = 0; i < tables->vma_count; i++) {
        uint64_t start = tables->vmas[i].start, end = tables->vmas[i].end;
        if (!(tables->vmas[i].flags & flag))
            continue;
        while (i + 1 < tables->vma_count && tables->vmas[i + 1].start == end &&
               (tables->vmas[i + 1].flags & flag))
            end = tables->vmas[++i].end;
        long failed = sys(SYS_madvise, start, end - start, advice);
        if (failed && required)
            fail_call("madvise", start, failed);
    }
}

/* What madvise(2) had set, but for page contents. */
static void restore_marks(const struct crac_tables *tables)
{
    mark(tables, CRAC_VMA_DONTFORK, MADV_DONTFORK, 1);
    mark(tables, CRAC_VMA_DONTDUMP, MADV_DONTDUMP, 0);
    mark(tables, CRAC_VMA_WIPEONFORK, MADV_WIPEONFORK, 1);
    mark(tables, CRAC_VMA_HUGEPAGE, MADV_HUGEPAGE, 0); /* a kernel may lack huge pages */
    mark(tables, CRAC_VMA_NOHUGEPAGE, MADV_NOHUGEPAGE, 0);
}

/* Protection keys come after the pages: the launcher itself has no rights to them. */
static void restore_pkeys(const struct crac_tables *tables)
{
    for (size_t i = 0; tables->image->pkeys && i < tables->vma_count; i++) {
        const struct crac_vma *vma = &tables->vmas[i];
        if (vma->pkey == 0 || vma->flags & CRAC_VMA_URING)
            continue;
        long failed =
            sys(SYS_pkey_mprotect, vma->start, vma->end - vma->start, vma->prot, vma->pkey);
        if (failed)
            fail_call("pkey_mprotect", vma->start, failed);
    }
}

/* Locking is a wish: without it the process is slower, not wrong. */
static void restore_locks(const struct crac_tables *tables)
{
    for (size_t i = 0; i < tables->vma_count; i++)
        if (tables->vmas[i].flags & CRAC_VMA_LOCKED)
            sys(SYS_mlock, tables->vmas[i].start, tables->vmas[i].end - tables->vmas[i].start);
}

void memory_restore(const struct launch *l)
{
    restore_mappings(l);
    restore_marks(&l->tables);
    restore_pkeys(&l->tables);
    restore_locks(&l->tables);
}
