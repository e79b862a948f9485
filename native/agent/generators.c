/*
 * Math.random(): no two restored processes may draw the same values.
 *
 * Before the stop JavaScript has the agent learn where V8 keeps its generators (v8-layout.c). While
 * the world is stopped the agent follows the list of native contexts of each isolate that runs on a
 * stopped thread, and writes down where the generators lie. A restored process gives each of them a
 * new state before any other thread goes on and before any JavaScript runs, so nothing in the
 * program can see an old one, whatever it holds: captured functions and optimised code read the
 * same memory.
 *
 * A context's cache is filled anew as well, as V8 would fill it from the new state: a thread that
 * was stopped between reading the index and reading the cache finds new values too. A context that
 * never drew has no state yet and takes a seed of its isolate's generator, which gets a new state
 * like the others; so do all contexts that are made later.
 *
 * What is in motion can't be written down, and the threads are let go on for a moment:
 *   - a context, state or cache that a collection has moved, but not yet everywhere. Following the
 *     list meets the forwarding address. The copying of one object (16 to 3000 bytes) by another
 *     thread just before that address is written is not seen.
 *   - a cache that is being drawn. V8 reads the state, draws 64 values and writes the state back:
 *     in between it would write an old one over the new. Then the first word of the next state is
 *     in a register or on the stack of the thread, or the cache does not fit the state.
 *
 * Isolates that no thread has entered (an addon may keep some) can't be seen.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <ucontext.h>
#include "agent.h"
#include "v8-layout.h"

#define STACK_BELOW 128 /* the red zone */
#define STACK_ABOVE 1024
#define SOME 256 /* generators that get their new state from one system call */

/* One walk over an isolate. */
struct walk {
    struct workspace *w;
    const struct stopped *thread;
    int file;
};

/* Whether a thread may have read this word and not yet have written what becomes of it. */
static int holds(const struct walk *walk, uint64_t word)
{
    const ucontext_t *context = walk->thread->context;
    const struct _libc_fpstate *vector;
    uint64_t stack[(STACK_BELOW + STACK_ABOVE) / 8], top;
    long got;

    if (!context || thread_is_blocked(walk->thread))
        return 0;
    for (int i = 0; i < REG_RIP; i++)
        if ((uint64_t)context->uc_mcontext.gregs[i] == word)
            return 1;
    vector = context->uc_mcontext.fpregs;
    for (int i = 0; vector && i < 16; i++) {
        const uint32_t *part = vector->_xmm[i].element;
        if (((uint64_t)part[1] << 32 | part[0]) == word ||
            ((uint64_t)part[3] << 32 | part[2]) == word)
            return 1;
    }
    top = (uint64_t)context->uc_mcontext.gregs[REG_RSP] - STACK_BELOW;
    got = sys(SYS_pread64, walk->file, stack, sizeof stack, top);
    for (long i = 0; i < got / 8; i++)
        if (stack[i] == word)
            return 1;
    return 0;
}

/* Whether the cache of a context is being drawn right now. */
static int is_drawing(const struct walk *walk, const struct v8_context *context)
{
    const struct v8_random *state = &context->state;
    enum v8_random_form form = v8_layout.form;
    struct v8_random next = *state;

    if (state->s0 == 0 && state->s1 == 0)
        return context->cache[0] != 0;
    v8_random_step(&next);
    return context->cache[V8_RANDOM_CACHE - 1] != v8_random_value(state, form) ||
           context->cache[0] == v8_random_value(&next, form) || holds(walk, state->s1);
}

/* Writes one generator down: 0, or -1 when there is no room. */
static int add(struct workspace *w, uint64_t state, uint64_t index, uint64_t cache)
{
    if (w->generator_count == CRAC_MAX_GENERATORS)
        return -1;
    w->generators[w->generator_count++] = (struct crac_generator){state, index, cache};
    return 0;
}

static int is_listed(const struct workspace *w, uint64_t state)
{
    for (size_t i = 0; i < w->generator_count; i++)
        if (w->generators[i].state == state)
            return 1;
    return 0;
}

/* Writes all contexts of an isolate down: 0, 1 when something is in motion, or -1. */
static int walk_contexts(const struct walk *walk, uint64_t isolate)
{
    struct v8_context context;
    enum v8_found found;
    uint64_t pointer;

    if (v8_peek(walk->file, isolate + v8_layout.list, &pointer, 8) != 0)
        return -1;
    while ((found = v8_read_context(walk->file, pointer, &context)) == V8_CONTEXT) {
        pointer = context.next;
        if (is_drawing(walk, &context))
            return 1;
        if ((context.state.s0 || context.state.s1) &&
            add(walk->w, context.state_address, context.index_address, context.cache_address) != 0)
            return -1;
    }
    return found == V8_END ? 0 : found == V8_MOVING ? 1 : -1;
}

/* Writes down what a thread's isolate has: 0, 1 or -1 like walk_contexts(). */
static int walk_isolate(const struct walk *walk, uint64_t isolate)
{
    struct v8_random random;
    uint64_t generator;

    if (v8_peek(walk->file, isolate + v8_layout.generator, &generator, 8) != 0)
        return -1;
    if (generator == 0) /* it gets its seed from the system when somebody asks for it */
        return walk_contexts(walk, isolate);
    generator += 8;
    if (is_listed(walk->w, generator)) /* threads that help have the same isolate */
        return 0;
    if (v8_peek(walk->file, generator, &random, sizeof random) != 0 ||
        (random.s0 == 0 && random.s1 == 0) || add(walk->w, generator, 0, 0) != 0)
        return -1;
    return walk_contexts(walk, isolate);
}

int generators_collect(struct workspace *w, struct crac_error *error)
{
    int result = 0;
    long file;

    w->generator_count = 0;
    if (v8_layout.learned != V8_READY)
        return 0;
    file = sys(SYS_open, "/proc/self/mem", O_RDONLY | O_CLOEXEC);
    if (sys_failed(file))
        return error_set(error, "collect", file, "cannot read", "/proc/self/mem");
    for (size_t i = 0; i < w->thread_count && result == 0; i++) {
        struct walk walk = {w, &w->stopped[i], (int)file};
        if (w->stopped[i].isolate)
            result = walk_isolate(&walk, w->stopped[i].isolate);
    }
    sys(SYS_close, file);
    if (result < 0)
        return error_set(error, "collect", 0, "cannot follow V8's list of contexts in",
                         "a worker, whose Math.random() would repeat; CRAC_RUNTIME=-math-random "
                         "accepts that");
    return result;
}

/* Puts a new state where an old one was. */
static void renew(const struct crac_generator *generator, struct v8_random random)
{
    if (random.s0 == 0 && random.s1 == 0)
        random.s0 = 1; /* zeros stand for none */
    if (generator->cache) {
        v8_random_fill(&random, (uint64_t *)generator->cache, v8_layout.form);
        *(uint64_t *)generator->index = (uint64_t)V8_RANDOM_CACHE << 32;
    }
    *(struct v8_random *)generator->state = random;
}

int generators_renew(uint64_t head)
{
    struct v8_random fresh[SOME];
    uint64_t size = 0;
    const struct crac_generator *generators = note_in(head, CRAC_NOTE_GENERATORS, &size);
    size_t count = size / sizeof *generators;

    for (size_t done = 0; done < count;) {
        size_t some = count - done < SOME ? count - done : SOME;
        long got = sys(SYS_getrandom, fresh, some * sizeof *fresh, 0);
        if (got < (long)sizeof *fresh)
            return -1;
        some = (size_t)got / sizeof *fresh;
        for (size_t i = 0; i < some; i++)
            renew(&generators[done + i], fresh[i]);
        done += some;
    }
    return 0;
}
