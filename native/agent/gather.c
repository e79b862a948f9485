/*
 * Has V8 put the pages of its heap next to each other.
 *
 * V8 asks for each of its pages, 256 KiB, at a random address of 46 bits, so that every one is a
 * mapping of its own, with page tables of its own: a restore pays for all of them. While all free
 * addresses there are taken, the kernel finds a place for what V8 asks for, right below what it
 * placed before; and the collections before an image move nearly all objects to new pages.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include "agent.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

#define LOWEST 0x100000000     /* what must lie in the lowest 4 GiB may still come to lie there */
#define HIGHEST 0x400000000000 /* V8's GetRandomMmapAddr() for Linux on x86_64 */
#define MOST 16000             /* mappings: with as many more, half of those a process may have */

struct hole {
    uint64_t start, end;
};

/* What is taken now; owned until gather_end(). */
static struct hole *taken;
static int taken_count;

/*
 * Finds what is free between LOWEST and HIGHEST: the number of holes, or -1 when the process has
 * too many mappings. Without room for more of them V8 would find no memory in the middle of a
 * collection, which ends the process.
 */
static int find_holes(struct hole *holes)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    uint64_t free_from = LOWEST, start, end;
    int count = 0, mappings = 0;

    if (!maps)
        return -1;
    while (mappings < MOST && fscanf(maps, "%lx-%lx%*[^\n]", &start, &end) == 2) {
        uint64_t hole_end = start < HIGHEST ? start : HIGHEST;
        if (hole_end > free_from)
            holes[count++] = (struct hole){free_from, hole_end};
        if (end > free_from)
            free_from = end;
        mappings++;
    }
    fclose(maps);
    return mappings < MOST ? count : -1;
}

/* Whether the process got that much address space and no other. */
static int take(struct hole hole)
{
    size_t size = hole.end - hole.start;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE;
    void *place = mmap((void *)hole.start, size, PROT_NONE, flags, -1, 0);

    if (place != MAP_FAILED && (uint64_t)place != hole.start)
        munmap(place, size);
    return (uint64_t)place == hole.start;
}

void gather_begin(void)
{
    struct rlimit limit;

    if (taken || getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur != RLIM_INFINITY)
        return;
    taken = calloc(MOST, sizeof *taken);
    int count = taken ? find_holes(taken) : -1;
    for (int i = 0; i < count; i++)
        if (take(taken[i]))
            taken[taken_count++] = taken[i];
}

void gather_end(void)
{
    for (int i = 0; i < taken_count; i++)
        munmap((void *)taken[i].start, taken[i].end - taken[i].start);
    free(taken);
    taken = NULL;
    taken_count = 0;
}
