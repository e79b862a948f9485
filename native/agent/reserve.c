/*
 * The reserved address range.
 *
 *   CRAC_RESERVED_START  +---------------------+
 *                        | launcher's part     |  in the process: the workspace of a checkpoint
 * under way CRAC_HEAD_START(0)   +---------------------+ | head                |  of the image that
 * this process came from, or is about to write CRAC_HEAD_START(1)   +---------------------+ | head
 * |  the other one CRAC_RESERVED_END    +---------------------+
 *
 * The range is PROT_NONE whenever nobody uses it, so that it costs nothing and nothing else settles
 * there. It is neither dumped nor restored: the launcher makes the same reservation anew. Its
 * neighbours can't merge with it, which keeps every other mapping's borders as the program made
 * them.
 */
#include <stddef.h>
#include <sys/mman.h>
#include "agent.h"

#define WORKSPACE_SIZE                                                                             \
    0x1c000000ull /* 448 MiB of the launcher's 512: a vDSO kept by the launcher lies behind it */
#define FIXED_NONE (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)

static long map_fixed(uint64_t address, uint64_t size, int protection, int how)
{
    return sys(SYS_mmap, address, size, protection, FIXED_NONE | how, -1, 0);
}

int reserve_range(void)
{
    uint64_t size = CRAC_RESERVED_END - CRAC_RESERVED_START;
    long got = map_fixed(CRAC_RESERVED_START, size, PROT_NONE, MAP_FIXED_NOREPLACE);

    if (got == (long)CRAC_RESERVED_START)
        return 0;
    if (!sys_failed(got))
        sys(SYS_munmap, got, size);
    return -1;
}

/* Cuts `size` bytes, rounded up to pages, off the space that begins at *next. */
static void *carve(uint64_t *next, uint64_t size)
{
    uint64_t start = *next;

    *next += (size + CRAC_PAGE - 1) & ~(CRAC_PAGE - 1);
    return (void *)start;
}

static struct crac_pool carve_pool(uint64_t *next, uint64_t size)
{
    struct crac_pool pool = {carve(next, size), 0, size};
    return pool;
}

long workspace_open(void)
{
    struct workspace *w = WORKSPACE;
    uint64_t next = CRAC_RESERVED_START;
    long got = map_fixed(next, WORKSPACE_SIZE, PROT_READ | PROT_WRITE, MAP_FIXED);

    if (sys_failed(got))
        return got;
    carve(&next, sizeof *w);
    w->stopped = carve(&next, sizeof *w->stopped * CRAC_MAX_THREADS);
    w->threads = carve(&next, sizeof *w->threads * CRAC_MAX_THREADS);
    w->hints = carve(&next, sizeof *w->hints * CRAC_MAX_VMAS);
    w->pieces = carve(&next, sizeof *w->pieces * CRAC_MAX_VMAS);
    w->vmas = carve(&next, sizeof *w->vmas * CRAC_MAX_VMAS);
    w->runs = carve(&next, sizeof *w->runs * CRAC_MAX_RUNS);
    w->generators = carve(&next, sizeof *w->generators * CRAC_MAX_GENERATORS);
    w->files = carve(&next, sizeof *w->files * CRAC_MAX_FILES);
    w->file_ids = carve(&next, sizeof *w->file_ids * CRAC_MAX_FILES);
    w->save.fds = carve_pool(&next, sizeof(struct crac_fd) * CRAC_MAX_FDS);
    w->save.epolls = carve_pool(&next, 8u << 20);
    w->save.strings = carve_pool(&next, 16u << 20);
    w->save.bytes = carve_pool(&next, 128u << 20);
    w->save.ring_inodes = carve(&next, 64 * sizeof(uint32_t));
    w->save.ring_fds = carve(&next, 64 * sizeof(uint32_t));
    w->save.scratch_size = 4u << 20;
    w->save.scratch = carve(&next, w->save.scratch_size);
    w->save.problems = carve(&next, sizeof(struct crac_problem) * CRAC_MAX_PROBLEMS);
    w->buffer_size = 1u << 20;
    w->buffer = carve(&next, w->buffer_size);
    w->concealed = carve(&next, CRAC_MAX_SECRETS);
    return next <= CRAC_RESERVED_START + WORKSPACE_SIZE ? 0 : -12;
}

void workspace_close(void)
{
    map_fixed(CRAC_RESERVED_START, WORKSPACE_SIZE, PROT_NONE, MAP_FIXED);
}

long head_open(uint64_t address, uint64_t size)
{
    long got = map_fixed(address, size, PROT_READ | PROT_WRITE, MAP_FIXED);
    return sys_failed(got) ? got : 0;
}

void head_close(uint64_t address)
{
    map_fixed(address, CRAC_HEAD_SIZE, PROT_NONE, MAP_FIXED);
}
