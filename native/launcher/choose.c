/*
 * Several images: in which order they are tried.
 *
 *   crac restore A B C              as named
 *   crac restore --newest A B C     by the time of the checkpoint, the latest first
 *   crac restore --score METRIC ... by a number in each image's file `score`, the highest first
 *   crac restore DIR                DIR holds no image, but directories that do: the latest first
 *
 * Whether an image can be restored is found out by restoring it: a failure becomes this program
 * again, with the images that are left (fail.c). So nothing is checked twice, a single image costs
 * nothing more, and each refusal gets its sentence.
 *
 * What is read here for the sake of the order is not validated and decides nothing else. Numbers
 * are compared digit by digit, since this program uses no vector registers. Names lie on the
 * initial stack, or in `names`.
 */
#include <elf.h>
#include <fcntl.h>
#include "launcher.h"

#define MOST_WORDS 65536u
#define NAMES_SIZE (1u << 20)
#define NOTE_HEADER 24u
#define DIGITS 32u

/* A number as text: 0.d1d2d3... * 10^exponent. Without digits it is 0. */
struct number {
    int known, negative;
    int64_t exponent;
    char digits[DIGITS];
};

static struct candidate {
    char *directory;
    uint64_t created;
    struct number score;
} candidates[MOST_CANDIDATES];

static char names[NAMES_SIZE];
static char *words[MOST_WORDS];

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads [sign] digits [. digits] [e [sign] digits]. */
static struct number read_number(const char *text)
{
    struct number number = {.known = 1};
    unsigned used = 0;
    int behind_point = 0, below = 0;

    if (*text == '-' || *text == '+')
        number.negative = *text++ == '-';
    if (!is_digit(*text) && *text != '.')
        return (struct number){0};
    for (; is_digit(*text) || (*text == '.' && !behind_point); text++) {
        if (*text == '.') {
            behind_point = 1;
            continue;
        }
        if (used == 0 && *text == '0') {
            number.exponent -= behind_point;
            continue;
        }
        number.exponent += !behind_point;
        if (used < DIGITS)
            number.digits[used++] = *text;
    }
    if (*text == 'e' || *text == 'E') {
        text++;
        if (*text == '-' || *text == '+')
            below = *text++ == '-';
        int64_t power = (int64_t)(text_number(&text, 10) & 0xffff);
        number.exponent += below ? -power : power;
    }
    return number;
}

/* Whether `a` is greater: -1, 0 or 1. A known number is greater than an unknown one. */
static int compare_numbers(const struct number *a, const struct number *b)
{
    int is_zero_a = !a->digits[0], is_zero_b = !b->digits[0];
    int sign_a = is_zero_a ? 0 : a->negative ? -1 : 1;
    int sign_b = is_zero_b ? 0 : b->negative ? -1 : 1;

    if (a->known != b->known)
        return a->known - b->known;
    if (sign_a != sign_b)
        return sign_a > sign_b ? 1 : -1;
    if (a->exponent != b->exponent)
        return (a->exponent > b->exponent ? 1 : -1) * sign_a;
    for (unsigned i = 0; i < DIGITS; i++) {
        char digit_a = a->digits[i] ? a->digits[i] : '0',
             digit_b = b->digits[i] ? b->digits[i] : '0';
        if (digit_a != digit_b)
            return (digit_a > digit_b ? 1 : -1) * sign_a;
    }
    return 0;
}

/* DIR/name, in a static buffer. */
static const char *path_in(const char *directory, const char *name)
{
    static char buffer[8192];
    struct text text = TEXT_IN(buffer);

    text_add(&text, directory);
    text_add(&text, "/");
    text_add(&text, name);
    return text.start;
}

/* The metric in the image's file `score`. */
static struct number read_score(const char *directory, const char *metric)
{
    static char content[1u << 16];
    const char *line = content;
    size_t length = text_length(metric);

    if (file_read(path_in(directory, "score"), content, sizeof content) < 0)
        return (struct number){0};
    while (*line) {
        if (text_starts(line, metric) && line[length] == '=')
            return read_number(line + length + 1);
        while (*line && *line++ != '\n')
            continue;
    }
    return (struct number){0};
}

/* When the image was made, in nanoseconds since the epoch, as its head says; 0 when that cannot be
 * read. */
static uint64_t read_created(const char *directory)
{
    Elf64_Phdr vendor;
    struct crac_image image = {0};
    long fd = sys(SYS_open, path_in(directory, "process.core"), O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (sys_failed(fd))
        return 0;
    if (sys(SYS_pread64, fd, &vendor, sizeof vendor, sizeof(Elf64_Ehdr) + sizeof vendor) !=
            sizeof vendor ||
        sys(SYS_pread64, fd, &image, sizeof image, vendor.p_offset + NOTE_HEADER) != sizeof image)
        image.magic = 0;
    sys(SYS_close, fd);
    return image.magic == CRAC_MAGIC ? image.created : 0;
}

/* Whether `a` shall be tried before `b`, which was named earlier. */
static int is_better(const struct candidate *a, const struct candidate *b)
{
    int order = compare_numbers(&a->score, &b->score);

    return order > 0 || (order == 0 && a->created > b->created);
}

/* Fills in what the order depends on, and sorts; images that are alike stay as they were. */
static void sort_candidates(const struct command *command, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct candidate next = candidates[i];
        size_t at = i;
        if (command->score)
            next.score = read_score(next.directory, command->score);
        if (command->newest)
            next.created = read_created(next.directory);
        for (; at > 0 && is_better(&next, &candidates[at - 1]); at--)
            candidates[at] = candidates[at - 1];
        candidates[at] = next;
    }
}

static void add_word(size_t *count, char *word)
{
    if (*count + 1 >= MOST_WORDS)
        fail(STATUS_USAGE, "the command line has more than ", decimal(MOST_WORDS), " words.");
    words[(*count)++] = word;
    words[*count] = NULL;
}

/*
 * This program's command line for the candidates from `first` on, in their order:
 *   SELF DIR... --in-order options... [-- arguments | words of --otherwise]
 */
static size_t list_words(const struct command *command, size_t first, size_t count)
{
    size_t used = 0;

    add_word(&used, (char *)command->self);
    for (size_t i = first; i < count; i++)
        add_word(&used, candidates[i].directory);
    add_word(&used, "--in-order");
    for (size_t i = 0; i < command->option_count; i++)
        add_word(&used, command->options[i]);
    for (char **word = command->rest; *word; word++)
        add_word(&used, *word);
    return used;
}

void choose(struct command *command)
{
    static struct command next;
    size_t count = command->directory_count;

    if (count < 2)
        return;
    for (size_t i = 0; i < count; i++)
        candidates[i].directory = command->directories[i];
    if (!command->in_order && (command->score || command->newest))
        sort_candidates(command, count);
    command->directory = candidates[0].directory;
    next = *command;
    next.otherwise_count = list_words(command, 1, count);
    next.otherwise = words;
    fail_otherwise(&next);
}

struct entry {
    uint64_t inode, offset;
    uint16_t size;
    uint8_t type;
    char name[];
};

/* Adds `parent`/`name` when it holds an image. */
static void add_candidate(const char *parent, const char *name, size_t *count, size_t *used)
{
    struct text path = {names + *used, 0, sizeof names - *used};

    text_add(&path, parent);
    text_add(&path, "/");
    text_add(&path, name);
    if (*count == MOST_CANDIDATES || path.used + 1 >= path.capacity)
        fail(STATUS_USAGE, parent,
             " holds more images than can be chosen from. Name some of them.");
    if (sys(SYS_access, path_in(path.start, "process.core"), 0) != 0)
        return;
    candidates[*count] = (struct candidate){.directory = path.start};
    *used += path.used + 1;
    *count += 1;
}

/* How many directories in `parent` hold images, which become the candidates. */
static size_t list_candidates(const char *parent)
{
    static char buffer[1u << 15] __attribute__((aligned(8)));
    long fd = sys(SYS_open, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC), got;
    size_t count = 0, used = 0;

    if (sys_failed(fd))
        return 0;
    while ((got = sys(SYS_getdents64, fd, buffer, sizeof buffer)) > 0)
        for (long at = 0; at < got; at += ((const struct entry *)(buffer + at))->size) {
            const struct entry *entry = (const struct entry *)(buffer + at);
            if (entry->name[0] != '.')
                add_candidate(parent, entry->name, &count, &used);
        }
    sys(SYS_close, fd);
    return count;
}

void choose_within(const struct launch *l)
{
    struct command chosen = l->command;
    size_t count = list_candidates(l->directory);
    long error;

    if (count == 0)
        return;
    chosen.newest = 1;
    sort_candidates(&chosen, count);
    for (size_t i = 1; i < chosen.directory_count && count < MOST_CANDIDATES; i++)
        candidates[count++].directory = chosen.directories[i];
    list_words(&chosen, 0, count);
    launch_abandon();
    error = sys(SYS_execve, words[0], words, l->command.environment);
    fail(STATUS_REFUSED, "cannot start ", words[0], " again: ", errno_text(-error), ".");
}
