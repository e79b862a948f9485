/*
 * Where V8 keeps the generators behind Math.random(), as learned in this process. Offsets are in
 * bytes, from the start of an isolate or of a heap object; v8-layout.c explains them.
 */
#ifndef CRAC_V8_LAYOUT_H
#define CRAC_V8_LAYOUT_H

#include <stdint.h>
#include "v8-random.h"

#define V8_MOST_SLOTS 1024 /* words of a native context, generously */

enum v8_learned {
    V8_UNKNOWN, /* not tried, or in vain */
    V8_READY,   /* everything was found */
    V8_SEEDED   /* --random-seed is set: what repeats shall repeat */
};

struct v8_layout {
    enum v8_learned learned;
    uint32_t list;      /* in an isolate: the native context that was made last */
    uint32_t generator; /* in an isolate: a pointer to its generator */
    uint32_t next;      /* in a native context: the one that was made before it */
    uint32_t index, state, cache;
    uint64_t context_shape, end_shape; /* of native contexts, and of what ends their list */
    enum v8_random_form form;
};

extern struct v8_layout v8_layout;

/* The parts of a native context that matter, as they were read. Addresses are of the contents. */
struct v8_context {
    uint64_t next; /* tagged pointer */
    uint64_t index_address, state_address, cache_address;
    uint64_t index;
    struct v8_random state;
    uint64_t cache[V8_RANDOM_CACHE];
};

enum v8_found { V8_CONTEXT, V8_END, V8_MOVING, V8_STRANGE };

/* Reads one native context of a list; `file` is /proc/self/mem, which survives any address. */
enum v8_found v8_read_context(int file, uint64_t pointer, struct v8_context *context);
/* Reads memory of this process: 0, or -1 when not all of it is readable. */
int v8_peek(int file, uint64_t address, void *out, uint64_t size);

/* The isolate that runs on the calling thread, or 0. Safe in a signal handler. */
uint64_t v8_isolate(void);
/* Looks V8's functions up, when the agent is loaded. */
void v8_prepare(void);

/* Learning, before the world is stopped. Remembers what the isolate holds right now ... */
int v8_look(void);
/* ... and after exactly one context was made and three values, given as bits, were drawn in it:
 * finds everything. 0, or -1 and *missing says what could not be found. */
int v8_learn(const uint64_t drawn[3], const char **missing);
/* The seed of the context that was made last; 0 when it can't be told. */
uint64_t v8_newest_seed(void);
/* Lets go of what v8_look() remembered. */
void v8_forget(void);

#endif
