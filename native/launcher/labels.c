/*
 * Labels that the restorer requires of an image.
 *
 * They come from CRAC_REQUIRED_IMAGE_LABELS and from the command line, as `name=value`,
 * `name=$VARIABLE` or `NAME` for the variable of that name, and are compared with the text of the
 * TAGS note, one "label:name=value" a line. The head alone is mapped by then.
 *
 * Texts lie in the environment, on the initial stack or in the head; the three buffers hold copies
 * for messages.
 */
#include "launcher.h"

#define LABEL_SIZE 4200u
#define LIST "CRAC_REQUIRED_IMAGE_LABELS"

/* A piece of a text. */
struct piece {
    const char *start;
    size_t size;
};

static int piece_equal(struct piece a, struct piece b)
{
    return a.size == b.size && __builtin_memcmp(a.start, b.start, a.size) == 0;
}

/* The first `mark` in the piece, or its size. */
static size_t find_mark(struct piece piece, char mark)
{
    size_t at = 0;

    while (at < piece.size && piece.start[at] != mark)
        at++;
    return at;
}

/* Cuts the part up to `mark` off the piece. */
static struct piece take_part(struct piece *rest, char mark)
{
    struct piece part = {rest->start, find_mark(*rest, mark)};
    size_t taken = part.size < rest->size ? part.size + 1 : part.size;

    rest->start += taken;
    rest->size -= taken;
    return part;
}

/* A terminated copy, cut where it is too long, for a message. */
static const char *copy_piece(char buffer[LABEL_SIZE], struct piece piece)
{
    size_t size = piece.size < LABEL_SIZE ? piece.size : LABEL_SIZE - 1;

    for (size_t i = 0; i < size; i++)
        buffer[i] = piece.start[i];
    buffer[size] = 0;
    return buffer;
}

/* The value of an environment variable; without a start when it is not set. */
static struct piece variable(char **environment, struct piece name)
{
    for (; *environment; environment++) {
        struct piece rest = {*environment, text_length(*environment)};
        struct piece own = take_part(&rest, '=');
        if (piece_equal(own, name))
            return rest;
    }
    return (struct piece){NULL, 0};
}

/* What the image says of a label; without a start when it has none of that name. */
static struct piece label_of(const struct crac_tables *tables, struct piece name)
{
    struct piece tags = {tables->tags, tables->tags_size};

    while (tags.size) {
        struct piece line = take_part(&tags, '\n');
        struct piece kind = take_part(&line, ':');
        struct piece own = take_part(&line, '=');
        if (piece_equal(kind, (struct piece){"label", 5}) && piece_equal(own, name))
            return line;
    }
    return (struct piece){NULL, 0};
}

static void warn_unset(struct piece name, struct piece source)
{
    static char first[LABEL_SIZE], second[LABEL_SIZE], buffer[2 * LABEL_SIZE + 200];
    struct text text = TEXT_IN(buffer);

    text_add(&text, "crac restore: warning: label \"");
    text_add(&text, copy_piece(first, name));
    text_add(&text, "\" is not required: the environment variable ");
    text_add(&text, copy_piece(second, source));
    text_add(&text, " is not set.\n");
    sys(SYS_write, 2, text.start, text.used);
}

static _Noreturn void refuse(const struct launch *l, struct piece name, struct piece wanted,
                             struct piece found)
{
    static char first[LABEL_SIZE], second[LABEL_SIZE], third[LABEL_SIZE];

    copy_piece(first, name);
    copy_piece(second, wanted);
    if (!found.start)
        fail(STATUS_CONSTRAINT, "label \"", first, "\" is required to be \"", second,
             "\", and the image ", l->directory,
             " has no such label. Name another image, or make one with crac checkpoint --label.");
    fail(STATUS_CONSTRAINT, "label \"", first, "\" is required to be \"", second,
         "\", and the image ", l->directory, " says \"", copy_piece(third, found),
         "\". Name another image, or make one with crac checkpoint --label.");
}

static void require(const struct launch *l, struct piece label)
{
    int has_value = find_mark(label, '=') < label.size;
    struct piece wanted = label, name = take_part(&wanted, '='), source = {NULL, 0}, found;

    if (!has_value)
        source = name;
    else if (wanted.size && wanted.start[0] == '$')
        source = (struct piece){wanted.start + 1, wanted.size - 1};
    if (source.start)
        wanted = variable(l->command.environment, source);
    if (!wanted.start) {
        warn_unset(name, source);
        return;
    }
    found = label_of(&l->tables, name);
    if (!found.start || !piece_equal(found, wanted))
        refuse(l, name, wanted, found);
}

void labels_check(const struct launch *l)
{
    struct piece list = variable(l->command.environment, (struct piece){LIST, sizeof LIST - 1});
    char mark = find_mark(list, '\n') < list.size ? '\n' : ',';

    while (list.size) {
        struct piece label = take_part(&list, mark);
        if (label.size)
            require(l, label);
    }
    for (size_t i = 0; i < l->command.label_count; i++)
        require(l, (struct piece){l->command.labels[i], text_length(l->command.labels[i])});
}
