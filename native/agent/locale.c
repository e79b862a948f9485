/*
 * Locale and time zone of the process, which ICU and V8 read once and remember: ICU for the whole
 * process, V8 for each thread that runs JavaScript.
 *
 * Called by JavaScript between its own tasks. V8's methods are looked up by their mangled names,
 * ICU's function by its name and version; where one is missing, nothing happens.
 */
#include <dlfcn.h>
#include <stdio.h>
#include "agent.h"

#define OLDEST_ICU 50
#define NEWEST_ICU 150

/* Calls a method of this thread's V8 that takes a number or nothing. */
static void call_v8(const char *name, int argument)
{
    void *(*current)(void) = (void *(*)(void))dlsym(RTLD_DEFAULT, "_ZN2v87Isolate10GetCurrentEv");
    void (*method)(void *, int) = (void (*)(void *, int))dlsym(RTLD_DEFAULT, name);
    void *isolate = current && method ? current() : NULL;

    if (isolate)
        method(isolate, argument);
}

void locale_changed(void)
{
    call_v8("_ZN2v87Isolate37LocaleConfigurationChangeNotificationEv", 0);
}

void time_zone_changed(void)
{
    const int skip = 0; /* the main thread has ICU detect it, when `TZ` is assigned there */

    call_v8("_ZN2v87Isolate39DateTimeConfigurationChangeNotificationENS0_17TimeZoneDetectionE",
            skip);
}

void locale_set(const char *name)
{
    void (*set_default)(const char *, int *) = NULL;
    char symbol[32];
    int error = 0;

    for (int version = NEWEST_ICU; !set_default && version >= OLDEST_ICU; version--) {
        snprintf(symbol, sizeof symbol, "uloc_setDefault_%d", version);
        set_default = (void (*)(const char *, int *))dlsym(RTLD_DEFAULT, symbol);
    }
    if (!set_default)
        return;
    set_default(name, &error);
    locale_changed();
}
