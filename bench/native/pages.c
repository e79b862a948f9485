/*
 * pages: what this machine charges for memory. A restore is mostly that, the start of a program is
 * mostly computing, so that these prices decide how far the one is ahead of the other.
 *
 *   pages FILE
 *
 * Prints one line of JSON in nanoseconds, each the best of 40 rounds: getting one anonymous page,
 * copying one page of a private mapping of FILE when it is written, looking into a piece of it that
 * the kernel maps at once, and one mmap. FILE, of at least 2 MB, must be in the page cache.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>

#define PAGE 4096
#define PAGES 512
#define SIZE (PAGES * PAGE)
#define AROUND 16 /* pages that Linux maps at one fault: fault_around_bytes */
#define ROUNDS 40

static int64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000ll + time.tv_nsec;
}

/* Nanoseconds of writing (or reading) each `step`-th page of a fresh private mapping, or -1. */
static int64_t touch(int fd, int step, int writing)
{
    int flags = MAP_PRIVATE | (fd < 0 ? MAP_ANONYMOUS : 0);
    volatile char *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, flags, fd, 0);
    int64_t start;

    if (memory == MAP_FAILED)
        return -1;
    madvise((void *)memory, SIZE, MADV_NOHUGEPAGE);
    start = now();
    for (int i = 0; i < PAGES; i += step) {
        if (writing)
            memory[i * PAGE] = 1;
        else
            (void)memory[i * PAGE];
    }
    start = now() - start;
    munmap((void *)memory, SIZE);
    return start / (PAGES / step);
}

/* Nanoseconds of one mmap where nothing was, or -1. */
static int64_t map(int fd)
{
    static void *memory[PAGES];
    int64_t start = now(), spent;

    for (int i = 0; i < PAGES; i++)
        memory[i] =
            mmap(NULL, PAGE, i & 1 ? PROT_READ : PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    spent = now() - start;
    for (int i = 0; i < PAGES; i++)
        if (memory[i] == MAP_FAILED || munmap(memory[i], PAGE) != 0)
            return -1;
    return spent / PAGES;
}

static void keep_best(int64_t *best, int64_t value)
{
    if (*best < 0 || value < *best)
        *best = value;
}

int main(int argc, char **argv)
{
    int64_t anonymous = -1, copied = -1, looked = -1, mapped = -1;
    int fd = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;

    if (fd < 0) {
        fprintf(stderr, "Usage: pages FILE\n");
        return 64;
    }
    for (int round = 0; round < ROUNDS; round++) {
        keep_best(&anonymous, touch(-1, 1, 1));
        keep_best(&copied, touch(fd, 1, 1));
        keep_best(&looked, touch(fd, AROUND, 0));
        keep_best(&mapped, map(fd));
    }
    printf("{\"anonymous\":%ld,\"copied\":%ld,\"looked\":%ld,\"mapped\":%ld}\n", (long)anonymous,
           (long)copied, (long)looked, (long)mapped);
    return 0;
}
