/*
 * Pools: buffers that a program fills with random bytes and then takes its values from, piece by
 * piece (crypto.randomUUID, nanoid, ws). What is left in them at a checkpoint would come out of
 * every restored process, so it is replaced there, in place.
 *
 * Each filling of 256 bytes to 64 KiB is remembered with a digest. At the checkpoint those are
 * forgotten whose memory has been freed, or changed in any byte. The rest is filled anew in the
 * restored process, before any other thread runs, and likewise in an original that goes on: what is
 * left in its pools can be read in the image.
 *
 * A key must never be taken for a pool. Nothing tells what bytes are for, so this is the rule:
 *
 *   - From 2 KiB on it is a pool. No key is that long.
 *   - Below that it is one if it is a part of a larger block of the allocator (Buffer.allocUnsafe
 *     cuts small buffers from a slab): crypto.randomBytes, generateKey and OpenSSL itself
 *     put what they return into a block of its own.
 *   - Or if it still held all bytes of an earlier filling when it was filled again: a key is not
 *     made twice in the same place while it exists.
 *   - Everything else is left alone.
 *
 * The allocator's blocks are recognised by the header of glibc's (size and three flags in the word
 * before the block). With another allocator the second rule does not apply.
 *
 * The table is a hash of sets with a lock each, which nobody waits long for: a record that cannot
 * be made is counted. No lock is held in an image: the checkpoint waits for that (pools_in_motion).
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include "agent.h"
#include "random.h"

#define SMALLEST 256
#define CERTAIN 2048
#define LARGEST 65536
#define LARGEST_HEADER                                                                             \
    (1u << 20) /* nobody believes a larger one to belong to a block of LARGEST                     \
                */

#define SETS 64
#define WAYS 8
#define PATIENCE 10000 /* turns that a thread waits for a lock */

struct record {
    uint8_t *address; /* NULL: unused */
    uint32_t size;
    uint16_t is_pool;    /* else it is remembered in case that it is filled again */
    uint16_t is_stamped; /* at the checkpoint, only its odd words were what they had been */
    uint64_t digest;
    uint64_t odd;    /* digest of the odd words of 8 bytes, where may_be_stamped() */
    uint64_t sample; /* its bytes 8 to 15, which an allocator changes when it is freed */
};

struct set {
    uint32_t locked;
    struct record records[WAYS];
};

static struct {
    struct set sets[SETS];
    int knows_blocks;        /* whether blocks have glibc's headers */
    uint32_t lost;           /* fillings for which there was no room */
    uint32_t refilled_count; /* of the last restore */
    uint32_t refilled[SETS * WAYS];
} pools;

static uint64_t word_at(const uint8_t *at)
{
    uint64_t word;

    __builtin_memcpy(&word, at, sizeof word);
    return word;
}

/* All bits of both words in one: the halves of their product. Fast, for programs that are never
 * checkpointed pay for it. */
static uint64_t mix(uint64_t one, uint64_t other)
{
    __uint128_t product =
        (__uint128_t)(one ^ 0x9e3779b97f4a7c15ull) * (other ^ 0xe7037ed1a0b428dbull);

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* The products do not wait for each other; each depends on its place, too. */
static uint64_t digest_all(const uint8_t *at, size_t size)
{
    uint64_t first = size, second = 0;
    size_t i = 0;

    for (; size - i >= 32; i += 32) {
        first += mix(word_at(at + i) + i, word_at(at + i + 8));
        second += mix(word_at(at + i + 16) + i, word_at(at + i + 24));
    }
    for (; i < size; i++)
        first += mix(at[i] + i, first);
    return mix(first, second);
}

static uint64_t digest_odd(const uint8_t *at, size_t size)
{
    uint64_t digest = 0;

    for (size_t i = 8; i < size; i += 16)
        digest += mix(word_at(at + i), i);
    return digest;
}

/*
 * Whether it has to be reckoned with that only the odd words of a buffer are what they were:
 * crypto.randomUUIDv7 writes the time into the first bytes of the 16 that it takes from Node's pool
 * of 2 KiB. Then only these words are filled anew.
 */
static int may_be_stamped(const struct record *record)
{
    return record->size == CERTAIN;
}

static void take_digests(struct record *record)
{
    record->digest = digest_all(record->address, record->size);
    record->odd = may_be_stamped(record) ? digest_odd(record->address, record->size) : 0;
    record->sample = word_at(record->address + 8);
}

/* Whether a buffer holds exactly what was recorded. */
static int is_intact(const struct record *record)
{
    return digest_all(record->address, record->size) == record->digest;
}

/* Whether its odd words are what was recorded, and others are not. */
static int is_stamped(const struct record *record)
{
    return may_be_stamped(record) && !is_intact(record) &&
           digest_odd(record->address, record->size) == record->odd;
}

static struct set *set_of(const uint8_t *address)
{
    uint64_t hash = ((uint64_t)address >> 3) * 0x9e3779b97f4a7c15ull;

    return &pools.sets[hash >> 58 & (SETS - 1)];
}

static int lock(struct set *set)
{
    for (int turn = 0; turn < PATIENCE; turn++) {
        if (!__atomic_exchange_n(&set->locked, 1, __ATOMIC_ACQUIRE))
            return 1;
        __builtin_ia32_pause();
    }
    return 0;
}

static void unlock(struct set *set)
{
    __atomic_store_n(&set->locked, 0, __ATOMIC_RELEASE);
}

/* The record of a buffer at this address; NULL if there is none. Its set is locked. */
static struct record *find(struct set *set, const uint8_t *address)
{
    for (int i = 0; i < WAYS; i++)
        if (set->records[i].address == address)
            return &set->records[i];
    return NULL;
}

/* Whether the memory of a record was freed, as far as can be told from 8 bytes of it, which may not
 * be there any more. */
static int is_gone(const struct record *record)
{
    uint64_t now = 0;
    struct iovec to = {&now, sizeof now}, from = {record->address + 8, sizeof now};
    long got = sys(SYS_process_vm_readv, sys(SYS_getpid), &to, 1, &from, 1, 0);

    return got == -EFAULT || (got == sizeof now && now != record->sample);
}

/* Where a new record goes: an unused one, or that of a buffer that is gone; NULL if there is none.
 */
static struct record *find_room(struct set *set)
{
    struct record *unused = find(set, NULL);

    for (int i = 0; !unused && i < WAYS; i++)
        if (is_gone(&set->records[i]))
            unused = &set->records[i];
    return unused;
}

/* The size in what would be the header of a block of glibc's, without its three flags. */
static uint64_t header_of(const uint8_t *block)
{
    uint64_t at = (uint64_t)block - 8;

    __asm__("" : "+r"(at)); /* the compiler knows that nothing of ours lies there */
    return *(const uint64_t *)at & ~7ull;
}

void pools_prepare(void)
{
    for (size_t size = SMALLEST; size <= CERTAIN; size += 300) {
        uint8_t *block = malloc(size);
        pools.knows_blocks = block && header_of(block) == malloc_usable_size(block) + 8;
        free(block);
        if (!pools.knows_blocks)
            return;
    }
}

/* Whether a buffer lies inside of a larger block: false when it may be a block of its own. */
static int is_inside_block(const uint8_t *buffer, size_t size)
{
    if (!pools.knows_blocks || ((uint64_t)buffer & 15) != 0)
        return pools.knows_blocks;
    if (((uint64_t)buffer & (CRAC_PAGE - 1)) == 0)
        return 0; /* what lies before it may not be mapped */
    uint64_t header = header_of(buffer);
    return header < size || header > LARGEST_HEADER || header & 8;
}

/* Whether a buffer still holds what it was filled with before. */
static int is_filled_again(const uint8_t *buffer, size_t size)
{
    struct set *set = set_of(buffer);
    struct record *record;
    int again;

    if (!lock(set))
        return 0;
    record = find(set, buffer);
    again = record && record->size == size && is_intact(record);
    unlock(set);
    return again;
}

int pools_recognize(const uint8_t *buffer, size_t size)
{
    if (size < SMALLEST || size > LARGEST)
        return 0;
    return size >= CERTAIN || is_inside_block(buffer, size) || is_filled_again(buffer, size);
}

void pools_record(uint8_t *buffer, size_t size, int recognized)
{
    struct set *set = set_of(buffer);
    struct record *record;

    if (size < SMALLEST || size > LARGEST)
        return;
    if (!lock(set)) {
        __atomic_fetch_add(&pools.lost, 1, __ATOMIC_RELAXED);
        return;
    }
    record = find(set, buffer);
    if (!record)
        record = find_room(set);
    if (record) {
        *record = (struct record){
            .address = buffer, .size = (uint32_t)size, .is_pool = (uint16_t)recognized};
        take_digests(record);
    } else {
        __atomic_fetch_add(&pools.lost, 1, __ATOMIC_RELAXED);
    }
    unlock(set);
}

int pools_in_motion(void)
{
    for (int i = 0; i < SETS; i++)
        if (__atomic_load_n(&pools.sets[i].locked, __ATOMIC_SEQ_CST))
            return 1;
    return 0;
}

/* Whether all of a buffer is ordinary memory that can be read and written. */
static int is_memory(const struct workspace *w, const struct record *record)
{
    uint64_t start = (uint64_t)record->address;
    size_t low = 0, high = w->vma_count;

    while (low < high) { /* the first VMA that ends behind `start` */
        size_t middle = (low + high) / 2;
        if (w->vmas[middle].end <= start)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == w->vma_count)
        return 0;
    const struct crac_vma *vma = &w->vmas[low];
    return vma->start <= start && start + record->size <= vma->end &&
           (vma->prot & (PROT_READ | PROT_WRITE)) == (PROT_READ | PROT_WRITE) && vma->pkey == 0 &&
           !(vma->flags & (CRAC_VMA_FILE | CRAC_VMA_URING | CRAC_VMA_WIPEONFORK));
}

/* Bytes of a record that are filled anew. */
static size_t size_to_fill(const struct record *record)
{
    return record->is_stamped ? record->size / 2 : record->size;
}

void pools_settle(struct workspace *w)
{
    w->pools = (struct crac_pools){.lost = pools.lost};
    for (int i = 0; i < SETS; i++) {
        for (int j = 0; j < WAYS; j++) {
            struct record *record = &pools.sets[i].records[j];
            if (!record->address)
                continue;
            record->is_stamped = is_memory(w, record) && is_stamped(record);
            if (!record->is_stamped && !(is_memory(w, record) && is_intact(record)))
                *record = (struct record){0};
            w->pools.count += record->is_pool;
            w->pools.bytes += record->is_pool ? size_to_fill(record) : 0;
        }
    }
}

/* Fills the odd words of a buffer. */
static int refill_odd(const struct record *record)
{
    uint64_t words[CERTAIN / 16];

    if (!random_from_kernel(words, sizeof words))
        return 0;
    for (size_t i = 0; i < CERTAIN / 16; i++)
        __builtin_memcpy(record->address + 16 * i + 8, &words[i], sizeof words[i]);
    return 1;
}

static int refill(const struct record *record)
{
    return record->is_stamped ? refill_odd(record)
                              : random_from_kernel(record->address, record->size);
}

int pools_refill(void)
{
    pools.refilled_count = 0;
    for (int i = 0; i < SETS; i++) {
        for (int j = 0; j < WAYS; j++) {
            struct record *record = &pools.sets[i].records[j];
            if (!record->is_pool)
                continue;
            if (!refill(record))
                return -1;
            take_digests(record);
            pools.refilled[pools.refilled_count++] = record->size;
        }
    }
    return 0;
}

int pools_expect_refill(const struct workspace *w, struct crac_error *error)
{
    uint64_t word;

    if (w->pools.count == 0 || random_from_kernel(&word, sizeof word))
        return 0;
    return error_set(error, "collect", 0,
                     "the kernel gives no random numbers, which this process needs to differ from "
                     "its image: allow it the system call",
                     "getrandom");
}

size_t pools_refilled(uint32_t *sizes, size_t capacity)
{
    size_t count = pools.refilled_count < capacity ? pools.refilled_count : capacity;

    for (size_t i = 0; i < count; i++)
        sizes[i] = pools.refilled[i];
    return pools.refilled_count;
}
