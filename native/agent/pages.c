/*
 * Pages: which of them belong into the image -> struct crac_run.
 *
 * A page is written when it is present or swapped out and is not a page of a file: everything else
 * is the file's content or zero and comes back by itself. Pages that hold only zeros are holes,
 * too, in stretches long enough to be worth a border: each border costs a mapping at every restore.
 * Shorter ones belong to a run. In anonymous memory they are many and cost nothing, since the core
 * file is sparse; in that of a file they hold its bytes, which the image would no longer share.
 * When there are more runs than an image can describe, gaps of growing size are taken in.
 */
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include "agent.h"
#include "pagemap.h"

#define SMALLEST_GAP (16 * CRAC_PAGE)
#define ANONYMOUS_GAP 4 /* times that: the size of V8's pages, which so are one mapping each */

/* Collects pages of one VMA into runs. */
struct collector {
    struct workspace *w;
    uint32_t vma;
    uint64_t smallest; /* bytes; grows when there are too many runs */
    uint64_t gap;      /* what that makes in this VMA */
    uint64_t first;    /* where its pages may begin; ~0: where they do */
    int overflow;
};

static struct crac_run *last_run(const struct collector *c)
{
    struct crac_run *last = c->w->run_count ? &c->w->runs[c->w->run_count - 1] : NULL;

    return last && last->vma == c->vma ? last : NULL;
}

static void add_run(struct collector *c, uint64_t start, uint64_t end)
{
    struct workspace *w = c->w;
    struct crac_run *last = last_run(c);

    if (!last && start >= c->first && start - c->first < c->gap)
        start = c->first;
    if (last && start - (last->address + last->length) < c->gap) {
        last->length = end - last->address;
    } else if (w->run_count == CRAC_MAX_RUNS) {
        c->overflow = 1;
    } else {
        w->runs[w->run_count++] =
            (struct crac_run){.address = start, .length = end - start, .vma = c->vma};
    }
}

int page_is_zero(const uint64_t *page)
{
    for (size_t i = 0; i < CRAC_PAGE / 8; i += 8)
        if (page[i] | page[i + 1] | page[i + 2] | page[i + 3] | page[i + 4] | page[i + 5] |
            page[i + 6] | page[i + 7])
            return 0;
    return 1;
}

/* Adds a range without its zero pages, where the agent may look at them. */
static void add_range(struct collector *c, uint64_t start, uint64_t end, int may_look)
{
    uint64_t from = start;

    if (!may_look)
        return add_run(c, start, end);
    for (uint64_t page = start; page < end; page += CRAC_PAGE) {
        if (!page_is_zero((const uint64_t *)page))
            continue;
        if (page > from)
            add_run(c, from, page);
        from = page + CRAC_PAGE;
    }
    if (end > from)
        add_run(c, from, end);
}

/* Adds the pages of [start, end) through PAGEMAP_SCAN (Linux 6.7). Returns 0 or a negated errno. */
static long scan(struct collector *c, long pagemap, uint64_t start, uint64_t end, int may_look)
{
    struct scan_region *regions = (struct scan_region *)c->w->buffer;

    while (start < end) {
        struct scan_argument argument = {.size = sizeof argument,
                                         .start = start,
                                         .end = end,
                                         .vec = (uint64_t)regions,
                                         .vec_len = c->w->buffer_size / sizeof *regions,
                                         .category_inverted = SCAN_FILE | SCAN_ZERO,
                                         .category_mask = SCAN_FILE | SCAN_ZERO,
                                         .category_anyof_mask = SCAN_PRESENT | SCAN_SWAPPED,
                                         .return_mask = SCAN_PRESENT};
        long count = sys(SYS_ioctl, pagemap, SCAN_IOCTL, &argument);
        if (count < 0)
            return count;
        for (long i = 0; i < count; i++)
            add_range(c, regions[i].start, regions[i].end, may_look);
        start = argument.walk_end;
    }
    return 0;
}

/* The same by reading pagemap entries: bit 63 present, 62 swapped, 61 a page of a file. */
static long read_entries(struct collector *c, long pagemap, uint64_t start, uint64_t end,
                         int may_look)
{
    uint64_t *entries = (uint64_t *)c->w->buffer;

    while (start < end) {
        uint64_t pages = (end - start) / CRAC_PAGE;
        if (pages > c->w->buffer_size / 8)
            pages = c->w->buffer_size / 8;
        long got = sys(SYS_pread64, pagemap, entries, pages * 8, start / CRAC_PAGE * 8);
        if (got <= 0)
            return got < 0 ? got : -5;
        for (long i = 0; i < got / 8; i++, start += CRAC_PAGE)
            if ((entries[i] >> 62) && !(entries[i] >> 61 & 1))
                add_range(c, start, start + CRAC_PAGE, may_look);
    }
    return 0;
}

int pages_can_scan(void)
{
    struct scan_argument argument = {.size = sizeof argument, .return_mask = SCAN_PRESENT};
    long pagemap = sys(SYS_open, "/proc/self/pagemap", 0), result;

    if (sys_failed(pagemap))
        return 0;
    result = sys(SYS_ioctl, pagemap, SCAN_IOCTL, &argument);
    sys(SYS_close, pagemap);
    return result != -25 && result != -22; /* ENOTTY, EINVAL */
}

uint64_t stack_floor(const struct workspace *w)
{
    return w->stopped[0].record.rsp - 128; /* the System V red zone */
}

/* Lets the last run reach the end of its VMA where that is near. */
static void extend_to(struct collector *c, uint64_t end)
{
    struct crac_run *last = last_run(c);

    if (last && end - (last->address + last->length) < c->gap)
        last->length = end - last->address;
}

/* The size from which on a hole is worth a border. Pages of the stack are copied one by one. */
static uint64_t gap_in(const struct collector *c, const struct crac_vma *vma)
{
    return vma->flags & (CRAC_VMA_FILE | CRAC_VMA_STACK) ? c->smallest
                                                         : c->smallest * ANONYMOUS_GAP;
}

static long collect_piece(struct collector *c, const struct piece *piece, long pagemap,
                          int can_scan)
{
    const struct crac_vma *vma = &c->w->vmas[piece->vma];
    uint64_t start = piece->start;
    int is_anonymous = !(vma->flags & (CRAC_VMA_FILE | CRAC_VMA_STACK));
    int may_look =
        (vma->prot & PROT_READ) && vma->pkey == 0 && !(vma->flags & CRAC_VMA_FILE) && !piece->whole;
    long result;

    c->vma = piece->vma;
    c->gap = gap_in(c, vma);
    c->first = is_anonymous ? vma->start : ~0ull;
    if (vma->flags & CRAC_VMA_WIPEONFORK) /* what must differ in a fork must differ in a clone: it
                                             comes back as zeros */
        return 0;
    if (vma->flags & CRAC_VMA_URING || (vma->flags & CRAC_VMA_FILE && vma->flags & CRAC_VMA_SHARED))
        return 0;
    if (piece->whole) {
        add_run(c, piece->start, piece->end);
        return 0;
    }
    if (vma->flags & CRAC_VMA_STACK && piece->start < stack_floor(c->w) &&
        stack_floor(c->w) < piece->end)
        start = stack_floor(c->w) & ~(CRAC_PAGE - 1);
    result = can_scan ? scan(c, pagemap, start, piece->end, may_look)
                      : read_entries(c, pagemap, start, piece->end, may_look);
    if (is_anonymous && piece->end == vma->end)
        extend_to(c, vma->end);
    return result;
}

int pages_collect(struct workspace *w, struct crac_error *error)
{
    int can_scan = pages_can_scan();
    struct collector c = {.w = w, .smallest = SMALLEST_GAP};
    long pagemap = sys(SYS_open, "/proc/self/pagemap", 0), result;

    if (sys_failed(pagemap))
        return error_set(error, "collect", pagemap, "cannot open", "/proc/self/pagemap");
    do {
        w->run_count = 0;
        c.overflow = 0;
        result = 0;
        for (size_t i = 0; i < w->piece_count && result == 0 && !c.overflow; i++)
            result = collect_piece(&c, &w->pieces[i], pagemap, can_scan);
        c.smallest *= 4;
    } while (result == 0 && c.overflow && c.smallest < 1ull << 40);
    sys(SYS_close, pagemap);
    if (result != 0)
        return error_set(error, "collect", result, "cannot read", "/proc/self/pagemap");
    return c.overflow ? error_set(error, "collect", -12,
                                  "the process has more scattered pages than", "an image can hold")
                      : 0;
}
