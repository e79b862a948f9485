/*
 * What the files of the kernel objects share: a descriptor as the kernel shows it, the table of
 * operations that every kind fills, and small helpers. Private to objects/.
 */
#ifndef CRAC_KINDS_H
#define CRAC_KINDS_H

#include <sys/stat.h>
#include "objects.h"

/* One open descriptor as the kernel shows it. */
struct object_view {
    uint32_t fd;
    uint32_t flags; /* of F_GETFL */
    uint32_t close_on_exec;
    struct stat stat;
    char target[512]; /* readlink of /proc/self/fd/N, possibly cut */
};

/* What saving needs besides the caller's tables. */
struct object_saving {
    struct crac_save *save;
    char *info; /* room for one /proc file */
    size_t info_size;
};

/* What restoring needs. */
struct object_restoring {
    const struct crac_fd *fds;
    size_t count;
    const char *strings;
    const uint8_t *bytes;
    int spare;
    struct crac_restore_failure *failure;
    int creates; /* files that are missing */
};

/* Result of a save() besides 0 and a negated errno: it can't travel, and `why` says so. */
#define OBJECT_REFUSED 1

/* Result of a restore() besides 0 and -1: it waits for a file that has to be created. */
#define OBJECT_MISSING 1

/*
 * One kind of kernel object. `matches` decides alone from a view; the first kind in the table that
 * matches is the one. A kind with refuses == NULL and save == NULL never travels; `noun` names it
 * in the sentence that says so.
 */
struct object_kind {
    uint32_t kind;      /* CRAC_FD_*, or 0 for what never travels */
    const char *name;   /* one of DESCRIPTOR_KINDS in src/binding/binding.ts */
    const char *noun;   /* "a timer (timerfd)": for what never travels */
    const char *target; /* beginning of the target, where matches is NULL */
    int (*matches)(const struct object_view *view);
    /* Whether it can't travel, with the sentence in `why`. NULL: it always can. */
    int (*refuses)(const struct object_view *view, struct text *why);
    /* A number that only duplicates share, 0 when the kernel tells none. NULL: duplicates are not
     * looked for. */
    uint32_t (*identity)(const struct object_view *view);
    /* Completes `record`. 0, OBJECT_REFUSED with `why` filled, or a negated errno. NULL: nothing to
     * add. */
    long (*save)(struct object_saving *saving, const struct object_view *view,
                 struct crac_fd *record, struct text *why);
    /* Creates it at its number: 0, OBJECT_MISSING, or -1 with the failure filled. */
    int (*restore)(const struct object_restoring *restoring, const struct crac_fd *record);
};

extern const struct object_kind object_stdio, object_placeholder, object_alias, object_duplicate,
    object_device, object_eventfd, object_epoll, object_uring, object_pipe, object_inotify,
    object_listener, object_socketpair, object_socket, object_path, object_file, object_closed;
/* What never travels, ended by a kind without a name; the last one matches everything. */
extern const struct object_kind object_refused[];

/* A walk over the open descriptors of this process, without the one that the walk itself needs. */
struct object_listing {
    long directory;
    long size, at; /* bytes */
    _Alignas(8) char buffer[2048];
};

/* view.c: 0, or a negated errno. Close only what could be opened. */
long listing_open(struct object_listing *listing);
/* The next number, ascending: 1, 0 at the end, or a negated errno. */
long listing_next(struct object_listing *listing, uint32_t *fd);
void listing_close(struct object_listing *listing);

/* view.c: 0, or a negated errno when the descriptor is closed. */
long view_open(uint32_t fd, struct object_view *view);
/* Whether both descriptors share one open file: 1, 0, or -1 when the kernel doesn't tell. */
int view_shares_file(uint32_t a, uint32_t b);
/* Reads /proc/self/fdinfo/N: its length or a negated errno; what does not fit is cut with -EFBIG.
 * Always terminated. */
long view_info(uint32_t fd, char *buffer, size_t capacity);
/* How many lines of /proc/self/fdinfo/N begin with a text, or a negated errno. */
long view_count_lines(uint32_t fd, const char *beginning);
/* Value of the line "<name>\t<number>" in the text of fdinfo, 0x prefix allowed, or `otherwise`. */
int64_t info_field(const char *info, const char *name, unsigned base, int64_t otherwise);

/* restore.c: moves a fresh descriptor to the number of its record. */
int restore_place(const struct object_restoring *restoring, const struct crac_fd *record,
                  long made);
/* Moves two fresh descriptors above all numbers of the table, so that neither has the number that
 * the other one belongs to. */
int restore_lift(const struct object_restoring *restoring, const struct crac_fd *record,
                 const int low[2], long lifted[2]);
/* Moves a lifted end to the number of its record with its status flags, or closes it if there is
 * no record. */
int restore_end(const struct object_restoring *restoring, const struct crac_fd *record, long end);
/* Gives every descriptor of a record the status flags that F_SETFL can set. */
int restore_flags(const struct object_restoring *restoring, const struct crac_fd *record);
/* Fills the failure and returns -1. */
int restore_failed(const struct object_restoring *restoring, const struct crac_fd *record,
                   long error, const char *what, const char *subject);

/* redirect.c: what becomes of a listener that is about to be restored. */
void listener_redirect(struct crac_listener *listener);

/* epoll.c: drops registrations of descriptors that are not in the table. */
void epoll_drop_strangers(struct crac_save *save);
/* Registers everything, after all descriptors exist. */
int epoll_register(const struct object_restoring *restoring, const struct crac_epoll *epolls,
                   size_t count);

/* substitute.c: the descriptor stays as it is, unwatched. */
#define SUBSTITUTE_NONE 1
/* Replaces a restored descriptor that an epoll set refused by one that can be watched. 0,
 * SUBSTITUTE_NONE, or a negated errno: -EPERM for what can't be replaced, -EFBIG for a file as
 * standard input that no pipe can hold. */
long substitute(const struct crac_fd *record);

/* socket.c: fills protocol, local and remote address of a socket. */
void socket_describe(const struct object_view *view, struct crac_description *out);
/* An integer option of a socket, or `otherwise`. */
int socket_option(uint32_t fd, int level, int option, int otherwise);

/* What the kernel tells of a UNIX socket. */
struct unix_peer {
    uint32_t peer;     /* inode number of the other end, or 0 */
    uint32_t shutdown; /* 1: does not read any more, 2: does not write any more */
    int is_named;
};

/* unix-peer.c: asks by inode number. 0, or a negated errno where the kernel does not answer. */
long unix_peer_of(uint32_t inode, struct unix_peer *out);

/* The bits of O_ACCMODE. */
static inline uint32_t access_mode(uint32_t flags)
{
    return flags & 3;
}

#endif
