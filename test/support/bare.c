/*
 * bare COMMAND [ARGUMENT...]: runs a command without the descriptors above 2 that whoever started
 * the tests left open.
 *
 * A process under test would inherit them, and a checkpoint refuses what it cannot carry over.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc < 2)
        return 64;
    close_range(3, ~0u, 0);
    execvp(argv[1], argv + 1);
    fprintf(stderr, "bare: cannot start %s: %s\n", argv[1], strerror(errno));
    return 127;
}
