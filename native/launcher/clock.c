/*
 * The monotonic clock of the restored process.
 *
 * It starts anew with each boot of a machine, and every deadline in the image counts by the clock
 * of the checkpoint. The process must find it where it left it, plus the time that passed. That
 * difference to the machine's own clock is the shift:
 *
 *   wall     by the wall clock, never less than zero. Where the machine's clock says the same
 *            within a second, as it does on the machine of the checkpoint, nothing is to be done,
 *            and nothing is read to find that out. Where it differs, boot id and time namespace
 *            tell whether it is the same clock all the same: a wall clock that was set, or a
 *            machine that slept, moves no monotonic time.
 *   freeze   nothing passed.
 *   host     what the machine says is right.
 *
 * A time namespace makes a shift true for the kernel, too, and for child processes. It takes
 * CAP_SYS_ADMIN and CAP_SYS_TIME, and a process without other threads, which this is. Without them
 * the agent shifts the clock (native/agent/clock.c).
 *
 * CLOCK_BOOTTIME stays the machine's: it says how long that is up.
 */
#include "../image/machine-clock.h"
#include <linux/time.h>
#include "launcher.h"

#define NEW_TIME_NAMESPACE 0x80 /* CLONE_NEWTIME */
#define WRITE_ONLY 02000001     /* O_WRONLY | O_CLOEXEC */
#define READ_ONLY 02000000      /* O_RDONLY | O_CLOEXEC */

/* The shift that makes this machine's clock that of the checkpoint: 1 when it is the same clock. */
static int find_same_clock(const struct crac_clock *then, int64_t *shift)
{
    const uint64_t *old = (const uint64_t *)then->boot;
    uint64_t boot[2];

    machine_boot((uint8_t *)boot);
    if ((boot[0] | boot[1]) == 0 || boot[0] != old[0] || boot[1] != old[1])
        return 0;
    *shift = then->ahead - machine_time_namespace();
    return 1;
}

static int64_t shift_by_wall_clock(const struct launch *l)
{
    const struct crac_clock *then = l->tables.clock;
    uint64_t now = l->started_monotonic, passed = 0;
    int64_t shift, same;

    if (l->started_realtime > then->realtime)
        passed = l->started_realtime - then->realtime;
    shift = (int64_t)(then->monotonic + passed - now);
    if (now >= then->monotonic && shift <= CRAC_NS && shift >= -CRAC_NS)
        return 0;
    if (find_same_clock(then, &same) && now + (uint64_t)same >= then->monotonic)
        return same;
    return shift;
}

static int64_t find_shift(const struct launch *l, enum crac_clock_policy policy)
{
    if (policy == CRAC_CLOCK_HOST)
        return 0;
    if (policy == CRAC_CLOCK_FREEZE)
        return (int64_t)(l->tables.clock->monotonic - l->started_monotonic);
    return shift_by_wall_clock(l);
}

/* Writes the offset of the namespace that this process is about to enter. */
static long write_offset(int64_t offset)
{
    int64_t seconds = offset / CRAC_NS, rest = offset % CRAC_NS;
    char buffer[64];
    struct text line = TEXT_IN(buffer);
    long file = sys(SYS_open, "/proc/self/timens_offsets", WRITE_ONLY), got;

    if (rest < 0)
        rest += CRAC_NS, seconds--;
    text_add(&line, "monotonic ");
    text_add_signed(&line, seconds);
    text_add(&line, " ");
    text_add_number(&line, (uint64_t)rest);
    text_add(&line, "\n");
    if (sys_failed(file))
        return file;
    got = sys(SYS_write, file, line.start, line.used);
    sys(SYS_close, file);
    return got;
}

/* Enters a time namespace that was opened as a file. */
static long enter(const char *path)
{
    long file = sys(SYS_open, path, READ_ONLY), got;

    if (sys_failed(file))
        return file;
    got = sys(SYS_setns, file, NEW_TIME_NAMESPACE);
    sys(SYS_close, file);
    return got;
}

/* Tests act as if no time namespace could be made. */
static int is_namespace_refused(const struct launch *l)
{
    for (char **entry = l->command.environment; *entry; entry++)
        if (text_equal(*entry, "CRAC_FAULT=time-namespace"))
            return 1;
    return 0;
}

/* Moves this process's clock by a time namespace: 0, or -1 where that is not permitted. */
static int move_namespace(const struct launch *l, int64_t shift)
{
    int64_t offset = machine_time_namespace() + shift;

    if (is_namespace_refused(l) || sys(SYS_unshare, NEW_TIME_NAMESPACE) != 0)
        return -1;
    if (!sys_failed(write_offset(offset)) && enter("/proc/self/ns/time_for_children") == 0)
        return 0;
    /* Threads could not be created while children belong into another namespace. */
    enter("/proc/self/ns/time");
    return -1;
}

void clock_prepare(struct launch *l)
{
    const struct crac_clock *then = l->tables.clock;
    enum crac_clock_policy policy =
        l->command.clock_named ? l->command.clock : (enum crac_clock_policy)then->policy;
    int64_t shift = find_shift(l, policy);
    uint64_t seen = l->started_monotonic + (uint64_t)shift;

    l->away = l->started_realtime > then->realtime ? l->started_realtime - then->realtime : 0;
    l->away_monotonic = seen > then->monotonic ? seen - then->monotonic : 0;
    if (shift == 0)
        return;
    if (move_namespace(l, shift) == 0)
        l->started_monotonic += (uint64_t)shift;
    else
        l->clock_shift = shift;
}
