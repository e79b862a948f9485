/*
 * What lies in the places of descriptors that an image of another program must not hold.
 *
 *     standard streams     /dev/null; in the restored process the restorer's take the places
 *     a terminal's alias   /dev/null; in the restored process the restorer's stream
 *     reopened files       a pipe; the restored process opens the file again, which may have grown
 *     everything else      a pipe without a writer, which reads as ended and can be watched
 *
 * The originals stay open in the keeper (keeper.c), so nobody at their other ends notices, and a
 * process that goes on gets the same open files back. An epoll set keeps watching an open file
 * whose number belongs to another one by now: watches are removed first and made anew each time.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include "suspend.h"

#define MOST 1024
#define MOST_PATHS 65536
#define CREATION_MODE 0600
#define NONE (-1)

struct stand_in {
    int fd;
    int flags;        /* O_CLOEXEC or 0 */
    int standard;     /* the standard stream whose place it takes, or NONE */
    const char *path; /* of a file that is opened again, or NULL */
    long how, position;
    int unchecked;  /* it may have changed */
    int is_missing; /* in the restored process, which creates it then */
    struct stat stat;
};

/* Static: the restored process goes on with it. */
static struct {
    struct stand_in all[MOST];
    size_t count;
    char paths[MOST_PATHS];
    size_t paths_used;
    const char *blamed;
} list;

static const struct stand_in *find(uint32_t fd)
{
    for (size_t i = 0; i < list.count; i++)
        if ((uint32_t)list.all[i].fd == fd)
            return &list.all[i];
    return NULL;
}

/* The standard stream that is open on the same terminal, or NONE. */
static int standard_like(int fd)
{
    struct stat own, other;

    if (fd <= 2)
        return fd;
    if (sys(SYS_fstat, fd, &own) != 0 || !S_ISCHR(own.st_mode))
        return NONE;
    for (int standard = 0; standard <= 2; standard++)
        if (sys(SYS_fstat, standard, &other) == 0 && S_ISCHR(other.st_mode) &&
            own.st_rdev == other.st_rdev && own.st_ino == other.st_ino)
            return standard;
    return NONE;
}

static long add(int fd)
{
    long flags = sys(SYS_fcntl, fd, F_GETFD);

    if (sys_failed(flags) || find((uint32_t)fd))
        return 0;
    if (list.count == MOST)
        return -EMFILE;
    list.all[list.count++] = (struct stand_in){
        .fd = fd, .flags = flags & FD_CLOEXEC ? O_CLOEXEC : 0, .standard = standard_like(fd)};
    return 0;
}

static int is_among(const uint32_t *fds, uint32_t count, int fd)
{
    for (uint32_t i = 0; i < count; i++)
        if (fds[i] == (uint32_t)fd)
            return 1;
    return 0;
}

/* The path of a descriptor, kept in the list, or NULL when there is no room. */
static const char *keep_path(int fd)
{
    char link_buffer[64], *path = list.paths + list.paths_used;
    struct text link = TEXT_IN(link_buffer);
    size_t room = MOST_PATHS - list.paths_used;
    long length;

    text_add(&link, "/proc/self/fd/");
    text_add_number(&link, (uint64_t)fd);
    length = sys(SYS_readlink, link.start, path, room);
    if (length <= 0 || (size_t)length >= room)
        return NULL;
    path[length] = 0;
    list.paths_used += (size_t)length + 1;
    return path;
}

/* A file that is opened again. What is no file with a name is CRIU's affair. */
static long add_file(const struct crac_request *request, int fd)
{
    struct stat stat;
    long failed;

    if (sys(SYS_fstat, fd, &stat) != 0 || !S_ISREG(stat.st_mode) || stat.st_nlink == 0 ||
        find((uint32_t)fd))
        return 0;
    failed = add(fd);
    if (failed)
        return failed;
    struct stand_in *place = &list.all[list.count - 1];
    place->path = keep_path(fd);
    place->how = sys(SYS_fcntl, fd, F_GETFL);
    place->position = sys(SYS_lseek, fd, 0, SEEK_CUR);
    place->unchecked = is_among(request->unchecked, request->unchecked_count, fd);
    place->stat = stat;
    return place->path ? 0 : -ENAMETOOLONG;
}

long stand_ins_list(const struct crac_request *request)
{
    long failed = 0;

    list.count = list.paths_used = 0;
    for (int fd = 0; fd <= 2; fd++)
        failed = failed ? failed : add(fd);
    for (size_t i = 0; i < request->placeholder_count; i++)
        failed = failed ? failed : add((int)request->placeholders[i]);
    for (size_t i = 0; i < request->closed_count; i++)
        failed = failed ? failed : add((int)request->closed[i]);
    for (size_t i = 0; i < request->reopened_count; i++)
        failed = failed ? failed : add_file(request, (int)request->reopened[i]);
    return failed;
}

/* Has the epoll sets watch, or no longer watch, what lies at a number now. What cannot be watched
 * is not. */
static void watch(const struct workspace *w, int fd, int operation)
{
    const struct crac_epoll *all = (const struct crac_epoll *)w->save.epolls.start;
    size_t count = w->save.epolls.used / sizeof *all;

    for (size_t i = 0; i < count; i++) {
        struct epoll_event event = {.events = all[i].events, .data.u64 = all[i].data};
        if (all[i].target_fd == (uint32_t)fd)
            sys(SYS_epoll_ctl, all[i].epoll_fd, operation, fd, &event);
    }
}

/* Puts an open file, which is closed under its own number, at that of a stand-in. */
static long put(const struct workspace *w, const struct stand_in *place, long made)
{
    long got;

    if (sys_failed(made))
        return made;
    watch(w, place->fd, EPOLL_CTL_DEL);
    got = sys(SYS_dup3, made, place->fd, place->flags);
    sys(SYS_close, made);
    if (sys_failed(got))
        return got;
    watch(w, place->fd, EPOLL_CTL_ADD);
    return 0;
}

static long ended_pipe(void)
{
    int ends[2];
    long failed = sys(SYS_pipe2, ends, O_CLOEXEC | O_NONBLOCK);

    if (failed)
        return failed;
    sys(SYS_close, ends[1]);
    return ends[0];
}

long stand_ins_lay(const struct workspace *w)
{
    long failed = 0;

    for (size_t i = 0; i < list.count && !failed; i++) {
        const struct stand_in *place = &list.all[i];
        failed = put(w, place,
                     place->standard == NONE ? ended_pipe()
                                             : sys(SYS_open, "/dev/null", O_RDWR | O_CLOEXEC));
    }
    return failed;
}

long stand_ins_take_back(const struct workspace *w, long keeper)
{
    long failed = 0;

    for (size_t i = 0; i < list.count && !failed; i++)
        failed = put(w, &list.all[i], sys(SYS_pidfd_getfd, keeper, list.all[i].fd, 0));
    return failed;
}

/* Whether a file is another than it was; one for appending may be. */
static int has_changed(const struct stand_in *place, long fd)
{
    struct stat now;

    if (place->unchecked || place->how & O_APPEND)
        return 0;
    return sys(SYS_fstat, fd, &now) != 0 || now.st_size != place->stat.st_size ||
           now.st_mtim.tv_sec != place->stat.st_mtim.tv_sec ||
           now.st_mtim.tv_nsec != place->stat.st_mtim.tv_nsec;
}

/* Opens a file again at its position: its number, or a negated errno. One that was missing is
 * created. */
static long open_again(const struct stand_in *place)
{
    long flags = place->how | O_CLOEXEC | (place->is_missing ? O_CREAT : 0),
         fd = sys(SYS_open, place->path, flags, CREATION_MODE);

    if (sys_failed(fd))
        return fd;
    if (has_changed(place, fd)) {
        sys(SYS_close, fd);
        return -ESTALE;
    }
    sys(SYS_lseek, fd, place->position, SEEK_SET);
    return fd;
}

/* Puts what belongs there in the place of a stand-in: 0, or a negated errno. */
static long take_over(const struct workspace *w, struct stand_in *place, long restorer)
{
    long fd;

    if (place->standard != NONE)
        return put(w, place, sys(SYS_pidfd_getfd, restorer, place->standard, 0));
    if (!place->path)
        return 0;
    fd = open_again(place);
    if (fd == -ENOENT && place->how & O_APPEND && !place->is_missing) {
        place->is_missing = 1;
        return 0;
    }
    return put(w, place, fd);
}

/* What was rotated away is created at the end, for it stays where the restore fails. */
long stand_ins_take_over(const struct workspace *w, long restorer)
{
    long failed = 0;

    list.blamed = NULL;
    for (int creates = 0; creates < 2; creates++) {
        for (size_t i = 0; i < list.count && !failed; i++) {
            struct stand_in *place = &list.all[i];
            if (!creates || place->is_missing)
                failed = take_over(w, place, restorer);
            if (failed)
                list.blamed = place->path;
        }
    }
    return failed;
}

const char *stand_ins_blamed(void)
{
    return list.blamed;
}

void stand_ins_close_others(int kept)
{
    uint32_t from = 0;

    /* Ascending: each round closes up to the next number that is kept. */
    for (;;) {
        uint32_t next = (uint32_t)kept >= from ? (uint32_t)kept : ~0u;
        for (size_t i = 0; i < list.count; i++)
            if ((uint32_t)list.all[i].fd >= from && (uint32_t)list.all[i].fd < next)
                next = (uint32_t)list.all[i].fd;
        if (next > from)
            sys(SYS_close_range, from, next == ~0u ? next : next - 1, 0);
        if (next == ~0u)
            return;
        from = next + 1;
    }
}
