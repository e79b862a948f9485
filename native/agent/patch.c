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

static uint64_t page_of(const uint8_t *code)
{
    return (uint64_t)code & ~(CRAC_PAGE - 1);
}

long patch_jumps(const struct patch *patches, size_t count)
{
    uint64_t low = ~0ull, high = 0;
    long failed;

    for (size_t i = 0; i < count; i++) {
        uint64_t first = page_of(patches[i].code), last = page_of(patches[i].code + 4);
        low = first < low ? first : low;
        high = last + CRAC_PAGE > high ? last + CRAC_PAGE : high;
    }
    failed = sys(SYS_mprotect, low, high - low, PROT_READ | PROT_WRITE | PROT_EXEC);
    for (size_t i = 0; i < count && !failed; i++) {
        uint8_t *code = patches[i].code;
        *(int32_t *)(code + 1) = (int32_t)(int64_t)(patches[i].target - ((uint64_t)code + 5));
        code[0] = 0xe9;
    }
    return failed ? failed : sys(SYS_mprotect, low, high - low, PROT_READ | PROT_EXEC);
}

long patch_jump(uint8_t *code, uint64_t target)
{
    const struct patch one = {code, target};

    return patch_jumps(&one, 1);
}
