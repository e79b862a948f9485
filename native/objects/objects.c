/*
 * All kernel objects: which kind a descriptor is, and the order in which kinds are saved and
 * restored.
 *
 * Saving goes through the open descriptors in ascending order, so the table is ascending, and the
 * first number of an object is the one that duplicates refer to. While a table is built, `reserved`
 * of a record holds the identity that only duplicates share; it is zero in the image.
 *
 * Restoring goes through the table in passes: the restorer's own streams first, then what stands
 * alone, then what refers to another number, and registrations with epoll sets at the very end.
 *
 * Nothing is allocated and no descriptor stays open. The caller owns all tables.
 */
#include <errno.h>
#include <fcntl.h>

#include "../arch/x86_64/syscall.h"
#include "kinds.h"

/* The order matters: the first kind that matches is the one. */
static const struct object_kind *const kinds[] = {
    &object_stdio,    &object_closed,     &object_path,   &object_alias, &object_device,
    &object_eventfd,  &object_epoll,      &object_uring,  &object_pipe,  &object_inotify,
    &object_listener, &object_socketpair, &object_socket,
};

/* Kinds that only a table names. */
static const struct object_kind *const table_kinds[] = {&object_placeholder, &object_duplicate,
                                                        &object_file};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int matches(const struct object_kind *kind, const struct object_view *view)
{
    return kind->matches ? kind->matches(view) : text_starts(view->target, kind->target);
}

/* The kind of a descriptor. */
static const struct object_kind *classify(const struct object_view *view)
{
    for (size_t i = 0; i < COUNT(kinds); i++) {
        if (matches(kinds[i], view))
            return kinds[i];
    }
    const struct object_kind *kind = object_refused;
    while (kind[1].name && !matches(kind, view))
        kind++;
    return kind;
}

/* Whether a descriptor can't travel, with the sentence in `why`. */
static int refuses(const struct object_kind *kind, const struct object_view *view, struct text *why)
{
    if (kind->refuses)
        return kind->refuses(view, why);
    if (kind->kind)
        return 0;
    text_add(why, kind->noun);
    text_add(why, " can't travel: close it in beforeCheckpoint");
    return 1;
}

static int contains(const uint32_t *numbers, uint32_t count, uint32_t number)
{
    for (uint32_t i = 0; i < count; i++) {
        if (numbers[i] == number)
            return 1;
    }
    return 0;
}

static void add_problem(struct crac_save *save, const struct object_view *view, const char *message)
{
    if (save->problem_count < 64) {
        struct crac_problem *problem = &save->problems[save->problem_count];
        struct text target = TEXT_IN(problem->target), text = TEXT_IN(problem->message);
        problem->fd = view->fd;
        text_add(&target, view->target);
        text_add(&text, message);
    }
    save->problem_count++;
}

/* Whether a saved record is of the same open file as a view of the same kind. */
static int is_same(const struct crac_fd *record, const struct object_kind *kind,
                   const struct object_view *view, uint32_t identity)
{
    if (record->kind != kind->kind || access_mode(record->status_flags) != access_mode(view->flags))
        return 0;
    if (identity)
        return record->reserved == identity;
    return view_shares_file(record->fd, view->fd) == 1;
}

/* Makes a record a duplicate if its object is in the table already. */
static int find_duplicate(const struct crac_save *save, const struct object_kind *kind,
                          const struct object_view *view, struct crac_fd *record)
{
    const struct crac_fd *fds = (const struct crac_fd *)save->fds.start;
    if (!kind->identity)
        return 0;
    record->reserved = kind->identity(view);
    for (size_t i = 0; i < save->fds.used / sizeof(*fds); i++) {
        if (!is_same(&fds[i], kind, view, record->reserved))
            continue;
        record->kind = CRAC_FD_DUPLICATE;
        record->value = fds[i].fd;
        return 1;
    }
    return 0;
}

/* Completes a record of a kind that can travel. 0, OBJECT_REFUSED, or a negated errno. */
static long complete(struct object_saving *saving, const struct object_kind *kind,
                     const struct object_view *view, struct crac_fd *record, struct text *why)
{
    if (find_duplicate(saving->save, kind, view, record) || !kind->save)
        return 0;
    return kind->save(saving, view, record, why);
}

/* What becomes of a descriptor if somebody has decided; its own kind otherwise. */
static const struct object_kind *treatment_of(const struct crac_save *save,
                                              const struct object_kind *kind, uint32_t fd)
{
    if (kind == &object_stdio)
        return kind;
    if (contains(save->placeholders, save->placeholder_count, fd))
        return &object_placeholder;
    if (contains(save->closed, save->closed_count, fd))
        return &object_closed;
    return contains(save->reopened, save->reopened_count, fd) ? &object_file : kind;
}

/* Saves one descriptor. 0, or a negated errno. */
static long save_one(struct object_saving *saving, uint32_t fd)
{
    struct crac_save *save = saving->save;
    struct object_view view;
    char message[256];
    struct text why = TEXT_IN(message);
    long failed = view_open(fd, &view);
    if (failed)
        return failed == -EBADF ? 0 : failed;
    const struct object_kind *kind = classify(&view);
    kind = treatment_of(save, kind, fd);
    struct crac_fd record = {
        .fd = fd,
        .kind = kind->kind,
        .status_flags = view.flags,
        .close_on_exec = view.close_on_exec,
        .path = CRAC_NONE,
    };
    long refused = refuses(kind, &view, &why);
    if (!refused)
        refused = complete(saving, kind, &view, &record, &why);
    if (refused == OBJECT_REFUSED) {
        add_problem(save, &view, message);
        return 0;
    }
    if (refused)
        return refused;
    return pool_add(&save->fds, &record, sizeof(record)) < 0 ? -ENOMEM : 0;
}

/* Erases what only served to find duplicates. */
static void forget_identities(struct crac_save *save)
{
    struct crac_fd *fds = (struct crac_fd *)save->fds.start;
    for (size_t i = 0; i < save->fds.used / sizeof(*fds); i++)
        fds[i].reserved = 0;
}

size_t objects_list(uint32_t *fds, size_t capacity)
{
    struct object_listing listing;
    size_t count = 0;
    if (listing_open(&listing) != 0)
        return 0;
    while (count < capacity && listing_next(&listing, &fds[count]) == 1)
        count++;
    listing_close(&listing);
    return count;
}

int objects_save(struct crac_save *save)
{
    uint32_t *fds = (uint32_t *)save->scratch;
    size_t capacity = save->scratch_size / 4 / sizeof(*fds);
    size_t count = objects_list(fds, capacity);
    if (count == 0)
        return -ENOENT;
    if (count == capacity)
        return -EMFILE;
    size_t used = count * sizeof(*fds);
    struct object_saving saving = {save, save->scratch + used, save->scratch_size - used};
    for (size_t i = 0; i < count; i++) {
        if (contains(save->hidden, save->hidden_count, fds[i]))
            continue;
        long failed = save_one(&saving, fds[i]);
        if (failed)
            return (int)failed;
    }
    epoll_drop_strangers(save);
    forget_identities(save);
    return 0;
}

int objects_describe(uint32_t fd, struct crac_description *out)
{
    struct object_view view;
    char message[256];
    struct text why = TEXT_IN(message), target = {out->target, 0, sizeof(out->target)};
    long failed = view_open(fd, &view);
    if (failed)
        return (int)failed;
    const struct object_kind *kind = classify(&view);
    out->fd = fd;
    out->kind = kind->name;
    out->travels = !refuses(kind, &view, &why);
    text_add(&target, view.target);
    out->protocol = NULL;
    out->local[0] = out->remote[0] = 0;
    if (S_ISSOCK(view.stat.st_mode))
        socket_describe(&view, out);
    return 0;
}

/* The operations of a record's kind, or NULL. */
static const struct object_kind *kind_of(uint32_t number)
{
    for (size_t i = 0; i < COUNT(kinds); i++) {
        if (kinds[i]->kind == number)
            return kinds[i];
    }
    for (size_t i = 0; i < COUNT(table_kinds); i++) {
        if (table_kinds[i]->kind == number)
            return table_kinds[i];
    }
    return NULL;
}

enum pass { PASS_STDIO, PASS_OBJECTS, PASS_REFERENCES, PASS_COUNT };

static enum pass pass_of(const struct crac_fd *record)
{
    if (record->kind == CRAC_FD_STDIO)
        return PASS_STDIO;
    return record->kind == CRAC_FD_DUPLICATE || record->kind == CRAC_FD_ALIAS ? PASS_REFERENCES
                                                                              : PASS_OBJECTS;
}

/* Whether files are created in this pass, and this is no descriptor that waited for one. */
static int is_done(const struct object_restoring *restoring, const struct crac_fd *record)
{
    return restoring->creates &&
           ((record->kind != CRAC_FD_FILE && record->kind != CRAC_FD_DUPLICATE) ||
            sys(SYS_fcntl, record->fd, F_GETFD) != -EBADF);
}

/* 0, OBJECT_MISSING or -1. */
static int restore_pass(const struct object_restoring *restoring, enum pass pass)
{
    int result = 0, got;

    for (size_t i = 0; i < restoring->count; i++) {
        const struct crac_fd *record = &restoring->fds[i];
        if (pass_of(record) != pass || is_done(restoring, record))
            continue;
        const struct object_kind *kind = kind_of(record->kind);
        if (!kind || !kind->restore)
            return restore_failed(restoring, record, -EINVAL, "restore",
                                  "descriptor of an unknown kind");
        got = kind->restore(restoring, record);
        if (got < 0)
            return -1;
        result |= got;
    }
    return result;
}

int objects_restore(const struct crac_fd *fds, size_t count, const struct crac_epoll *epolls,
                    size_t epoll_count, const char *strings, const uint8_t *bytes, int spare,
                    struct crac_restore_failure *failure)
{
    struct object_restoring restoring = {fds, count, strings, bytes, spare, failure, 0};
    int result = 0, got;

    for (enum pass pass = PASS_STDIO; pass < PASS_COUNT; pass++) {
        got = restore_pass(&restoring, pass);
        if (got < 0)
            return -1;
        result |= got;
    }
    return epoll_register(&restoring, epolls, epoll_count) != 0 ? -1 : result;
}

int objects_create(const struct crac_fd *fds, size_t count, const char *strings,
                   const uint8_t *bytes, int spare, struct crac_restore_failure *failure)
{
    struct object_restoring restoring = {fds, count, strings, bytes, spare, failure, 1};

    return restore_pass(&restoring, PASS_OBJECTS) != 0 ? -1
                                                       : restore_pass(&restoring, PASS_REFERENCES);
}
