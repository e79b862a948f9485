/*
 * hold: keeps files in the page cache.
 *
 *   hold FILE...
 *
 * Reads each FILE from its beginning to its end, so that it lies in the cache as one that has just
 * been written, and locks it there. Says "held" on a line of its own and waits until its standard
 * input ends. What cannot be locked is said on standard error; the rest is held all the same.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static char buffer[1 << 20];

static int hold(const char *path)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &status) != 0)
        return -1;
    while (read(fd, buffer, sizeof buffer) > 0)
        ;
    if (status.st_size == 0)
        return close(fd);
    void *memory = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    return memory == MAP_FAILED ? -1 : mlock(memory, (size_t)status.st_size);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (hold(argv[i]) != 0)
            fprintf(stderr, "hold: %s: %s\n", argv[i], strerror(errno));
    puts("held");
    fflush(stdout);
    while (read(0, buffer, sizeof buffer) > 0)
        ;
    return 0;
}
