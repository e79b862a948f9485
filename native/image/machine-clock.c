/*
 * Which monotonic clock a process reads: it starts with each boot of a machine, and a time
 * namespace moves it. Two processes with the same boot id whose namespaces are known can compare
 * their times, whatever happened to the wall clock meanwhile.
 */
#include "machine-clock.h"
#include <linux/time.h>
#include "../arch/x86_64/syscall.h"
#include "text.h"

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void machine_boot(uint8_t id[16])
{
    char text[64];
    int digits = 0;

    for (int i = 0; i < 16; i++)
        id[i] = 0;
    if (file_read("/proc/sys/kernel/random/boot_id", text, sizeof text) <= 0)
        return;
    for (const char *at = text; *at && digits < 32; at++) {
        if (digit(*at) < 0)
            continue;
        id[digits / 2] = (uint8_t)(id[digits / 2] << 4 | digit(*at));
        digits++;
    }
}

/* "monotonic  -86401  999000000": seconds may be negative, nanoseconds are not. */
int64_t machine_time_namespace(void)
{
    char text[256];
    const char *at;
    int64_t seconds, sign = 1;

    if (file_read("/proc/self/timens_offsets", text, sizeof text) <= 0)
        return 0;
    at = text_find(text, "monotonic");
    if (!at)
        return 0;
    for (at += 9; *at == ' ' || *at == '-'; at++)
        sign = *at == '-' ? -1 : 1;
    seconds = sign * (int64_t)text_number(&at, 10);
    return seconds * CRAC_NS + (int64_t)text_number(&at, 10);
}

uint64_t machine_clock(int clock)
{
    uint64_t now[2]; /* struct timespec */

    sys(SYS_clock_gettime, clock, now);
    return now[0] * CRAC_NS + now[1];
}
