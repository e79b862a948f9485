/*
 * Guard pages: page table entries instead of mappings, on which every access fails
 * (MADV_GUARD_INSTALL, Linux 6.13). glibc 2.42 protects the stacks of threads that way.
 *
 * No list of mappings shows them. pagemap shows them as swapped out, and only some kernels tell the
 * difference, so each page that is swapped out is read: where /proc/self/mem gives an error, nobody
 * can read it. It becomes a part of the image that has no rights, which protects as well.
 */
#include <linux/fs.h>
#include <sys/ioctl.h>
#include "agent.h"
#include "pagemap.h"

#define SOME 64 /* stretches of swapped pages that are asked for at once */

long guards_open(struct guards *guards)
{
    guards->pagemap = sys(SYS_open, "/proc/self/pagemap", 02000000 /* O_CLOEXEC */);
    guards->memory = sys(SYS_open, "/proc/self/mem", 02000000);
    return guards->pagemap < 0 ? guards->pagemap : guards->memory < 0 ? guards->memory : 0;
}

void guards_close(struct guards *guards)
{
    if (guards->pagemap >= 0)
        sys(SYS_close, guards->pagemap);
    if (guards->memory >= 0)
        sys(SYS_close, guards->memory);
}

static int is_guard(const struct guards *guards, uint64_t page)
{
    uint8_t byte;

    return sys_failed(sys(SYS_pread64, guards->memory, &byte, 1, page));
}

/* The first page of a stretch that is a guard, or is none; its end if there is no such one. */
static uint64_t find_page(const struct guards *guards, uint64_t page, uint64_t end, int guard)
{
    while (page < end && is_guard(guards, page) != guard)
        page += CRAC_PAGE;
    return page;
}

int guards_find(const struct guards *guards, uint64_t start, uint64_t end, uint64_t found[2])
{
    struct scan_region regions[SOME];

    while (start < end) {
        struct scan_argument argument = {.size = sizeof argument,
                                         .start = start,
                                         .end = end,
                                         .vec = (uint64_t)regions,
                                         .vec_len = SOME,
                                         .category_mask = SCAN_SWAPPED,
                                         .return_mask = SCAN_SWAPPED};
        long count = sys(SYS_ioctl, guards->pagemap, SCAN_IOCTL, &argument);
        if (count <= 0)
            return 0; /* or an older kernel, which has no guards */
        for (long i = 0; i < count; i++) {
            found[0] = find_page(guards, regions[i].start, regions[i].end, 1);
            found[1] = find_page(guards, found[0], regions[i].end, 0);
            if (found[0] < found[1])
                return 1;
        }
        start = argument.walk_end;
    }
    return 0;
}
