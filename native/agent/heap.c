/*
 * V8's heap of this thread: what an addon may ask of it.
 *
 * Node exports V8's functions for its addons, by their C++ names; where one is missing, nothing
 * happens.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include "agent.h"

typedef size_t near_limit(void *data, size_t current, size_t initial);

static void *current_isolate(void)
{
    void *(*current)(void) = (void *(*)(void))dlsym(RTLD_DEFAULT, "_ZN2v87Isolate10GetCurrentEv");

    return current ? current() : NULL;
}

void heap_trim(void)
{
    void *isolate = current_isolate();
    void (*notify)(void *) =
        (void (*)(void *))dlsym(RTLD_DEFAULT, "_ZN2v87Isolate21LowMemoryNotificationEv");

    if (isolate && notify)
        notify(isolate);
}

static size_t keep_limit(void *data, size_t current, size_t initial)
{
    return current;
}

/*
 * V8 offers no call for it after the start; but whoever takes a callback for a nearly full heap
 * away may say to which limit V8 returns, and that may be a lower one. V8 keeps a quarter more than
 * what lives on the heap.
 */
void heap_limit(size_t bytes)
{
    void *isolate = current_isolate();
    void (*add)(void *, near_limit *, void *) = (void (*)(void *, near_limit *, void *))dlsym(
        RTLD_DEFAULT, "_ZN2v87Isolate24AddNearHeapLimitCallbackEPFmPvmmES1_");
    void (*take_away)(void *, near_limit *, size_t) = (void (*)(void *, near_limit *, size_t))dlsym(
        RTLD_DEFAULT, "_ZN2v87Isolate27RemoveNearHeapLimitCallbackEPFmPvmmEm");

    if (!isolate || !add || !take_away)
        return;
    add(isolate, keep_limit, NULL);
    take_away(isolate, keep_limit, bytes);
}
