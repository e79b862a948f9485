/*
 * The story of a restore.
 *
 * Up to memory_unmap_all() everything only looks at the host and at the image, or makes things that
 * vanish with this process: a failure is a sentence and an exit status, and nothing has happened.
 * Behind it there is no way back. The process that began as the launcher ends as the restored one.
 */
#include "../image/machine-clock.h"
#include <linux/time.h>
#include "launcher.h"

#define SIG_SETMASK 2

static struct launch launch;

static uint64_t inherited_mask;
static int blocked, preparing;

/* Until the image's own masks count no handler may run, and no signal may end us half way. */
static void block_signals(void)
{
    const uint64_t all = ~0ull;

    sys(SYS_rt_sigprocmask, SIG_SETMASK, &all, &inherited_mask, sizeof all);
    blocked = 1;
}

/* The limit of open files stays raised: Node.js raises it as well. */
void launch_abandon(void)
{
    if (preparing)
        sys(SYS_close_range, 3, ~0u, 0);
    limits_restore();
    if (blocked)
        sys(SYS_rt_sigprocmask, SIG_SETMASK, &inherited_mask, 0, sizeof inherited_mask);
}

/* Everything that can be asked before anything is made. */
static void check_host(struct launch *l)
{
    labels_check(l);
    constraints_check(l);
    limits_check(l);
    files_open(l);
}

/* What is made before the point of no return. Nothing fails from clock_prepare() on: a command that
 * is run instead would find itself in another time namespace. */
static void prepare(struct launch *l)
{
    preparing = 1;
    maps_read(l);
    descriptors_restore(l);
    vdso_put_aside(l);
    handoff_reserve(l);
    clock_prepare(l);
    vdso_keep(l);
    handoff_write(l);
}

/* Called by _start with the initial stack. */
__attribute__((used)) _Noreturn void launcher_main(uint64_t *stack);

_Noreturn void launcher_main(uint64_t *stack)
{
    struct launch *l = &launch;

    l->started_monotonic = machine_clock(CLOCK_MONOTONIC);
    l->started_realtime = machine_clock(CLOCK_REALTIME);
    descriptors_fill_standard();
    command_parse((int)stack[0], (char **)(stack + 1), &l->command);
    fail_otherwise(&l->command);
    choose(&l->command);
    image_open(l);
    if (l->command.verify)
        image_verify(l);
    block_signals();
    check_host(l);
    prepare(l);

    /* COMMIT: from here there is no process to go back to. */
    fail_otherwise(&(const struct command){0});
    memory_unmap_all();
    memory_map_rings(&l->tables);
    limits_restore();
    memory_restore(l);
    vdso_install(l);
    descriptors_close_own(l);
    process_restore(&l->tables);
    threads_start(&l->tables);
}
