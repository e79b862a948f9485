/*
 * twin.so: a process with it in LD_PRELOAD has the number 1, as the only process of a container
 * has, and its clock is one hour and 100 seconds ahead whenever the file named by TWIN_LATER
 * exists.
 *
 * OpenSSL seeds its generators anew when the number of the process has changed and every hour,
 * which would hide that two restored processes begin with the same state. getpid() and time() are
 * what it asks for both.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define AHEAD 3700

static time_t ahead(void)
{
    const char *file = getenv("TWIN_LATER");

    return file && access(file, F_OK) == 0 ? AHEAD : 0;
}

pid_t getpid(void)
{
    return 1;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    long result = syscall(SYS_clock_gettime, clock, now);

    if (result == 0 && clock == CLOCK_REALTIME)
        now->tv_sec += ahead();
    return (int)result;
}

time_t time(time_t *result)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (result)
        *result = now.tv_sec;
    return now.tv_sec;
}

int gettimeofday(struct timeval *restrict result, void *restrict zone)
{
    struct timespec now;

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    result->tv_sec = now.tv_sec;
    result->tv_usec = now.tv_nsec / 1000;
    return 0;
}
