/*
 * A fuzzer for the reader of images.
 *
 *     fuzz-notes [--seed N] [--count N] [process.core]
 *
 * Takes the head of an image, or one that it makes itself, changes it at random and hands it to
 * crac_check(). A head that is accepted is then used in the way the launcher would: every text is
 * read to its end, every range of bytes is read, every index is followed and every range of
 * addresses is compared with its limits. The sanitizers, or a failed REQUIRE, prove a reader wrong
 * that accepted what can't be used.
 *
 * The same seed gives the same run. The head lies in a block of its exact size, so that reading
 * behind it is noticed; only the changed bytes are put back between two rounds.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../image/check.h"
#include "../image/text.h"
#include "sample.h"

#define MOST_CHANGES 64

#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr,                                                                        \
                    "fuzz-notes: round %lu accepted a head of which this does not hold: %s\n",     \
                    round_number, #condition);                                                     \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* What was changed in one round, to put it back. */
struct change {
    size_t offset, size;
};

struct fuzzer {
    const uint8_t *pristine;
    uint8_t *head; /* the same with changes */
    size_t size;
    uint64_t file_size;
    struct crac_tables tables; /* of the pristine head */
    struct change changes[MOST_CHANGES];
    size_t change_count;
    uint64_t state;
};

static unsigned long round_number;

/* xorshift64* */
static uint64_t random_number(struct fuzzer *f)
{
    f->state ^= f->state >> 12;
    f->state ^= f->state << 25;
    f->state ^= f->state >> 27;
    return f->state * 0x2545f4914f6cdd1dull;
}

static uint64_t below(struct fuzzer *f, uint64_t limit)
{
    return random_number(f) % limit;
}

/* The bytes at an offset, remembered as changed. */
static uint8_t *change(struct fuzzer *f, size_t offset, size_t size)
{
    if (offset > f->size - size)
        offset = f->size - size;
    f->changes[f->change_count++] = (struct change){offset, size};
    return f->head + offset;
}

static void put_back(struct fuzzer *f)
{
    for (size_t i = 0; i < f->change_count; i++)
        memcpy(f->head + f->changes[i].offset, f->pristine + f->changes[i].offset,
               f->changes[i].size);
    f->change_count = 0;
}

/* A table of the pristine head. */
struct area {
    const void *start;
    size_t size, record;
};

static struct area pick_area(struct fuzzer *f)
{
    const struct crac_tables *t = &f->tables;
    const struct area areas[] = {
        {t->image, sizeof(*t->image), 8},
        {t->clock, sizeof(*t->clock), 8},
        {t->threads, t->thread_count * sizeof(*t->threads), sizeof(*t->threads)},
        {t->vmas, t->vma_count * sizeof(*t->vmas), sizeof(*t->vmas)},
        {t->runs, t->run_count * sizeof(*t->runs), sizeof(*t->runs)},
        {t->files, t->file_count * sizeof(*t->files), sizeof(*t->files)},
        {t->fds, t->fd_count * sizeof(*t->fds), sizeof(*t->fds)},
        {t->epolls, t->epoll_count * sizeof(*t->epolls), sizeof(*t->epolls)},
        {t->owners, t->owner_count * sizeof(*t->owners), sizeof(*t->owners)},
        {t->generators, t->generator_count * sizeof(*t->generators), sizeof(*t->generators)},
        {t->strings, t->strings_size, 1},
        {t->bytes, t->bytes_size, 8},
        {f->pristine, sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr), 8},
        {(const uint8_t *)t->image - 24, 24, 4},
        {(const uint8_t *)t->vmas - 24, 24, 4},
        {(const uint8_t *)t->strings - 24, 24, 4},
        {f->pristine, f->size, 8},
    };
    struct area area;
    do {
        area = areas[below(f, sizeof(areas) / sizeof(areas[0]))];
    } while (area.size == 0);
    return area;
}

/* A random offset, often in a small table. */
static size_t pick_offset(struct fuzzer *f)
{
    struct area area = pick_area(f);
    return (size_t)((const uint8_t *)area.start - f->pristine) + below(f, area.size);
}

/* A number at which readers tend to fail. */
static uint64_t interesting(struct fuzzer *f)
{
    static const uint64_t numbers[] = {0,
                                       1,
                                       2,
                                       3,
                                       7,
                                       16,
                                       4095,
                                       4096,
                                       0x7fffffff,
                                       0x80000000,
                                       0xfffff000,
                                       0xffffffff,
                                       0x100000000,
                                       CRAC_RESERVED_START,
                                       CRAC_RESERVED_END,
                                       CRAC_HEAD_START(1),
                                       CRAC_ADDRESS_LIMIT,
                                       0x7fffffffffffffff,
                                       0x8000000000000000,
                                       0xfffffffffffff000,
                                       0xffffffffffffffff};
    uint64_t number = numbers[below(f, sizeof(numbers) / sizeof(numbers[0]))];
    return below(f, 4) ? number : number + below(f, 9) - 4;
}

static void flip_bit(struct fuzzer *f)
{
    *change(f, pick_offset(f), 1) ^= (uint8_t)(1u << below(f, 8));
}

static void set_byte(struct fuzzer *f)
{
    *change(f, pick_offset(f), 1) = (uint8_t)random_number(f);
}

/* Replaces an aligned field of 4 or 8 bytes, by an interesting number or by another field of the
 * same head. */
static void set_field(struct fuzzer *f)
{
    size_t size = below(f, 2) ? 4 : 8;
    uint64_t value = interesting(f);
    if (below(f, 3) == 0)
        memcpy(&value, f->pristine + (pick_offset(f) & ~(size_t)7), sizeof(value));
    memcpy(change(f, pick_offset(f) & ~(size - 1), size), &value, size);
}

/* Adds a small number, a page or a little of it, to a field: often plausible. */
static void nudge_field(struct fuzzer *f)
{
    static const int64_t steps[] = {1, -1, 2, -2, 8, -8, 4096, -4096, 0x10000, -0x10000};
    size_t size = below(f, 2) ? 4 : 8;
    uint8_t *at = change(f, pick_offset(f) & ~(size - 1), size);
    uint64_t value = 0;
    memcpy(&value, at, size);
    value += (uint64_t)steps[below(f, sizeof(steps) / sizeof(steps[0]))];
    memcpy(at, &value, size);
}

/* Exchanges two records of one table. */
static void swap_records(struct fuzzer *f)
{
    struct area area = pick_area(f);
    uint8_t first[256], second[256];
    if (area.record > sizeof(first) || area.size < area.record)
        return;
    size_t start = (size_t)((const uint8_t *)area.start - f->pristine),
           count = area.size / area.record;
    size_t a = start + below(f, count) * area.record, b = start + below(f, count) * area.record;
    uint8_t *at_a = change(f, a, area.record), *at_b = change(f, b, area.record);
    memcpy(first, at_a, area.record);
    memcpy(second, at_b, area.record);
    memcpy(at_a, second, area.record);
    memcpy(at_b, first, area.record);
}

static void mutate(struct fuzzer *f)
{
    static void (*const mutations[])(struct fuzzer *) = {flip_bit, set_byte, set_field, nudge_field,
                                                         swap_records};
    for (uint64_t left = 1 + (below(f, 3) ? 0 : below(f, 8)); left > 0; left--)
        mutations[below(f, sizeof(mutations) / sizeof(mutations[0]))](f);
}

/* Makes the checksum fit again, where the head still shows where it is. */
static void fix_checksum(struct fuzzer *f)
{
    size_t at = (size_t)((const uint8_t *)&f->tables.image->head_crc - f->pristine);
    uint8_t *field = change(f, at, 4);
    memset(field, 0, 4);
    uint32_t crc = crc32c(0, f->head, f->size);
    memcpy(field, &crc, 4);
}

/* Reads memory in a way that the compiler can't leave out. */
static void touch(const void *data, size_t size)
{
    static volatile uint8_t sum;
    for (size_t i = 0; i < size; i++)
        sum ^= ((const uint8_t *)data)[i];
}

static void use_text(const struct crac_tables *t, uint32_t offset)
{
    REQUIRE(offset < t->strings_size);
    touch(t->strings + offset, strlen(t->strings + offset) + 1);
}

static const struct crac_fd *find_fd(const struct crac_tables *t, uint64_t fd)
{
    for (size_t i = 0; i < t->fd_count; i++) {
        if (t->fds[i].fd == fd)
            return &t->fds[i];
    }
    return NULL;
}

static void use_memory(const struct crac_tables *t, uint64_t file_size)
{
    for (size_t i = 0; i < t->vma_count; i++) {
        const struct crac_vma *vma = &t->vmas[i];
        REQUIRE(vma->start < vma->end && vma->end <= CRAC_ADDRESS_LIMIT);
        REQUIRE(i == 0 || vma->start >= vma[-1].end);
        REQUIRE(vma->end <= CRAC_RESERVED_START || vma->start >= CRAC_RESERVED_END);
        REQUIRE(!(vma->flags & CRAC_VMA_FILE) || vma->file < t->file_count);
        REQUIRE(!(vma->flags & CRAC_VMA_URING) || find_fd(t, vma->ring)->kind == CRAC_FD_URING);
    }
    for (size_t i = 0; i < t->run_count; i++) {
        const struct crac_run *run = &t->runs[i];
        REQUIRE(run->vma < t->vma_count);
        REQUIRE(run->address >= t->vmas[run->vma].start && run->address < t->vmas[run->vma].end);
        REQUIRE(run->length <= t->vmas[run->vma].end - run->address);
        REQUIRE(run->offset >= t->image->head_size && run->offset < file_size);
        REQUIRE(run->length <= file_size - run->offset);
    }
    for (size_t i = 0; i < t->file_count; i++) {
        use_text(t, t->files[i].path);
        touch(t->files[i].identity, t->files[i].identity_size);
    }
}

/* The restored process writes there. */
static void use_site(const struct crac_tables *t, uint64_t address, uint64_t size)
{
    const struct crac_vma *vma = t->vmas, *end = t->vmas + t->vma_count;
    while (vma < end && (address < vma->start || address >= vma->end))
        vma++;
    REQUIRE(vma < end && size <= vma->end - address);
    REQUIRE((vma->prot & 2) && !(vma->flags & CRAC_VMA_URING)); /* PROT_WRITE */
}

static void use_sites(const struct crac_tables *t)
{
    for (size_t i = 0; i < t->owner_count; i++) {
        if (t->owners[i].address == 0)
            continue;
        use_site(t, t->owners[i].address, 4);
        REQUIRE(t->owners[i].thread < t->thread_count);
    }
    for (size_t i = 0; i < t->generator_count; i++) {
        const struct crac_generator *generator = &t->generators[i];
        use_site(t, generator->state, 16);
        if (!generator->cache) /* the index is not looked at either */
            continue;
        use_site(t, generator->index, 8);
        use_site(t, generator->cache, 64 * 8);
    }
}

static void use_fds(const struct crac_tables *t)
{
    for (size_t i = 0; i < t->fd_count; i++) {
        const struct crac_fd *fd = &t->fds[i];
        touch(t->bytes + fd->data, fd->data_size);
        if (fd->kind == CRAC_FD_FILE)
            REQUIRE(fd->data_size == sizeof(struct crac_open_file));
        if (fd->kind == CRAC_FD_DEVICE || fd->kind == CRAC_FD_FILE)
            use_text(t, fd->path);
        if (fd->kind == CRAC_FD_PIPE)
            REQUIRE(find_fd(t, fd->pair)->kind == CRAC_FD_PIPE);
        if (fd->kind == CRAC_FD_SOCKETPAIR)
            REQUIRE(find_fd(t, fd->pair)->kind == CRAC_FD_SOCKETPAIR &&
                    find_fd(t, fd->pair)->pair == fd->fd);
        if (fd->kind == CRAC_FD_DUPLICATE)
            REQUIRE(find_fd(t, fd->value)->kind != CRAC_FD_DUPLICATE);
        if (fd->kind == CRAC_FD_ALIAS)
            REQUIRE(find_fd(t, fd->value)->kind == CRAC_FD_STDIO);
        if (fd->kind == CRAC_FD_LISTENER) {
            struct crac_listener listener;
            memcpy(&listener, t->bytes + fd->data, sizeof(listener));
            touch(listener.address, listener.address_size);
            REQUIRE(listener.address_size <= sizeof(listener.address));
        }
    }
    for (size_t i = 0; i < t->epoll_count; i++) {
        REQUIRE(find_fd(t, t->epolls[i].epoll_fd)->kind == CRAC_FD_EPOLL);
        REQUIRE(find_fd(t, t->epolls[i].target_fd) != NULL);
    }
}

/* Everything that the launcher would follow. */
static void use(const struct crac_tables *t, uint64_t file_size)
{
    touch(t->manifest, t->manifest_size);
    touch(t->cpu, sizeof(*t->cpu));
    REQUIRE(strlen(t->cpu->vendor) < sizeof(t->cpu->vendor) &&
            strlen(t->cpu->brand) < sizeof(t->cpu->brand));
    touch(t->threads, t->thread_count * sizeof(*t->threads));
    for (size_t i = 0; i < t->thread_count; i++)
        REQUIRE(memchr(t->threads[i].name, 0, sizeof(t->threads[i].name)));
    touch(t->signals, 64 * sizeof(*t->signals));
    touch(t->auxv, t->auxv_size);
    REQUIRE((t->clock->realtime | t->clock->monotonic) < CRAC_CLOCK_LIMIT);
    REQUIRE(t->clock->policy < CRAC_CLOCK_POLICIES);
    use_text(t, t->image->cwd);
    touch(t->bytes + t->image->vdso_text, t->image->vdso_end - t->image->vdso_start);
    use_memory(t, file_size);
    use_sites(t);
    use_fds(t);
}

/* Checks a part of the head in a block of its own, as when the file was cut. */
static int check_cut(struct fuzzer *f, size_t size)
{
    struct crac_tables tables;
    const char *reason = NULL;
    uint8_t *part = malloc(size ? size : 1);
    memcpy(part, f->head, size);
    int result = crac_check(part, size, f->file_size, 0, &tables, &reason);
    if (result == 0)
        use(&tables, f->file_size);
    else
        REQUIRE(reason && *reason);
    free(part);
    return result;
}

/* One round: 1 when the head was accepted. */
static int play(struct fuzzer *f)
{
    struct crac_tables tables;
    const char *reason = NULL;
    int with_checksum = below(f, 8) == 0, result;
    uint64_t file_size = below(f, 16) ? f->file_size : f->file_size + interesting(f);
    mutate(f);
    if (with_checksum)
        fix_checksum(f);
    if (below(f, 32) == 0) {
        result = check_cut(f, below(f, f->size));
    } else {
        result = crac_check(f->head, f->size, file_size, with_checksum, &tables, &reason);
        if (result == 0)
            use(&tables, file_size);
        else
            REQUIRE(reason && *reason);
    }
    put_back(f);
    return result == 0;
}

/* Reads the head of an image: memory of malloc(). */
static void *read_head(const char *path, size_t *size, uint64_t *file_size)
{
    _Alignas(8) uint8_t start[176];
    const char *reason = "it can't be read";
    FILE *file = fopen(path, "rb");
    void *head = NULL;
    if (file && fread(start, sizeof(start), 1, file) == 1 && fseek(file, 0, SEEK_END) == 0) {
        *file_size = (uint64_t)ftell(file);
        *size = crac_head_size(start, sizeof(start), *file_size, &reason);
        head = *size ? malloc(*size) : NULL;
        rewind(file);
    }
    if (!head || fread(head, *size, 1, file) != 1) {
        fprintf(stderr, "fuzz-notes: %s: %s\n", path, reason);
        exit(1);
    }
    fclose(file);
    return head;
}

/* The unchanged head must be accepted, and any flipped bit must be noticed by the checksum. */
static void check_pristine(struct fuzzer *f)
{
    const char *reason;
    struct crac_tables tables;
    if (crac_check(f->pristine, f->size, f->file_size, 1, &f->tables, &reason) != 0) {
        fprintf(stderr, "fuzz-notes: the unchanged head is refused: %s\n", reason);
        exit(1);
    }
    use(&f->tables, f->file_size);
    for (size_t i = 0; i < 100; i++) {
        *change(f, below(f, f->size), 1) ^= 1;
        REQUIRE(crac_check(f->head, f->size, f->file_size, 1, &tables, &reason) != 0);
        put_back(f);
    }
}

int main(int argc, char **argv)
{
    struct fuzzer f = {.state = 1};
    unsigned long count = 200000, accepted = 0, seed = 1;
    const char *path = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
            seed = strtoul(argv[++i], NULL, 0);
        else if (strcmp(argv[i], "--count") == 0 && i + 1 < argc)
            count = strtoul(argv[++i], NULL, 0);
        else
            path = argv[i];
    }
    f.state = seed * 0x9e3779b97f4a7c15ull + 1;
    f.pristine = path ? read_head(path, &f.size, &f.file_size) : sample_head(&f.size, &f.file_size);
    f.head = malloc(f.size);
    memcpy(f.head, f.pristine, f.size);
    check_pristine(&f);
    for (round_number = 0; round_number < count; round_number++)
        accepted += (unsigned long)play(&f);
    printf("seed %lu: %lu mutations, %lu accepted, %lu refused\n", seed, count, accepted,
           count - accepted);
    free(f.head);
    free((void *)f.pristine);
    return 0;
}
