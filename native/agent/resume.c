/*
 * The first steps in the restored process, on its main thread, while all others wait in their
 * handlers.
 *
 * The launcher's code is still mapped when the main thread comes here, and other threads may still
 * be running in it. The main thread does not wait for them; the last thread that comes back
 * unmaps the launcher. The main thread reports before it does anything else, so that this is most
 * often another one, on another processor.
 */
#include <sys/mman.h>
#include "agent.h"
#include "random.h"

/* Where the restored process finds its head. Set before memory is written. */
static uint64_t expected_head;

void resume_expect(uint64_t head_address)
{
    expected_head = head_address;
}

uint64_t resume_head(void)
{
    return expected_head;
}

/* Gives the launcher's part back to the reservation, but for a vDSO that it left there for good. */
void resume_unmap_launcher(void)
{
    const struct crac_handoff *handoff = origin_handoff();
    uint64_t start = CRAC_RESERVED_START, end = start + CRAC_LAUNCHER_SIZE;
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;

    if (handoff->keep_start == 0) {
        sys(SYS_mmap, start, end - start, PROT_NONE, flags, -1, 0);
        return;
    }
    sys(SYS_mmap, start, handoff->keep_start - start, PROT_NONE, flags, -1, 0);
    if (handoff->keep_end < end)
        sys(SYS_mmap, handoff->keep_end, end - handoff->keep_end, PROT_NONE, flags, -1, 0);
}

/* Ends the process, which can't be what it was. */
static void give_up(const char *message)
{
    sys(SYS_write, 2, message, text_length(message));
    sys(SYS_exit_group, 71);
}

void resume_process(void)
{
    origin.restored = 1;
    origin.head_address = expected_head;
    origin.image_device = origin_handoff()->image_device;
    origin.image_inode = origin_handoff()->image_inode;
    world_arrive();
    owners_adopt(expected_head);
    if (origin_handoff()->flags & CRAC_HANDOFF_COPIED) {
        mapped_stop();
    } else if (mapped_start() != 0) {
        give_up("crac restore: cannot intercept madvise in this process; restore it with "
                "--eager.\n");
    }
    if (clock_start() != 0)
        give_up("crac restore: cannot correct the clock of this process; restore it with --clock "
                "host.\n");
    random_renew();
    if (pools_refill() != 0 || generators_renew(expected_head) != 0)
        give_up("crac restore: the kernel gives no random numbers (getrandom), which this process "
                "needs to differ from other copies; allow that system call.\n");
    world_release();
}
