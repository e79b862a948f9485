/*
 * What belongs to the process as a whole: the addresses in its memory descriptor (heap, arguments,
 * environment, auxiliary vector), signal actions, file mode creation mask.
 */
#include <sys/prctl.h>
#include "launcher.h"

#define SIGNAL_COUNT 64
#define SIGNAL_KILL 9
#define SIGNAL_STOP 19

/* Needs no privilege as long as the executable stays as it is. */
static void set_memory_descriptor(const struct crac_tables *tables)
{
    const struct crac_image *image = tables->image;
    struct prctl_mm_map map = {.start_code = image->start_code,
                               .end_code = image->end_code,
                               .start_data = image->start_data,
                               .end_data = image->end_data,
                               .start_brk = image->start_brk,
                               .brk = image->brk,
                               .start_stack = image->start_stack,
                               .arg_start = image->arg_start,
                               .arg_end = image->arg_end,
                               .env_start = image->env_start,
                               .env_end = image->env_end,
                               .auxv = (__u64 *)(uintptr_t)tables->auxv,
                               .auxv_size = (uint32_t)tables->auxv_size,
                               .exe_fd = ~0u};
    long failed = sys(SYS_prctl, PR_SET_MM, PR_SET_MM_MAP, &map, sizeof map, 0);

    if (failed)
        fail_call("PR_SET_MM_MAP", image->start_brk, failed);
}

/* All actions but those that nobody can set. */
static void set_signal_actions(const struct crac_sigaction *actions)
{
    for (int number = 1; number <= SIGNAL_COUNT; number++) {
        if (number == SIGNAL_KILL || number == SIGNAL_STOP)
            continue;
        long failed = sys(SYS_rt_sigaction, number, &actions[number - 1], 0, 8);
        if (failed)
            fail_call("rt_sigaction", (uint64_t)number, failed);
    }
}

/* What the restorer or the image forbids stays forbidden: neither finds its files readable for more
 * users than it wanted. */
static void set_umask(uint32_t of_image)
{
    uint32_t of_restorer = (uint32_t)sys(SYS_umask, of_image);

    if (of_restorer & ~of_image)
        sys(SYS_umask, of_image | of_restorer);
}

void process_restore(const struct crac_tables *tables)
{
    set_memory_descriptor(tables);
    set_signal_actions(tables->signals);
    set_umask(tables->image->umask);
}
