/*
 * Pages that are mapped from the image must read as zero once they are discarded.
 *
 * The launcher maps pages privately from process.core. MADV_DONTNEED on such a page brings the
 * file's bytes back, where the program, V8 and glibc expect zeros; MADV_FREE is refused, and
 * growing such a mapping by mremap would show what follows in the file. So in a restored process
 * five system calls of libc are intercepted. In each of libc's functions the instruction in front
 * of `syscall` is `mov $number, %eax`, five bytes (b8 and the number): it becomes a jump, five
 * bytes as well. No other instruction changes, so a thread that was stopped anywhere in that
 * function goes on correctly, and calls from inside of libc (its allocator, thread stacks) are
 * seen, too.
 *
 * For each page of each run one byte tells what is known of it:
 *   MAPPED      still mapped from the image, with the protection that it had at the checkpoint
 *   PROTECTED   still mapped from the image, but its protection was changed; the new one is in the
 * upper bits GONE        not mapped from the image any more: unmapped, replaced, or anonymous by
 * now The bytes lie behind the handoff in the reserved range and start as zeros, so that only
 * touched ones cost memory. Two threads that discard or remap the same page at the same time race
 * in the program itself.
 *
 * Guard pages take what lies under them away, and what lay under those of the image is a mapping
 * without rights (guards.c): it gets those of its neighbour when a guard is removed.
 *
 * Programs that make these system calls without libc are not seen (docs/limitations.md).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include "agent.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE 103
#endif

enum page_state { MAPPED = 0, PROTECTED = 1, GONE = 2 };
#define STATE_MASK 3u
#define PROTECTION_SHIFT 2

/* Entries in arch/x86_64/agent-context.S and where each continues. */
void intercept_madvise(void), intercept_mmap(void), intercept_munmap(void),
    intercept_mprotect(void), intercept_mremap(void);
uint64_t intercept_madvise_return, intercept_mmap_return, intercept_munmap_return,
    intercept_mprotect_return, intercept_mremap_return;

struct site {
    const char *name;
    uint32_t number;
    void (*entry)(void);
    uint64_t *back;
    uint8_t *code; /* of the `mov $number, %eax`; NULL until found */
};
static struct site sites[] = {
    {"madvise", SYS_madvise, intercept_madvise, &intercept_madvise_return, NULL},
    {"mmap", SYS_mmap, intercept_mmap, &intercept_mmap_return, NULL},
    {"munmap", SYS_munmap, intercept_munmap, &intercept_munmap_return, NULL},
    {"mprotect", SYS_mprotect, intercept_mprotect, &intercept_mprotect_return, NULL},
    {"mremap", SYS_mremap, intercept_mremap, &intercept_mremap_return, NULL},
};
#define SITE_COUNT (sizeof sites / sizeof *sites)
#define SPRINGBOARD_SIZE 16

/* The runs of the image that this process came from. Read by all threads, written only while they
 * are stopped. */
static struct {
    const struct crac_run *runs;
    const struct crac_vma *vmas;
    size_t count, vma_count;
    uint64_t low, high;   /* all runs lie between */
    uint64_t first_state; /* address of the state of the first page of run 0 */
    uint64_t head_size;
    uint32_t pkeys; /* protection keys that the image uses */
    int intercepting;
    uint64_t springboards; /* a page near libc, from the moment the agent is loaded; 0 if there is
                              none */
} mapped;

/* State bytes are laid out by offset in the file, since the runs' pages follow one another there.
 */
static uint8_t *state_of(const struct crac_run *run, uint64_t address)
{
    uint64_t offset = run->offset + (address - run->address);
    return (uint8_t *)(mapped.first_state + (offset - mapped.head_size) / CRAC_PAGE);
}

static size_t first_run_behind(uint64_t address)
{
    size_t low = 0, high = mapped.count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (mapped.runs[middle].address + mapped.runs[middle].length <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int touches_image(uint64_t start, uint64_t end)
{
    if (end <= mapped.low || start >= mapped.high || end <= start)
        return 0;
    size_t i = first_run_behind(start);
    return i < mapped.count && mapped.runs[i].address < end;
}

static int is_copied(const struct crac_run *run)
{
    return (mapped.vmas[run->vma].flags &
            (CRAC_VMA_STACK | CRAC_VMA_SHARED | CRAC_VMA_WIPEONFORK)) != 0;
}

/* What is done with a stretch of pages that are in one run and in one state. */
typedef void visitor(const struct crac_run *run, uint64_t start, uint64_t end, uint8_t state,
                     uint32_t argument);

/* Calls `visit` for each such stretch of [start, end). */
static void visit_stretches(uint64_t start, uint64_t end, visitor *visit, uint32_t argument)
{
    for (size_t i = first_run_behind(start); i < mapped.count && mapped.runs[i].address < end;
         i++) {
        const struct crac_run *run = &mapped.runs[i];
        uint64_t at = start > run->address ? start : run->address;
        uint64_t last = run->address + run->length < end ? run->address + run->length : end;
        if (is_copied(run))
            continue;
        while (at < last) {
            uint8_t state = *state_of(run, at);
            uint64_t from = at;
            while (at < last && *state_of(run, at) == state)
                at += CRAC_PAGE;
            visit(run, from, at, state, argument);
        }
    }
}

static void set_state(const struct crac_run *run, uint64_t start, uint64_t end, uint32_t state)
{
    for (uint64_t page = start; page < end; page += CRAC_PAGE)
        if (*state_of(run, page) != state)
            *state_of(run, page) = (uint8_t)state;
}

/* Overwrites pages with zeros, whatever their protection is. The memory is not given back. */
static void overwrite(uint64_t start, uint64_t end)
{
    static const uint8_t zeros[CRAC_PAGE];
    long memory = sys(SYS_open, "/proc/self/mem", O_WRONLY | O_CLOEXEC);

    for (uint64_t page = start; page < end; page += CRAC_PAGE)
        sys(SYS_pwrite64, memory, zeros, CRAC_PAGE, page);
    sys(SYS_close, memory);
}

/* Whether pages may have a protection key, which only overwriting them keeps. */
static int may_have_key(const struct crac_vma *vma, uint32_t prot)
{
    return vma->pkey != 0 || (mapped.pkeys && prot & PROT_EXEC);
}

/* Makes discarded pages zero: by fresh anonymous memory, or by overwriting them where that would
 * lose something. */
static void replace_by_zeros(const struct crac_run *run, uint64_t start, uint64_t end,
                             uint8_t state, uint32_t argument)
{
    const struct crac_vma *vma = &mapped.vmas[run->vma];
    uint32_t prot = (state & STATE_MASK) == PROTECTED ? state >> PROTECTION_SHIFT : vma->prot;
    long got = -1;

    if (state == GONE)
        return;
    if (!may_have_key(vma, prot))
        got = sys(SYS_mmap, start, end - start, prot,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    if (sys_failed(got)) {
        overwrite(start, end);
        return;
    }
    if (vma->flags & CRAC_VMA_DONTFORK)
        sys(SYS_madvise, start, end - start, MADV_DONTFORK);
    set_state(run, start, end, GONE);
}

static void forget_pages(const struct crac_run *run, uint64_t start, uint64_t end, uint8_t state,
                         uint32_t argument)
{
    set_state(run, start, end, GONE);
}

static void note_protection(const struct crac_run *run, uint64_t start, uint64_t end, uint8_t state,
                            uint32_t prot)
{
    if (state != GONE)
        set_state(run, start, end, PROTECTED | prot << PROTECTION_SHIFT);
}

static uint64_t page_up(uint64_t value)
{
    return (value + CRAC_PAGE - 1) & ~(CRAC_PAGE - 1);
}

/* Lays guard pages over pages of the image, which read as zero when those are removed. A kernel
 * that has none for files (before 6.15) refuses that, as one that has none at all. */
static long install_guards(uint64_t start, uint64_t size)
{
    long result = sys(SYS_madvise, start, size, MADV_GUARD_INSTALL);

    if (result != 0)
        return result;
    sys(SYS_madvise, start, size, MADV_GUARD_REMOVE);
    visit_stretches(start, start + page_up(size), replace_by_zeros, 0);
    return sys(SYS_madvise, start, size, MADV_GUARD_INSTALL);
}

/* Whether two VMAs of the image are parts of what was one mapping but for a guard. */
static int is_beside(const struct crac_vma *vma, size_t other)
{
    const struct crac_vma *beside = &mapped.vmas[other];

    return other < mapped.vma_count && (beside->start == vma->end || beside->end == vma->start) &&
           beside->prot != PROT_NONE && beside->flags == vma->flags && beside->pkey == vma->pkey;
}

/* Gives what stands for guard pages of the image the rights of its neighbour, the one above if
 * there is one: guards lie below stacks. */
static void allow_access(uint64_t start, uint64_t end)
{
    for (size_t i = 0; i < mapped.vma_count; i++) {
        const struct crac_vma *vma = &mapped.vmas[i];
        uint64_t from = start > vma->start ? start : vma->start;
        uint64_t to = end < vma->end ? end : vma->end;
        size_t beside = is_beside(vma, i + 1) ? i + 1 : i - 1;

        if (from < to && vma->prot == PROT_NONE && !(vma->flags & CRAC_VMA_FILE) &&
            is_beside(vma, beside))
            sys(SYS_mprotect, from, to - from, mapped.vmas[beside].prot);
    }
}

/* The handlers take and return what the system call does. Called by the entries only. */

__attribute__((used)) long mapped_madvise(uint64_t start, uint64_t size, long advice)
{
    uint64_t end = start + page_up(size);
    long result;

    if (advice == MADV_GUARD_INSTALL && touches_image(start, end))
        return install_guards(start, size);
    if (advice == MADV_GUARD_REMOVE)
        allow_access(start, end);
    if ((advice != MADV_DONTNEED && advice != MADV_FREE) || !touches_image(start, end))
        return sys(SYS_madvise, start, size, advice);
    result = sys(SYS_madvise, start, size, MADV_DONTNEED);
    if (result == 0)
        visit_stretches(start, end, replace_by_zeros, 0);
    return result;
}

__attribute__((used)) long mapped_mmap(uint64_t start, uint64_t size, long prot, long flags,
                                       long file, long offset)
{
    long result = sys(SYS_mmap, start, size, prot, flags, file, offset);

    if (!sys_failed(result) && touches_image((uint64_t)result, (uint64_t)result + page_up(size)))
        visit_stretches((uint64_t)result, (uint64_t)result + page_up(size), forget_pages, 0);
    return result;
}

__attribute__((used)) long mapped_munmap(uint64_t start, uint64_t size)
{
    long result = sys(SYS_munmap, start, size);

    if (result == 0 && touches_image(start, start + page_up(size)))
        visit_stretches(start, start + page_up(size), forget_pages, 0);
    return result;
}

__attribute__((used)) long mapped_mprotect(uint64_t start, uint64_t size, long prot)
{
    long result = sys(SYS_mprotect, start, size, prot);

    if (result == 0 && touches_image(start, start + page_up(size)))
        visit_stretches(start, start + page_up(size), note_protection, (uint32_t)prot & 7);
    return result;
}

/*
 * A mapping of the image can't grow or move as anonymous memory does. ENOMEM makes every caller
 * (realloc above all) copy instead, as it must be prepared to do; shrinking is an munmap.
 */
__attribute__((used)) long mapped_mremap(uint64_t start, uint64_t old_size, uint64_t size,
                                         long flags, uint64_t target)
{
    if (!touches_image(start, start + page_up(old_size)))
        return sys(SYS_mremap, start, old_size, size, flags, target);
    if (flags & MREMAP_FIXED || page_up(size) > page_up(old_size))
        return -12; /* ENOMEM */
    if (page_up(size) < page_up(old_size)) {
        long result = mapped_munmap(start + page_up(size), page_up(old_size) - page_up(size));
        if (result != 0)
            return result;
    }
    return (long)start;
}

/* Finds `mov $number, %eax; syscall` in the first bytes of a function. */
static uint8_t *find_site(uint8_t *function, uint32_t number)
{
    for (int i = 0; function && i < 96; i++) {
        uint8_t *at = function + i;
        if (at[0] == 0xb8 && *(uint32_t *)(at + 1) == number && at[5] == 0x0f && at[6] == 0x05)
            return at;
    }
    return NULL;
}

/* `jmp *address` instructions that libc's functions can reach lead to our entries. */
static int make_springboards(void)
{
    long page = patch_page_near((uint64_t)sites[0].code);

    if (sys_failed(page))
        return -1;
    for (size_t i = 0; i < SITE_COUNT; i++) {
        uint8_t *springboard = (uint8_t *)page + i * SPRINGBOARD_SIZE;
        springboard[0] = 0xff;
        springboard[1] = 0x25;
        *(uint32_t *)(springboard + 2) = 0;
        *(uint64_t *)(springboard + 6) = (uint64_t)sites[i].entry;
        *sites[i].back = (uint64_t)sites[i].code + 7;
    }
    mapped.springboards = (uint64_t)page;
    return sys(SYS_mprotect, page, CRAC_PAGE, PROT_READ | PROT_EXEC) == 0 ? 0 : -1;
}

int mapped_prepare(void)
{
    /* Not RTLD_DEFAULT: in a program that is not position-independent that may name a stub of the
     * program's. */
    void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);

    for (size_t i = 0; i < SITE_COUNT; i++) {
        sites[i].code = libc ? find_site(dlsym(libc, sites[i].name), sites[i].number) : NULL;
        if (!sites[i].code)
            return -1;
    }
    return mapped.springboards ? 0 : make_springboards();
}

int mapped_possible(void)
{
    return mapped.springboards != 0;
}

/* Lets libc's functions jump to our entries. */
static long intercept(void)
{
    struct patch patches[SITE_COUNT];

    for (size_t i = 0; i < SITE_COUNT; i++)
        patches[i] = (struct patch){sites[i].code, mapped.springboards + i * SPRINGBOARD_SIZE};
    return patch_jumps(patches, SITE_COUNT);
}

void mapped_stop(void)
{
    mapped.count = mapped.vma_count = 0;
    mapped.low = mapped.high = 0;
}

long mapped_start(void)
{
    const struct crac_image *image = origin_image();
    const struct crac_handoff *handoff = origin_handoff();
    uint64_t runs_size, size, pages = (image->file_size - image->head_size) / CRAC_PAGE;

    mapped.runs = origin_note(CRAC_NOTE_RUNS, &runs_size);
    mapped.vmas = origin_note(CRAC_NOTE_VMAS, &size);
    mapped.vma_count = size / sizeof *mapped.vmas;
    mapped.count = runs_size / sizeof *mapped.runs;
    mapped.low = mapped.count ? mapped.runs[0].address : 0;
    mapped.high = mapped.count
                      ? mapped.runs[mapped.count - 1].address + mapped.runs[mapped.count - 1].length
                      : 0;
    mapped.head_size = image->head_size;
    mapped.pkeys = image->pkeys;
    mapped.first_state = page_up((uint64_t)handoff + handoff->size);
    if (mapped.first_state + page_up(pages) > image->head_address + CRAC_HEAD_SIZE)
        return -12;
    long failed = head_open(mapped.first_state, page_up(pages));
    if (failed || mapped.intercepting)
        return failed;
    mapped.intercepting = 1;
    return intercept();
}
