/*
 * The most that V8 lets the heap of this thread grow to.
 *
 * V8 offers no call for it after the start; but whoever takes a callback for a nearly full heap
 * away may say to which limit V8 returns, and that may be a lower one. V8 keeps a quarter more than
 * what lives on the heap. Where the methods are missing, nothing happens.
 */
#include <dlfcn.h>
#include "agent.h"

typedef size_t near_limit(void *data, size_t current, size_t initial);

static size_t keep_limit(void *data, size_t current, size_t initial)
{
    return current;
}

void heap_limit(size_t bytes)
{
    void *(*current)(void) = (void *(*)(void))dlsym(RTLD_DEFAULT, "_ZN2v87Isolate10GetCurrentEv");
    void (*add)(void *, near_limit *, void *) = (void (*)(void *, near_limit *, void *))dlsym(
        RTLD_DEFAULT, "_ZN2v87Isolate24AddNearHeapLimitCallbackEPFmPvmmES1_");
    void (*take_away)(void *, near_limit *, size_t) = (void (*)(void *, near_limit *, size_t))dlsym(
        RTLD_DEFAULT, "_ZN2v87Isolate27RemoveNearHeapLimitCallbackEPFmPvmmEm");

    if (!current || !add || !take_away)
        return;
    add(current(), keep_limit, NULL);
    take_away(current(), keep_limit, bytes);
}
