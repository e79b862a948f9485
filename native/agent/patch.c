/*
 * Changing libc's code in a restored process: a five-byte instruction in front of a `syscall`
 * becomes a five-byte jump. No other instruction changes, so a thread that was stopped anywhere in
 * that function goes on correctly. All other threads wait in their handlers meanwhile.
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include "agent.h"

long patch_page_near(uint64_t address)
{
    const uint64_t step = 1u << 20, reach = 1u << 30;

    for (uint64_t distance = step; distance < reach; distance += step) {
        for (int side = -1; side <= 1; side += 2) {
            uint64_t hint = (address & ~(step - 1)) + (uint64_t)side * distance;
            long got = sys(SYS_mmap, hint, CRAC_PAGE, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
            if (got == (long)hint)
                return got;
            if (!sys_failed(got))
                sys(SYS_munmap, got, CRAC_PAGE);
        }
    }
    return -12;
}

long patch_jump(uint8_t *code, uint64_t target)
{
    uint64_t page = (uint64_t)code & ~(CRAC_PAGE - 1);
    uint64_t size = (((uint64_t)code + 5 + CRAC_PAGE - 1) & ~(CRAC_PAGE - 1)) - page;
    int32_t distance = (int32_t)(int64_t)(target - ((uint64_t)code + 5));
    long failed = sys(SYS_mprotect, page, size, PROT_READ | PROT_WRITE | PROT_EXEC);

    if (failed)
        return failed;
    *(int32_t *)(code + 1) = distance;
    code[0] = 0xe9;
    return sys(SYS_mprotect, page, size, PROT_READ | PROT_EXEC);
}
