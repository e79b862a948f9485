/* Which monotonic clock a process reads. */
#ifndef CRAC_MACHINE_CLOCK_H
#define CRAC_MACHINE_CLOCK_H

#include <stdint.h>

#define CRAC_NS 1000000000

/* The boot id of the machine; zeros where it can't be read. */
void machine_boot(uint8_t id[16]);
/* Nanoseconds by which the time namespace of this process puts its monotonic clock ahead. */
int64_t machine_time_namespace(void);
/* A clock, in nanoseconds. */
uint64_t machine_clock(int clock);

#endif
