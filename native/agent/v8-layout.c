/*
 * Learning where V8 keeps the generators behind Math.random().
 *
 *     isolate                 native context            native context
 *     +-----------+  list     +------------+  next      +-----------+
 *     |     *-----|---------->| ...     *--|----------> |        *--|-> ... undefined
 *     |           |           | index      |            +-----------+
 *     |     *--+  |           | state   *--|-> [map][16][ s0 s1 ]
 *     +--------|--+           | cache   *--|-> [map][64][ double ... ]
 *              v              +------------+
 *     { initial seed, s0, s1 }
 *
 * V8 tells nobody these offsets, and each version has others. So the agent looks at the isolate,
 * has a context made, looks again and draws three values there: the word that changed from one
 * object to another of the same shape, where the new one holds the old one, is the list. The slot
 * whose array ends with the three values is the cache, and so on. Every find must be the only one,
 * and the arithmetic (v8-random.c) must agree: undoing the 64 steps of the state must lead to a
 * seed, and undoing the last 8 of the isolate's generator to the same one. Otherwise nothing counts
 * as learned.
 *
 * What is read by way of a guess is read through /proc/self/mem, where a wrong address is only an
 * error. A tagged pointer is the address of an object plus one; the first word of an object points
 * to its map, in which the second word holds sizes and type: that is what is called its shape here.
 * An object that a collection has moved holds the new address instead of a map, without a tag.
 *
 * The memory of the looks is owned by this file: from v8_look() to v8_forget().
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../image/check.h"
#include "agent.h"
#include "v8-layout.h"

#define LOOK_WORDS 16384 /* of an isolate: 128 KiB */
#define FIRST_SLOT 2     /* behind map and length */
#define MOST_CONTEXTS 1000000

struct v8_layout v8_layout;

static uint64_t (*get_isolate)(void);

/* The isolate before the context was made, and how much of it could be read. */
static struct {
    uint64_t *before, *after;
    uint32_t words;
    int file;
} look = {.file = -1};

void v8_prepare(void)
{
    get_isolate = (uint64_t(*)(void))dlsym(RTLD_DEFAULT, "_ZN2v87Isolate13TryGetCurrentEv");
}

uint64_t v8_isolate(void)
{
    return get_isolate ? get_isolate() : 0;
}

int v8_peek(int file, uint64_t address, void *out, uint64_t size)
{
    return sys(SYS_pread64, file, out, size, address) == (long)size ? 0 : -1;
}

static int is_tagged(uint64_t word)
{
    return (word & 3) == 1 && word < CRAC_ADDRESS_LIMIT && word > CRAC_PAGE;
}

/* The shape of the object behind a tagged pointer: 0 when there is none, 1 when it has moved. */
static uint64_t shape_of(int file, uint64_t pointer)
{
    uint64_t map, shape;

    if (!is_tagged(pointer) || v8_peek(file, pointer - 1, &map, 8) != 0)
        return 0;
    if (!(map & 1))
        return 1;
    return is_tagged(map) && v8_peek(file, map - 1 + 8, &shape, 8) == 0 ? shape : 0;
}

/* Whether the second word of an array says that it has `count` elements (or bytes). */
static int has_length(uint64_t word, uint64_t count)
{
    return word == count << 32 || word == count;
}

/* Reads the contents of an array behind a tagged pointer, and tells where they lie. */
static enum v8_found read_array(int file, uint64_t pointer, uint64_t count, void *out,
                                uint64_t size, uint64_t *address)
{
    uint64_t header[2];

    if (!is_tagged(pointer) || v8_peek(file, pointer - 1, header, sizeof header) != 0)
        return V8_STRANGE;
    if (!(header[0] & 1))
        return V8_MOVING;
    *address = pointer - 1 + sizeof header;
    return has_length(header[1], count) && v8_peek(file, *address, out, size) == 0 ? V8_CONTEXT
                                                                                   : V8_STRANGE;
}

enum v8_found v8_read_context(int file, uint64_t pointer, struct v8_context *context)
{
    const struct v8_layout *l = &v8_layout;
    uint64_t shape = shape_of(file, pointer), start = pointer - 1, state, cache;
    enum v8_found found;

    if (shape == 1)
        return V8_MOVING;
    if (shape != l->context_shape)
        return shape == l->end_shape ? V8_END : V8_STRANGE;
    context->index_address = start + l->index;
    if (v8_peek(file, start + l->next, &context->next, 8) != 0 ||
        v8_peek(file, start + l->index, &context->index, 8) != 0 ||
        v8_peek(file, start + l->state, &state, 8) != 0 ||
        v8_peek(file, start + l->cache, &cache, 8) != 0)
        return V8_STRANGE;
    found = read_array(file, state, sizeof context->state, &context->state, sizeof context->state,
                       &context->state_address);
    if (found != V8_CONTEXT)
        return found;
    return read_array(file, cache, V8_RANDOM_CACHE, context->cache, sizeof context->cache,
                      &context->cache_address);
}

/* Fills one look; returns how many words could be read. */
static uint32_t read_isolate(uint64_t *out)
{
    long got = sys(SYS_pread64, look.file, out, LOOK_WORDS * sizeof *out, v8_isolate());

    return sys_failed(got) ? 0 : (uint32_t)got / 8;
}

int v8_look(void)
{
    v8_forget();
    if (v8_isolate() == 0)
        return -1;
    look.file = (int)sys(SYS_open, "/proc/self/mem", O_RDONLY | O_CLOEXEC);
    look.before = malloc(2 * LOOK_WORDS * sizeof *look.before);
    if (look.file < 0 || !look.before)
        return -1;
    look.after = look.before + LOOK_WORDS;
    look.words = read_isolate(look.before);
    return 0;
}

void v8_forget(void)
{
    if (look.file >= 0)
        sys(SYS_close, look.file);
    free(look.before);
    look.before = NULL;
    look.file = -1;
}

/* Follows `next` from an object over others of its shape: the shape of what comes then, or 0. */
static uint64_t end_of_chain(uint64_t pointer, uint32_t next)
{
    uint64_t first = shape_of(look.file, pointer), shape;

    for (int i = 0; i < MOST_CONTEXTS; i++) {
        if (v8_peek(look.file, pointer - 1 + next, &pointer, 8) != 0)
            return 0;
        shape = shape_of(look.file, pointer);
        if (shape != first)
            return shape > 1 ? shape : 0;
    }
    return 0;
}

/* The words of a native context: how many were read. */
static uint32_t read_slots(uint64_t pointer, uint64_t slots[V8_MOST_SLOTS])
{
    long got = sys(SYS_pread64, look.file, slots, V8_MOST_SLOTS * 8, pointer - 1);
    uint64_t length;

    if (sys_failed(got) || got < 8 * FIRST_SLOT)
        return 0;
    length = FIRST_SLOT + (slots[1] >> 32 ? slots[1] >> 32 : slots[1]);
    return length < (uint64_t)got / 8 ? (uint32_t)length : (uint32_t)got / 8;
}

/* A native context that was found, with its slots. */
struct newest {
    uint64_t slots[V8_MOST_SLOTS];
    uint32_t count;
    uint64_t cache[V8_RANDOM_CACHE];
};

/* Finds the slot whose array ends with the values that were drawn: how many there are. */
static int find_cache(struct v8_layout *l, struct newest *newest, const uint64_t drawn[3])
{
    uint64_t values[V8_RANDOM_CACHE], address;
    int found = 0;

    for (uint32_t slot = FIRST_SLOT; slot < newest->count; slot++) {
        if (read_array(look.file, newest->slots[slot], V8_RANDOM_CACHE, values, sizeof values,
                       &address) != V8_CONTEXT)
            continue;
        if (values[63] != drawn[0] || values[62] != drawn[1] || values[61] != drawn[2])
            continue;
        l->cache = slot * 8;
        memcpy(newest->cache, values, sizeof values);
        found++;
    }
    return found;
}

/* Finds the slot by which a new context is linked to an old one: how many there are. */
static int find_next(struct v8_layout *l, const struct newest *newest, uint64_t old, uint64_t new)
{
    uint64_t end;
    int found = 0;

    for (uint32_t slot = FIRST_SLOT; slot < newest->count; slot++) {
        if (newest->slots[slot] != old || !(end = end_of_chain(new, slot * 8)))
            continue;
        l->next = slot * 8;
        l->end_shape = end;
        found++;
    }
    return found;
}

/* Finds the list, and in what it begins with now the cache: whether there is one. */
static int find_list(struct v8_layout *l, struct newest *newest, const uint64_t drawn[3])
{
    uint32_t words = read_isolate(look.after);

    for (uint32_t i = 0; i < words && i < look.words; i++) {
        uint64_t old = look.before[i], new = look.after[i], shape;
        if (old == new || !is_tagged(old) || !is_tagged(new))
            continue;
        shape = shape_of(look.file, new);
        if (shape <= 1 || shape != shape_of(look.file, old))
            continue;
        newest->count = read_slots(new, newest->slots);
        if (find_next(l, newest, old, new) != 1 || find_cache(l, newest, drawn) != 1)
            continue;
        l->context_shape = shape;
        l->list = i * 8;
        return 1;
    }
    return 0;
}

/* Whether a generator makes exactly these values with its last 64 steps. */
static int has_made(const struct v8_random *random, const uint64_t cache[V8_RANDOM_CACHE],
                    enum v8_random_form form)
{
    struct v8_random at = *random;

    for (int i = V8_RANDOM_CACHE - 1; i >= 0; i--, v8_random_back(&at))
        if (v8_random_value(&at, form) != cache[i])
            return 0;
    return 1;
}

/* Finds the slot whose array holds the generator of the cache: how many there are. */
static int find_state(struct v8_layout *l, const struct newest *newest, struct v8_random *state)
{
    struct v8_random random;
    uint64_t address;
    int found = 0;

    for (uint32_t slot = FIRST_SLOT; slot < newest->count; slot++) {
        if (read_array(look.file, newest->slots[slot], sizeof random, &random, sizeof random,
                       &address) != V8_CONTEXT)
            continue;
        for (int form = 0; form < V8_FORMS; form++) {
            if (!has_made(&random, newest->cache, form))
                continue;
            l->state = slot * 8;
            l->form = form;
            *state = random;
            found++;
        }
    }
    return found;
}

/* Finds the slot that counts down the cache, of which three values are gone: how many there are. */
static int find_index(struct v8_layout *l, const struct newest *newest)
{
    int found = 0;

    for (uint32_t slot = FIRST_SLOT; slot < newest->count; slot++) {
        if (newest->slots[slot] != (uint64_t)(V8_RANDOM_CACHE - 3) << 32)
            continue;
        l->index = slot * 8;
        found++;
    }
    return found;
}

/* The seed from which a context's generator came 64 steps ago; 0 when it can't have come from one.
 */
static uint64_t seed_before(const struct v8_random *state)
{
    struct v8_random at = *state;
    uint64_t seed;

    for (int i = 0; i < V8_RANDOM_CACHE; i++)
        v8_random_back(&at);
    return v8_random_seed_of(&at, &seed) ? seed : 0;
}

/* Whether a word points to the generator that gave this seed last. */
static int is_generator(uint64_t pointer, uint64_t seed)
{
    struct {
        int64_t initial_seed;
        struct v8_random random;
    } generator;

    return pointer % 8 == 0 && pointer >= CRAC_PAGE && pointer < CRAC_ADDRESS_LIMIT &&
           v8_peek(look.file, pointer, &generator, sizeof generator) == 0 &&
           v8_random_last_seed(&generator.random) == seed;
}

/*
 * Finds the pointer to that generator: whether there is one. 64 bits match, so the first is the
 * one. It lies behind the heap, which has the list; before it are thousands of pointers to code.
 */
static int find_generator(struct v8_layout *l, uint64_t seed)
{
    uint32_t start = l->list / 8;

    for (uint32_t i = 0; i < look.words; i++) {
        l->generator = (start + i) % look.words * 8;
        if (is_generator(look.after[l->generator / 8], seed))
            return 1;
    }
    return 0;
}

uint64_t v8_newest_seed(void)
{
    struct v8_context context;
    uint64_t newest;

    if (v8_peek(look.file, v8_isolate() + v8_layout.list, &newest, 8) != 0 ||
        v8_read_context(look.file, newest, &context) != V8_CONTEXT)
        return 0;
    return seed_before(&context.state);
}

int v8_learn(const uint64_t drawn[3], const char **missing)
{
    struct v8_layout *l = &v8_layout;
    struct newest newest;
    struct v8_random state;
    uint64_t seed;

    *missing = "list of contexts";
    if (!find_list(l, &newest, drawn))
        return -1;
    *missing = "generator of a context";
    if (find_state(l, &newest, &state) != 1)
        return -1;
    *missing = "index of the next value";
    if (find_index(l, &newest) != 1)
        return -1;
    *missing = "generator of seeds";
    seed = seed_before(&state);
    if (seed == 0 || !find_generator(l, seed))
        return -1;
    *missing = "";
    l->learned = V8_READY;
    return 0;
}
