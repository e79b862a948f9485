/*
 * Monotonic time in a process that was restored on another machine, or after a boot.
 *
 * It must go on from what the process has seen. Where the launcher was allowed to, it has put the
 * process into a time namespace, and nothing is left to do here. Elsewhere this process adds a
 * shift by itself: to all that it reads, and in reverse to the deadlines at which it waits.
 *
 *   reading   libc calls clock_gettime() in the vDSO at an address that it has remembered. The
 *             launcher left a copy of the old vDSO there whose entry leads to clock_entry().
 *   waiting   of all that waits in Node.js only futexes do so until a point of time; libc's
 *             pthread_cond_timedwait() is one. epoll and poll take durations. The `mov $202, %eax`
 *             in front of each such `syscall` of libc becomes a jump (patch.c), and so do the
 *             instructions of the same size in syscall(), which Rust's and C++'s libraries use, and
 *             in __syscall_cancel_arch(), through which newer libcs wait.
 *
 * A thread that was waiting comes back into libc with EINTR and waits again, now through the jump.
 * A thread that was just about to wait stands at the `syscall` itself and is put back onto the
 * jump, and one that was finding out whether there is a shift begins anew (clock_redirect). What is
 * counted in another shift must not be written down for a next image: clock_in_motion() tells of
 * threads in the middle of that.
 *
 * Only processes with a shift are changed. CLOCK_BOOTTIME is never shifted: it tells how long the
 * machine is up.
 */
#define _GNU_SOURCE
#include <link.h>
#include <linux/futex.h>
#include <signal.h>
#include <time.h>
#include <ucontext.h>
#include "../image/machine-clock.h"
#include "agent.h"

#define MOST_SITES 126  /* stubs that fit into a page */
#define MOST_SEGMENTS 4 /* two libraries */
#define STUB_SIZE 32u
#define CANCELLED 4 /* index of the pattern that stores r11, which a `syscall` changes */

/* Five bytes of one instruction that needs no relocation, and the `syscall` behind it. */
static const uint8_t patterns[][7] = {
    {0xb8, SYS_futex, 0, 0, 0, 0x0f, 0x05},
    {0xb8, SYS_clock_gettime, 0, 0, 0, 0x0f, 0x05},
    {0xb8, SYS_clock_nanosleep, 0, 0, 0, 0x0f, 0x05},
    {0x4c, 0x8b, 0x4c, 0x24, 0x08, 0x0f, 0x05}, /* mov 8(%rsp), %r9: the end of syscall() */
    {0x4c, 0x89, 0x5c, 0x24, 0x08, 0x0f, 0x05}, /* mov %r11, 8(%rsp): __syscall_cancel_arch() */
};
#define PATTERN_COUNT (sizeof patterns / sizeof *patterns)

/* In arch/x86_64/agent-context.S: with the number in rax and the address of the `syscall` in r11.
 */
void intercept_clock(void);
/* Behind what it does to find out. */
extern const uint8_t intercept_clock_decided[];

/* Found before an image is written; never changed afterwards. */
static struct {
    struct site {
        uint8_t *code;
        uint32_t pattern;
    } sites[MOST_SITES];
    struct segment {
        uint32_t first, count; /* places in one mapping */
    } segments[MOST_SEGMENTS];
    uint32_t count, segment_count;
    uint32_t overflow; /* more than there is room for */
} found;

/* Written while all other threads are stopped. */
int64_t clock_shift;
static int (*read_machine)(clockid_t clock, struct timespec *time);
static int intercepting;

/* What is between reading one clock and having counted it in the other lies in sections of its own,
 * whose bounds the linker knows. */
#define READING __attribute__((section("crac_clock_read"), noinline, used))
#define WAITING __attribute__((section("crac_clock_wait"), noinline, used))
extern const uint8_t __start_crac_clock_read[], __stop_crac_clock_read[], __start_crac_clock_wait[],
    __stop_crac_clock_wait[];

static inline __attribute__((always_inline)) int is_shifted(long clock)
{
    return clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_RAW ||
           clock == CLOCK_MONOTONIC_COARSE;
}

/* Moves a point of time. What would lie before the first moment is the first moment. */
static inline __attribute__((always_inline)) void move(struct timespec *time, int64_t shift)
{
    int64_t seconds = time->tv_sec + shift / CRAC_NS, rest = time->tv_nsec + shift % CRAC_NS;

    if (rest < 0)
        rest += CRAC_NS, seconds--;
    if (rest >= CRAC_NS)
        rest -= CRAC_NS, seconds++;
    time->tv_sec = seconds < 0 ? 0 : seconds;
    time->tv_nsec = seconds < 0 ? 0 : rest;
}

/* clock_gettime() of the vDSO, as libc calls it: 0, or a negated errno. */
READING static int clock_entry(clockid_t clock, struct timespec *time)
{
    int failed =
        read_machine ? read_machine(clock, time) : (int)sys(SYS_clock_gettime, clock, time);

    if (failed == 0 && is_shifted(clock))
        move(time, clock_shift);
    return failed;
}

/* A system call that waits until a point of time of the process's clock. */
WAITING static long wait_until(long number, const long argument[6], int place)
{
    struct timespec deadline = *(const struct timespec *)argument[place];
    long a[6];

    for (int i = 0; i < 6; i++)
        a[i] = argument[i];
    if (deadline.tv_sec >= 0 && deadline.tv_nsec >= 0 && deadline.tv_nsec < CRAC_NS) {
        move(&deadline, -clock_shift);
        a[place] = (long)&deadline;
    }
    return sys(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* Called by intercept_clock() with what concerns the clock; all else it has let pass. */
__attribute__((used)) long clock_call(const long argument[6], long number)
{
    if (number == SYS_clock_gettime)
        return clock_entry((clockid_t)argument[0], (struct timespec *)argument[1]);
    return wait_until(number, argument, number == SYS_futex ? 3 : 2);
}

/* Remembers the places in a segment of code. */
static void search_code(uint8_t *start, uint8_t *end)
{
    uint32_t first = found.count;

    for (uint8_t *at = start; at + 7 <= end; at++) {
        if (at[5] != 0x0f || at[6] != 0x05)
            continue;
        for (uint32_t i = 0; i < PATTERN_COUNT; i++) {
            if (__builtin_memcmp(at, patterns[i], sizeof patterns[i]) != 0)
                continue;
            if (found.count < MOST_SITES)
                found.sites[found.count++] = (struct site){at, i};
            else
                found.overflow = 1;
        }
    }
    if (found.count == first)
        return;
    if (found.segment_count < MOST_SEGMENTS)
        found.segments[found.segment_count++] = (struct segment){first, found.count - first};
    else
        found.count = first, found.overflow = 1;
}

/* Looks at the parts of libc: threads had a library of their own before glibc 2.34. */
static int search_library(struct dl_phdr_info *library, size_t size, void *context)
{
    if (!text_ends(library->dlpi_name, "/libc.so.6") &&
        !text_ends(library->dlpi_name, "/libpthread.so.0"))
        return 0;
    for (int i = 0; i < library->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &library->dlpi_phdr[i];
        uint8_t *start = (uint8_t *)library->dlpi_addr + segment->p_vaddr;
        if (segment->p_type == PT_LOAD && segment->p_flags & PF_X)
            search_code(start, start + segment->p_memsz);
    }
    return 0;
}

int clock_prepare(void)
{
    if (found.count == 0)
        dl_iterate_phdr(search_library, NULL);
    if (found.overflow)
        return -1;
    for (uint32_t i = 0; i < found.count; i++)
        if (found.sites[i].pattern == 0 || found.sites[i].pattern == CANCELLED)
            return 0;
    return -1;
}

void clock_collect(struct workspace *w)
{
    struct crac_clock *clock = &w->clock;

    clock->realtime = machine_clock(CLOCK_REALTIME);
    clock->monotonic = machine_clock(CLOCK_MONOTONIC) + (uint64_t)clock_shift;
    clock->ahead = machine_time_namespace() + clock_shift;
    clock->entry = (uint64_t)clock_entry;
    clock->policy = w->request->clock_policy;
    machine_boot(clock->boot);
}

static int is_between(uint64_t at, const uint8_t *start, const uint8_t *end)
{
    return at >= (uint64_t)start && at < (uint64_t)end;
}

int clock_in_motion(uint64_t instruction)
{
    const uint8_t *at = (const uint8_t *)instruction;

    if (is_between(instruction, __start_crac_clock_wait, __stop_crac_clock_wait))
        return at[-2] != 0x0f || at[-1] != 0x05; /* not behind the wait itself */
    return is_between(instruction, __start_crac_clock_read, __stop_crac_clock_read);
}

/* mov or whatever it was; mov $address of the syscall, %r11; jmp *intercept_clock */
static void write_stub(uint8_t *stub, const struct site *site)
{
    for (int i = 0; i < 5; i++)
        stub[i] = site->code[i];
    stub[5] = 0x49, stub[6] = 0xbb;
    *(uint64_t *)(stub + 7) = (uint64_t)site->code + 5;
    stub[15] = 0xff, stub[16] = 0x25;
    *(uint32_t *)(stub + 17) = 3;
    *(uint64_t *)(stub + 24) = (uint64_t)intercept_clock;
}

/* Lets the places of each segment jump to stubs in a page that they can reach. */
static long intercept(void)
{
    static struct patch patches[MOST_SITES];
    long page = patch_page_near((uint64_t)found.sites[0].code), failed;
    uint8_t *stubs = (uint8_t *)page;

    if (sys_failed(page))
        return page;
    for (uint32_t i = 0; i < found.count; i++) {
        write_stub(stubs + i * STUB_SIZE, &found.sites[i]);
        patches[i] = (struct patch){found.sites[i].code, (uint64_t)(stubs + i * STUB_SIZE)};
    }
    failed = sys(SYS_mprotect, page, CRAC_PAGE, 5 /* PROT_READ | PROT_EXEC */);
    for (uint32_t i = 0; i < found.segment_count && !failed; i++)
        failed = patch_jumps(patches + found.segments[i].first, found.segments[i].count);
    return failed;
}

long clock_start(void)
{
    const struct crac_handoff *handoff = origin_handoff();

    clock_shift = handoff->clock_shift;
    read_machine = (int (*)(clockid_t, struct timespec *))handoff->clock_gettime;
    if (clock_shift == 0 || intercepting || found.count == 0)
        return 0;
    intercepting = 1;
    return intercept();
}

void clock_redirect(uint64_t head, void *context)
{
    uint64_t size;
    const struct crac_image *image = note_in(head, CRAC_NOTE_IMAGE, &size);
    const struct crac_handoff *handoff = (const void *)(head + image->head_size);
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs, *at = &registers[REG_RIP];

    if (handoff->clock_shift == 0)
        return;
    if (is_between((uint64_t)*at, (const uint8_t *)intercept_clock, intercept_clock_decided))
        *at = (greg_t)intercept_clock;
    for (uint32_t i = 0; i < found.count; i++) {
        if ((uint64_t)*at != (uint64_t)found.sites[i].code + 5)
            continue;
        if (found.sites[i].pattern == CANCELLED)
            registers[REG_R11] = ((const greg_t *)registers[REG_RSP])[1]; /* what it has stored */
        *at -= 5;
    }
}
