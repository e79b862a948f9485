/*
 * Waits until a point of time (agent/clock.c) that go on in a process whose clock is shifted by
 * now, each tried at every instruction at which a checkpoint can stop it.
 *
 * The thread takes one step after the other. At one of them it becomes what a restored process is,
 * in which the deadline has long passed, so the wait ends at once; by the machine's clock it would
 * take an hour. Exit status 1 and a sentence tell of an instruction behind which it waits.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "../agent/clock.c"

#define TRAP 0x100 /* of the flags: after each instruction */
#define HOUR 3600
#define PATIENCE 30 /* seconds */

#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "clock: line %d: %s does not hold\n", __LINE__, #condition);           \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

/* What of the agent is not linked. */
uint64_t intercept_madvise_return, intercept_mmap_return, intercept_munmap_return,
    intercept_mprotect_return, intercept_mremap_return;
long mapped_madvise(void), mapped_mmap(void), mapped_munmap(void), mapped_mprotect(void),
    mapped_mremap(void);

long mapped_madvise(void)
{
    return 0;
}
long mapped_mmap(void)
{
    return 0;
}
long mapped_munmap(void)
{
    return 0;
}
long mapped_mprotect(void)
{
    return 0;
}
long mapped_mremap(void)
{
    return 0;
}

/* The image that the process comes from. */
static struct {
    struct crac_image image;
    struct crac_handoff handoff;
} head = {.image.head_size = sizeof(struct crac_image)};

const void *note_in(uint64_t address, uint32_t kind, uint64_t *size)
{
    return &head.image;
}

const struct crac_handoff *origin_handoff(void)
{
    return &head.handoff;
}

/*
 * Functions that wait as libc's do: the number in front of the `syscall`, and what has to be kept
 * stored in front of it (-1 when that is lost). They take arguments as system calls do.
 */
__asm__(".pushsection .waiting, \"ax\", @progbits\n"
        ".balign 4096\n"
        "by_number:\n"
        "    mov $202, %eax\n"
        "    syscall\n"
        "    ret\n"
        "by_storing:\n"
        "    sub $24, %rsp\n"
        "    mov $202, %eax\n"
        "    lea by_storing(%rip), %r11\n"
        "    mov %r11, 8(%rsp)\n"
        "    syscall\n"
        "    lea by_storing(%rip), %rcx\n"
        "    cmp %rcx, 8(%rsp)\n"
        "    je 1f\n"
        "    mov $-1, %rax\n"
        "1:  add $24, %rsp\n"
        "    ret\n"
        ".balign 4096\n"
        "waiting_end:\n"
        ".popsection\n");
extern uint8_t by_number[], by_storing[], waiting_end[];

static volatile sig_atomic_t steps, last_step, is_restored;
static volatile uint64_t restored_at;

/* Before each instruction while the thread takes steps. */
static void on_step(int number, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    const uint8_t *at = (const uint8_t *)registers[REG_RIP];
    int is_waiting = at[0] == 0x0f && at[1] == 0x05 && registers[REG_RAX] == SYS_futex;

    steps++;
    if (steps < last_step && !is_waiting)
        return;
    registers[REG_EFL] &= ~TRAP;
    if (steps < last_step) { /* everything was tried */
        registers[REG_RIP] += 2;
        registers[REG_RAX] = 0;
        return;
    }
    is_restored = 1;
    restored_at = (uint64_t)at;
    if (clock_start() != 0)
        _exit(1);
    clock_redirect((uint64_t)&head, context);
}

static void on_alarm(int number)
{
    fprintf(stderr, "clock: who was at %#lx waits by the machine's clock\n", (long)restored_at);
    _exit(1);
}

/* Calls one of the functions step by step; what it returns. */
static long wait_in_steps(const uint8_t *function)
{
    static uint32_t word;
    struct timespec deadline = {(long)(machine_clock(CLOCK_MONOTONIC) / CRAC_NS) + HOUR, 0};
    register long r10 __asm__("r10") = (long)&deadline;
    register long r8 __asm__("r8") = 0;
    register long r9 __asm__("r9") = FUTEX_BITSET_MATCH_ANY;
    long result;

    __asm__ volatile("lea -128(%%rsp), %%rsp\n\t"
                     "pushf\n\t"
                     "orl $0x100, (%%rsp)\n\t"
                     "popf\n\t"
                     "call *%[function]\n\t"
                     "pushf\n\t"
                     "andl $~0x100, (%%rsp)\n\t"
                     "popf\n\t"
                     "lea 128(%%rsp), %%rsp"
                     : "=a"(result)
                     : [function] "r"(function), "D"(&word),
                       "S"(FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG), "d"(0), "r"(r10), "r"(r8),
                       "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

/* A process on the machine of its checkpoint: it may have been on another one before. */
static void begin_anew(const uint8_t *original, int was_elsewhere)
{
    mprotect(by_number, CRAC_PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
    memcpy(by_number, original, CRAC_PAGE);
    intercepting = 0;
    head.handoff.clock_shift = was_elsewhere;
    REQUIRE(clock_start() == 0);
    clock_shift = 0;
}

/* Has the process be restored at each instruction of a wait: how many there were. */
static int try_all(const uint8_t *original, const uint8_t *function, int was_elsewhere)
{
    for (last_step = 1;; last_step++) {
        begin_anew(original, was_elsewhere);
        head.handoff.clock_shift = (int64_t)2 * HOUR * CRAC_NS;
        steps = is_restored = 0;
        alarm(PATIENCE);
        long result = wait_in_steps(function);
        alarm(0);
        if (!is_restored)
            return last_step - 1;
        REQUIRE(result == -ETIMEDOUT);
    }
}

int main(void)
{
    struct sigaction step = {.sa_sigaction = on_step, .sa_flags = SA_SIGINFO};
    struct sigaction end = {.sa_handler = on_alarm};
    static uint8_t original[CRAC_PAGE];

    sigaction(SIGTRAP, &step, NULL);
    sigaction(SIGALRM, &end, NULL);
    search_code(by_number, waiting_end);
    REQUIRE(found.count == 2 && found.sites[1].pattern == CANCELLED);
    memcpy(original, by_number, sizeof original);
    for (int was_elsewhere = 0; was_elsewhere < 2; was_elsewhere++) {
        REQUIRE(try_all(original, by_number, was_elsewhere) > 1);
        REQUIRE(try_all(original, by_storing, was_elsewhere) > 4);
    }
    puts("everything held");
    return 0;
}
