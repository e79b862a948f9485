/*
 * Secrets (agent/conceal.c) of which some lie in the same memory: they are zero in between, and all
 * there afterwards. Exit status 1 and a sentence tell of what does not hold.
 */
#include <stdio.h>
#include <string.h>
#include "../agent/agent.h"

static uint8_t memory[] = "neighbour, one secret and another, neighbour";
#define FIRST 11 /* of what is concealed */
#define LAST 33

static const struct secret secrets[] = {
    {memory + 11, 10}, {memory + 15, 18}, {memory + 15, 0}, {memory + 11, 10}, {memory + 20, 4},
};

int main(void)
{
    const struct crac_request request = {.secrets = secrets,
                                         .secret_count = sizeof secrets / sizeof *secrets};
    static uint8_t aside[64], before[sizeof memory];
    static struct workspace w;

    w.request = &request;
    w.concealed = aside;
    memcpy(before, memory, sizeof memory);
    conceal(&w);
    for (size_t i = 0; i < sizeof memory; i++) {
        if (memory[i] != (i >= FIRST && i < LAST ? 0 : before[i])) {
            fprintf(stderr, "conceal: byte %zu is %d while memory is written\n", i, memory[i]);
            return 1;
        }
    }
    reveal(&w);
    if (memcmp(memory, before, sizeof memory) != 0) {
        fprintf(stderr, "conceal: '%s' came back\n", (const char *)memory);
        return 1;
    }
    puts("everything held");
    return 0;
}
