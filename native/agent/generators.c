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
 *     in between it would write an old one over the new. Then the thread runs code around which the
 *     offsets of state, cache and index occur together, as only that function has them; where a
 *     compiler made something else of it, the cache at least does not fit the state.
 *   - an isolate that is still being made.
 *
 * Isolates that no thread has entered (an addon may keep some) can't be seen.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <ucontext.h>
#include "../image/check.h"
#include "agent.h"
#include "v8-layout.h"

#define CODE_AROUND 384 /* bytes; V8's function that draws a cache has some 300 */
#define STACK_WORDS 16
#define SOME 256 /* generators that get their new state from one system call */

/* One walk over an isolate. */
struct walk {
    struct workspace *w;
    const struct stopped *thread;
    int file;
};

/* Whether `size` bytes of code hold this number. */
static int mentions(const uint8_t *code, size_t size, uint64_t number, size_t width)
{
    for (size_t at = 0; at + width <= size; at++) {
        uint64_t found = 0;
        for (size_t i = 0; i < width; i++)
            found |= (uint64_t)code[at + i] << 8 * i;
        if (found == number)
            return 1;
    }
    return 0;
}

/* Whether the code around an address is that of V8's function that draws a cache. */
static int is_drawing_code(int file, uint64_t address)
{
    const struct v8_layout *l = &v8_layout;
    uint8_t code[2 * CODE_AROUND];

    return address > CRAC_PAGE && address < CRAC_ADDRESS_LIMIT &&
           v8_peek(file, address - CODE_AROUND, code, sizeof code) == 0 &&
           mentions(code, sizeof code, l->state - 1, 4) &&
           mentions(code, sizeof code, l->cache - 1, 4) &&
           mentions(code, sizeof code, l->index - 1, 4) &&
           mentions(code, sizeof code, (uint64_t)V8_RANDOM_CACHE << 32, 8);
}

/* Whether a thread is drawing a cache: itself, or a function that it called for the seed. */
static int is_drawing(const struct walk *walk)
{
    const ucontext_t *context = walk->thread->context;
    uint64_t stack[STACK_WORDS];

    if (!context || thread_is_blocked(walk->thread))
        return 0;
    if (is_drawing_code(walk->file, thread_instruction(walk->thread)))
        return 1;
    if (v8_peek(walk->file, (uint64_t)context->uc_mcontext.gregs[REG_RSP], stack, sizeof stack) !=
        0)
        return 0;
    for (int i = 0; i < STACK_WORDS; i++)
        if (is_drawing_code(walk->file, stack[i]))
            return 1;
    return 0;
}

/* Whether a cache is what the state's last 64 steps made, and no part of the next 64. */
static int is_whole(const struct v8_context *context)
{
    const struct v8_random *state = &context->state;
    enum v8_random_form form = v8_layout.form;
    struct v8_random next = *state;

    v8_random_step(&next);
    return context->cache[V8_RANDOM_CACHE - 1] == v8_random_value(state, form) &&
           context->cache[0] != v8_random_value(&next, form);
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
        return 1;
    while ((found = v8_read_context(walk->file, pointer, &context)) == V8_CONTEXT) {
        pointer = context.next;
        if (context.state.s0 == 0 && context.state.s1 == 0)
            continue;
        if (!is_whole(&context))
            return 1;
        if (add(walk->w, context.state_address, context.index_address, context.cache_address) != 0)
            return -1;
    }
    return found == V8_END ? 0 : 1;
}

/* Writes down what a thread's isolate has: 0, 1 or -1 like walk_contexts(). */
static int walk_isolate(const struct walk *walk, uint64_t isolate)
{
    struct v8_random random;
    uint64_t generator;

    if (v8_peek(walk->file, isolate + v8_layout.generator, &generator, 8) != 0 || is_drawing(walk))
        return 1;
    if (generator == 0) /* it gets its seed from the system when somebody asks for it */
        return walk_contexts(walk, isolate);
    generator += 8;
    if (is_listed(walk->w, generator)) /* threads that help have the same isolate */
        return 0;
    if (v8_peek(walk->file, generator, &random, sizeof random) != 0 ||
        (random.s0 == 0 && random.s1 == 0))
        return 1;
    return add(walk->w, generator, 0, 0) != 0 ? -1 : walk_contexts(walk, isolate);
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
    w->generators_moving = result > 0;
    if (result < 0)
        return error_set(error, "collect", 0,
                         "the process has more contexts of V8 than an image can "
                         "hold:",
                         "131072");
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

int generators_renew_all(const struct crac_generator *generators, size_t count)
{
    struct v8_random fresh[SOME];

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

int generators_renew(uint64_t head)
{
    uint64_t size = 0;
    const struct crac_generator *generators = note_in(head, CRAC_NOTE_GENERATORS, &size);

    return generators_renew_all(generators, size / sizeof *generators);
}
