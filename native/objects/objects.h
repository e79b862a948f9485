/*
 * Kernel objects behind file descriptors: each kind has one file with its save and its restore,
 * reached through one table.
 *
 * Both directions use raw system calls and caller's memory only. `save` runs in the agent while all
 * other threads are stopped; it changes nothing. `restore` runs in the launcher after everything
 * was validated.
 */
#ifndef CRAC_OBJECTS_H
#define CRAC_OBJECTS_H

#include <stddef.h>
#include <stdint.h>
#include "../image/image.h"
#include "../image/text.h"

/* A growing table in memory that the caller owns and never moves. */
struct crac_pool {
    uint8_t *start;
    size_t used, capacity; /* bytes */
};

/* Appends `size` bytes (zeros if data is NULL): their offset, or -1 when the pool is full. */
int64_t pool_add(struct crac_pool *pool, const void *data, size_t size);
/* Appends a terminated text: its offset, or CRAC_NONE when the pool is full. */
uint32_t pool_text(struct crac_pool *pool, const char *text);

/* What can't be carried over, and why. */
struct crac_problem {
    uint32_t fd;
    char target[256];  /* readlink of /proc/self/fd/N */
    char message[256]; /* one sentence */
};

/* Everything that saving descriptors reads and writes. The caller owns all memory. */
struct crac_save {
    struct crac_pool fds;     /* struct crac_fd[] */
    struct crac_pool epolls;  /* struct crac_epoll[] */
    struct crac_pool strings; /* text */
    struct crac_pool bytes;
    uint32_t environment_port; /* value of PORT in the environment, or 0 */
    uint32_t needs;            /* CRAC_NEEDS_* collected */
    uint32_t *ring_inodes;     /* inode number of each saved CRAC_FD_URING, parallel to ring_fds;
                                  capacity 64 */
    uint32_t *ring_fds;
    uint32_t ring_count;
    const uint32_t *placeholders; /* descriptors that become /dev/null */
    uint32_t placeholder_count;
    const uint32_t *reopened; /* files that a policy wants to have opened again */
    uint32_t reopened_count;
    const uint32_t *unchecked; /* those of them that may have changed since */
    uint32_t unchecked_count;
    const uint32_t *closed; /* what a policy closes */
    uint32_t closed_count;
    const uint32_t *hidden; /* the agent's own temporary descriptors: not saved at all */
    uint32_t hidden_count;
    char *scratch; /* for /proc files */
    size_t scratch_size;
    struct crac_problem *problems; /* capacity 64; more are counted only */
    uint32_t problem_count;
    int busy; /* set when an object is in a passing state (entries queued on a ring): try again a
                 moment later */
};

/*
 * Saves all open descriptors of this process into `save`. Returns 0, or a negated errno when /proc
 * can't be read. Objects that can't travel become problems (the caller refuses the checkpoint if
 * there are any).
 */
int objects_save(struct crac_save *save);

/* A descriptor as described to JavaScript: kind and addresses as in src/binding/binding.ts. */
struct crac_description {
    uint32_t fd;
    int travels;
    const char *kind; /* one of DESCRIPTOR_KINDS */
    char target[512];
    const char *protocol; /* NULL unless a socket */
    char local[160], remote[160];
};
/* Numbers of all open descriptors but the one that lists them, ascending: how many were put into
 * `fds`. */
size_t objects_list(uint32_t *fds, size_t capacity);
/* Describes one open descriptor. Returns 0, or a negated errno when it is closed by now. Never
 * blocks. */
int objects_describe(uint32_t fd, struct crac_description *out);

/* A place where a server listens. */
struct crac_place {
    uint32_t family; /* AF_INET, AF_INET6, or AF_UNSPEC: whatever the host is */
    uint16_t port;
    uint8_t host[16];
    const char *path; /* of a UNIX socket, else NULL */
};

/* A server at `from` shall listen at `to`. */
struct crac_listen_rule {
    struct crac_place from, to;
    const char *old, *new; /* as they were given */
    int used;
};

#define CRAC_MOST_LISTEN_RULES 16

/* What becomes of the servers of an image. */
struct crac_listening {
    struct crac_listen_rule rules[CRAC_MOST_LISTEN_RULES];
    size_t count;
    int reuse_port;            /* several processes share the ports */
    uint16_t environment_port; /* value of PORT in the restorer's environment, or 0 */
};

/* Applies to all restores from here on; owned by the caller, who finds `used` set. */
void listeners_redirect(struct crac_listening *wanted);

/* Restoring: validated tables of an image. */
struct crac_restore_failure {
    uint32_t fd;
    long error;        /* negated errno */
    const char *what;  /* "bind", "io_uring_setup", ... */
    char subject[160]; /* "tcp 127.0.0.1:3000" */
};

/*
 * Creates every descriptor of the table at its number. `spare` is a descriptor number above all
 * numbers of the table and above every descriptor that the launcher still uses. Descriptors of the
 * launcher that the table's numbers hit are the caller's to move away first. Returns 0; 1 when
 * files have yet to be created, which objects_create() does; or -1 with `failure` filled.
 */
int objects_restore(const struct crac_fd *fds, size_t count, const struct crac_epoll *epolls,
                    size_t epoll_count, const char *strings, const uint8_t *bytes, int spare,
                    struct crac_restore_failure *failure);

/*
 * Creates the files that were missing, with their duplicates: 0, or -1 with `failure` filled. They
 * stay where the process does not come to be after all, so all that can fail has to be done before.
 */
int objects_create(const struct crac_fd *fds, size_t count, const char *strings,
                   const uint8_t *bytes, int spare, struct crac_restore_failure *failure);

/*
 * Completes a fresh mapping of a ring: writes the submission array of a ring that has one.
 * `mapping` is writable and long enough (crac_check() saw to that); `file_offset` is that of the
 * mapping, `fd` the record of the ring.
 */
void uring_prepare_mapping(void *mapping, uint64_t file_offset, const struct crac_fd *fd);

/* Address of a socket as text: "127.0.0.1:3000", "[::1]:3000", "/run/x.sock", "@abstract". */
void socket_address_text(const void *address, size_t size, char *out, size_t capacity);

#endif
