/*
 * V8's heap of this thread: what an addon may ask of it.
 *
 * Node exports V8's functions for its addons, by their C++ names; where one is missing, nothing
 * happens.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
#include "agent.h"

#define FLAGS_SIZE 128
/* v8::Isolate::AddGCPrologueCallback() with data */
#define ADD_AT_COLLECTION                                                                          \
    "_ZN2v87Isolate21AddGCPrologueCallbackEPFvPS0_NS_6GCTypeENS_15GCCallbackFlagsEPvES4_S2_"

typedef size_t near_limit(void *data, size_t current, size_t initial);
typedef void at_collection(void *isolate, int type, int flags, void *data);
typedef void add_at_collection(void *isolate, at_collection *call, void *data, int types);

static char awaited[FLAGS_SIZE];

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

/* Called by V8 when a collection begins; nothing may be allocated on its heap now. */
static void set_awaited_flags(void *isolate, int type, int flags, void *data)
{
    if (!*awaited)
        return;
    void (*set)(const char *) =
        (void (*)(const char *))dlsym(RTLD_DEFAULT, "_ZN2v82V818SetFlagsFromStringEPKc");
    if (set)
        set(awaited);
    *awaited = '\0';
}

void heap_await_collection(const char *flags)
{
    static int is_registered;
    void *isolate = current_isolate();
    add_at_collection *add = (add_at_collection *)dlsym(RTLD_DEFAULT, ADD_AT_COLLECTION);
    const int all_types = -1;

    if (isolate && add && !is_registered) {
        add(isolate, set_awaited_flags, NULL, all_types);
        is_registered = 1;
    }
    strcpy(awaited, flags);
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
