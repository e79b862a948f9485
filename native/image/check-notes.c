/*
 * The vendor notes: walking them, and turning each into a table.
 *
 * A note is a header of 12 bytes (size of the name, size of the content, type), the name "CRaC"
 * with its NUL, padding to 24 bytes, the content, and padding to a multiple of 8. So contents are
 * aligned to 8 and may be used in place.
 *
 * Every type is there at most once, IMAGE first; the size of each is a multiple of its record's and
 * within a limit.
 */
#include <elf.h>

#include "checking.h"

#define NOTE_HEADER 24

_Static_assert(sizeof(struct crac_image) % 8 == 0, "records keep the alignment of notes");
_Static_assert(sizeof(struct crac_cpu) % 8 == 0, "records keep the alignment of notes");
_Static_assert(sizeof(struct crac_thread) % 8 == 0, "records keep the alignment of notes");
_Static_assert(sizeof(struct crac_vma) % 8 == 0, "records keep the alignment of notes");
_Static_assert(sizeof(struct crac_run) % 8 == 0, "records keep the alignment of notes");
_Static_assert(sizeof(struct crac_file) % 8 == 0, "records keep the alignment of notes");
_Static_assert(sizeof(struct crac_fd) % 8 == 0, "records keep the alignment of notes");
_Static_assert(sizeof(struct crac_epoll) % 8 == 0, "records keep the alignment of notes");
_Static_assert(sizeof(struct crac_owner) % 8 == 0, "records keep the alignment of notes");
_Static_assert(sizeof(struct crac_clock) % 8 == 0, "records keep the alignment of notes");
_Static_assert(sizeof(struct crac_generator) % 8 == 0, "records keep the alignment of notes");
_Static_assert(sizeof(struct crac_pools) % 8 == 0, "records keep the alignment of notes");
_Static_assert(sizeof(struct crac_listener) == 128, "an address fits");

/* What is known of each type: size of a record, and how many there may be. */
static const struct rule {
    const char *name;
    uint32_t record, least, most;
} rules[CRAC_NOTE_END] = {
    [CRAC_NOTE_IMAGE] = {"IMAGE", sizeof(struct crac_image), 1, 1},
    [CRAC_NOTE_MANIFEST] = {"MANIFEST", 1, 1, CRAC_MANIFEST_LIMIT},
    [CRAC_NOTE_CPU] = {"CPU", sizeof(struct crac_cpu), 1, 1},
    [CRAC_NOTE_THREADS] = {"THREADS", sizeof(struct crac_thread), 1, CRAC_THREAD_LIMIT},
    [CRAC_NOTE_VMAS] = {"VMAS", sizeof(struct crac_vma), 1, 1u << 20},
    [CRAC_NOTE_RUNS] = {"RUNS", sizeof(struct crac_run), 0, 65535 - 3},
    [CRAC_NOTE_FILES] = {"FILES", sizeof(struct crac_file), 0, 1u << 16},
    [CRAC_NOTE_FDS] = {"FDS", sizeof(struct crac_fd), 0, CRAC_FD_LIMIT},
    [CRAC_NOTE_EPOLLS] = {"EPOLLS", sizeof(struct crac_epoll), 0, 1u << 22},
    [CRAC_NOTE_SIGNALS] = {"SIGNALS", sizeof(struct crac_sigaction), 64, 64},
    [CRAC_NOTE_AUXV] = {"AUXV", 16, 1, 128},
    [CRAC_NOTE_STRINGS] = {"STRINGS", 1, 1, 1u << 28},
    [CRAC_NOTE_BYTES] = {"BYTES", 1, 0, 1u << 29},
    [CRAC_NOTE_OWNERS] = {"OWNERS", sizeof(struct crac_owner), 0, 1u << 16},
    [CRAC_NOTE_CLOCK] = {"CLOCK", sizeof(struct crac_clock), 1, 1},
    [CRAC_NOTE_GENERATORS] = {"GENERATORS", sizeof(struct crac_generator), 0, 1u << 20},
    [CRAC_NOTE_POOLS] = {"POOLS", sizeof(struct crac_pools), 1, 1},
    [CRAC_NOTE_TAGS] = {"TAGS", 1, 0, CRAC_TAGS_LIMIT},
};

/* A note as it was found. */
struct found {
    const uint8_t *content;
    uint32_t size;
    uint32_t present;
};

/* "its VMAS note is missing" */
static int refuse_note(const char **reason, uint32_t type, const char *fault)
{
    static char sentence[96];
    struct text text = TEXT_IN(sentence);
    text_add(&text, "its ");
    text_add(&text, rules[type].name);
    text_add(&text, " note ");
    text_add(&text, fault);
    return refuse(reason, sentence);
}

static int has_vendor_name(const uint8_t *note, const Elf64_Nhdr *header)
{
    static const uint8_t name[8] = {'C', 'R', 'a', 'C', 0};
    if (header->n_namesz != sizeof(CRAC_NOTE_NAME))
        return 0;
    for (size_t i = 0; i < sizeof(CRAC_NOTE_NAME); i++) {
        if (note[sizeof(*header) + i] != name[i])
            return 0;
    }
    return 1;
}

/* Takes the note at the start of `left` bytes: the bytes that it occupies, or 0 with a reason. */
static size_t take_note(const uint8_t *note, size_t left, struct found found[CRAC_NOTE_END],
                        const char **reason)
{
    const Elf64_Nhdr *header = (const Elf64_Nhdr *)note;
    if (left < NOTE_HEADER || header->n_descsz > left - NOTE_HEADER)
        return refuse(reason, "a note reaches beyond the notes"), 0;
    if (!has_vendor_name(note, header))
        return refuse(reason, "a note of another vendor lies among its own"), 0;
    uint32_t type = header->n_type - CRAC_NOTE_BASE;
    if (type == 0 || type >= CRAC_NOTE_END)
        return refuse(reason, "it has a note of an unknown type"), 0;
    if (found[type].present)
        return refuse_note(reason, type, "is there twice"), 0;
    if (type != CRAC_NOTE_IMAGE && !found[CRAC_NOTE_IMAGE].present)
        return refuse(reason, "its first note is not the one that describes it"), 0;
    found[type] = (struct found){note + NOTE_HEADER, header->n_descsz, 1};
    size_t size = NOTE_HEADER + (((size_t)header->n_descsz + 7) & ~(size_t)7);
    return size < left ? size : left;
}

/* Whether sizes and counts of all notes follow the rules. */
static int check_sizes(const struct found found[CRAC_NOTE_END], const char **reason)
{
    for (uint32_t type = 1; type < CRAC_NOTE_END; type++) {
        uint32_t count = found[type].size / rules[type].record;
        if (found[type].size % rules[type].record)
            return refuse_note(reason, type, "is not made of whole records");
        if (count < rules[type].least)
            return refuse_note(reason, type, found[type].present ? "is too small" : "is missing");
        if (count > rules[type].most)
            return refuse_note(reason, type, "is larger than allowed");
    }
    return 0;
}

static size_t count_of(const struct found *found, enum crac_note type)
{
    return found[type].size / rules[type].record;
}

static void fill_tables(const struct found *found, struct crac_tables *tables)
{
    *tables = (struct crac_tables){
        .image = (const void *)found[CRAC_NOTE_IMAGE].content,
        .manifest = (const void *)found[CRAC_NOTE_MANIFEST].content,
        .manifest_size = found[CRAC_NOTE_MANIFEST].size,
        .cpu = (const void *)found[CRAC_NOTE_CPU].content,
        .threads = (const void *)found[CRAC_NOTE_THREADS].content,
        .vmas = (const void *)found[CRAC_NOTE_VMAS].content,
        .runs = (const void *)found[CRAC_NOTE_RUNS].content,
        .files = (const void *)found[CRAC_NOTE_FILES].content,
        .fds = (const void *)found[CRAC_NOTE_FDS].content,
        .epolls = (const void *)found[CRAC_NOTE_EPOLLS].content,
        .signals = (const void *)found[CRAC_NOTE_SIGNALS].content,
        .auxv = found[CRAC_NOTE_AUXV].content,
        .strings = (const void *)found[CRAC_NOTE_STRINGS].content,
        .bytes = found[CRAC_NOTE_BYTES].content,
        .owners = (const void *)found[CRAC_NOTE_OWNERS].content,
        .clock = (const void *)found[CRAC_NOTE_CLOCK].content,
        .generators = (const void *)found[CRAC_NOTE_GENERATORS].content,
        .tags = (const void *)found[CRAC_NOTE_TAGS].content,
        .thread_count = count_of(found, CRAC_NOTE_THREADS),
        .vma_count = count_of(found, CRAC_NOTE_VMAS),
        .run_count = count_of(found, CRAC_NOTE_RUNS),
        .file_count = count_of(found, CRAC_NOTE_FILES),
        .fd_count = count_of(found, CRAC_NOTE_FDS),
        .epoll_count = count_of(found, CRAC_NOTE_EPOLLS),
        .auxv_size = found[CRAC_NOTE_AUXV].size,
        .strings_size = found[CRAC_NOTE_STRINGS].size,
        .bytes_size = found[CRAC_NOTE_BYTES].size,
        .owner_count = count_of(found, CRAC_NOTE_OWNERS),
        .generator_count = count_of(found, CRAC_NOTE_GENERATORS),
        .tags_size = count_of(found, CRAC_NOTE_TAGS),
    };
}

int check_notes(const uint8_t *notes, size_t size, struct crac_tables *tables, const char **reason)
{
    struct found found[CRAC_NOTE_END];
    __builtin_memset(found, 0, sizeof(found));
    for (size_t at = 0; at < size;) {
        size_t taken = take_note(notes + at, size - at, found, reason);
        if (taken == 0)
            return -1;
        at += taken;
    }
    if (check_sizes(found, reason) != 0)
        return -1;
    fill_tables(found, tables);
    if (tables->strings[tables->strings_size - 1] != 0)
        return refuse(reason, "its texts are not terminated");
    if (tables->cpu->vendor[sizeof(tables->cpu->vendor) - 1] ||
        tables->cpu->brand[sizeof(tables->cpu->brand) - 1])
        return refuse(reason, "the name of its CPU is not terminated");
    return 0;
}
