/*
 * alone: runs a program that inherits nothing but its standard streams.
 *
 *   alone PROGRAM [ARGS...]
 *
 * Terminals and build systems leak descriptors of theirs into what they start. A program that shall
 * be written to disk must not hold the end of somebody else's pipe.
 */
#define _GNU_SOURCE
#include <linux/close_range.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "Usage: alone PROGRAM [ARGS...]\n");
        return 64;
    }
    if (syscall(SYS_close_range, 3U, ~0U, 0U) != 0)
        for (int fd = 3; fd < 1024; fd++)
            close(fd);
    execvp(argv[1], argv + 1);
    perror(argv[1]);
    return 127;
}
