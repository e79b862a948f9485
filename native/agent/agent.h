/*
 * The agent: a Node-API addon that writes the process it lives in to disk, and wakes up in the
 * restored one.
 *
 *   module.c      JavaScript face: unwraps arguments, calls crac_*, wraps results (module.h)
 *   checkpoint.c  the story: stop, collect, write, exit or go on; or: woken up by a restore
 *   suspend.c     the same story where another program writes the process: CRIU
 *   stand-ins.c   what lies in the places of descriptors that such an image must not hold
 *   keeper.c      the process that starts that program
 *   world.c       stopping and releasing all other threads
 *   thread.c      what a thread must record of itself
 *   reserve.c     the address range that launcher, heads and workspace use
 *   hints.c       what only smaps tells about mappings
 *   maps.c        mappings -> struct crac_vma
 *   guards.c      pages on which every access fails, which no list of mappings shows
 *   pages.c       pages -> struct crac_run
 *   process.c     identity of the process: stat, auxv, cwd, children, timers
 *   files.c       identities of mapped files
 *   error.c       why a step failed
 *   notes.c       notes for debuggers
 *   head.c        the head of the core file in memory
 *   write.c       the core file on disk
 *   loop.c        handles of the event loop, listeners that must not accept
 *   conceal.c     secrets, which stay out of the image
 *   owners.c      locked mutexes that know their owner by its number
 *   watchers.c    watchers of files, which are made anew
 *   writer.c      a child that writes while the process goes on
 *   generators.c  V8's generators behind Math.random()
 *   v8-layout.c   learning where V8 keeps them
 *   v8-learn.c    the part of it that runs JavaScript
 *   v8-random.c   V8's arithmetic of random numbers
 *   origin.c      the image that this process came from
 *   environment.c what the restore changes in the process's environment
 *   resume.c      the first steps in the restored process
 *   heap.c        V8's heap: its limit, its free memory
 *   flags.c       flags of V8 that are set later
 *   gather.c      putting the pages of V8's heap next to each other
 *   locale.c      locale and time zone, which ICU and V8 remember
 *   random.c      the generator that OpenSSL asks, and pools of random bytes (random.h)
 *   renew.c       new random numbers in a process that somebody else has copied
 *   events.c      events of the kernel's devices (events.h)
 *   passing.c     sockets over which descriptors are passed
 *   counter.c     counters of generations that are mapped
 *   mapped.c      pages that are mapped from the image must read as zero once discarded
 *
 * While the world is stopped another thread may hold any lock, so nothing but raw system calls and
 * the workspace is used: no malloc, no stdio, no libc. The workspace lies in the launcher's
 * reserved range and is no part of the image. After context_save() returned 1 it does not exist:
 * the restored path reads only static data and the mapped head.
 */
#ifndef CRAC_AGENT_H
#define CRAC_AGENT_H

#include <stddef.h>
#include <stdint.h>
#include "../arch/x86_64/syscall.h"
#include "../image/image.h"
#include "../image/text.h"
#include "../objects/objects.h"

#define CRAC_MUST_CHECK __attribute__((warn_unused_result))

#define CRAC_MAX_THREADS 4096
#define CRAC_MAX_VMAS 65536
#define CRAC_MAX_RUNS 60000 /* below ELF's limit of 65535 program headers */
#define CRAC_MAX_FILES 4096
#define CRAC_MAX_FDS 65536
#define CRAC_MAX_OWNERS 512
#define CRAC_MAX_GENERATORS 131072
#define CRAC_MAX_PROBLEMS 64
#define CRAC_MAX_SECRETS (1u << 20) /* bytes of all together */

/* Why a step failed. Callees fill it and return -1; the message is one sentence. */
struct crac_error {
    const char *phase; /* static text */
    long error;        /* errno, or 0 */
    char message[1024];
};

/* error.c: fills an error: "<what> <subject>: <text of errno>". Returns -1 for `return
 * error_set(...)`. */
int error_set(struct crac_error *error, const char *phase, long negated_errno, const char *what,
              const char *subject);

/* Memory whose content stays out of the image. */
struct secret {
    uint8_t *bytes;
    size_t size;
};

/* What JavaScript asks for. Texts are owned by the caller and outlive the call. */
struct crac_request {
    const uint8_t *id; /* 16 bytes */
    const char *directory;
    const char *manifest;
    size_t manifest_size;
    const char *tags, *score; /* texts of the files of these names; `tags` is in the head, too */
    size_t tags_size, score_size;
    uint32_t cpu_limit[CRAC_CPU_WORDS]; /* features of the processor that the image may rely on */
    int keep_running;
    int verify;
    const uint32_t *placeholders;
    size_t placeholder_count;
    const struct secret *secrets; /* together at most CRAC_MAX_SECRETS bytes */
    size_t secret_count;
    const uint32_t *reopened, *unchecked, *closed; /* as in struct crac_save */
    uint32_t reopened_count, unchecked_count, closed_count;
    uint64_t stop_timeout;     /* ns */
    uint32_t clock_policy;     /* enum crac_clock_policy of its restores */
    uint32_t environment_port; /* value of PORT in the environment, or 0 */
    const char *fault;         /* name of the point at which the process shall kill itself, or "" */
};

enum crac_status { CRAC_FAILED = -1, CRAC_RESTORED = 1, CRAC_WRITING = 2 };

/* How a checkpoint ended. */
struct crac_result {
    enum crac_status status;
    int writer;           /* pid of the writing child */
    uint64_t pause;       /* ns for which the threads were stopped */
    uint64_t restored_at; /* CLOCK_MONOTONIC, ns, when the restored process was whole again */
    struct crac_error error;
    struct crac_problem problems[CRAC_MAX_PROBLEMS];
    uint32_t problem_count;
};

/* Flags and key of a range as smaps tells them. */
struct hint {
    uint64_t start, end;
    uint32_t flags; /* CRAC_VMA_* */
    uint32_t pkey;
};

/* A mapping as /proc/self/maps tells it, on its way to a VMA. */
struct piece {
    uint64_t start, end;
    uint32_t vma;   /* index of the VMA that holds it */
    uint32_t whole; /* every page belongs into the image, whatever pagemap says */
};

/* Files of /proc in which guard pages show; open while mappings are collected. */
struct guards {
    long pagemap, memory; /* negated errno: not open */
};

/* A stopped thread. */
struct stopped {
    struct crac_thread record;
    const void *context; /* ucontext_t on its stack, NULL for the main thread */
    uint32_t ready;
    uint64_t isolate; /* of V8, that runs on it, or 0 */
};

/* Whether mutexes may be locked while memory is written. */
enum locks { LOCKS_UNKNOWN, LOCKS_NONE, LOCKS_SOME };

/* Everything that one checkpoint knows. Lies at the start of the workspace; pools and tables behind
 * it. */
struct workspace {
    const struct crac_request *request;
    struct crac_image image;
    struct crac_cpu cpu;
    struct stopped *stopped; /* [0] is the main thread */
    struct crac_thread *threads;
    struct hint *hints;
    struct piece *pieces;
    struct guards guards;
    struct crac_vma *vmas;
    struct crac_run *runs;
    struct crac_generator *generators;
    struct crac_file *files;
    uint64_t (*file_ids)[2]; /* device and inode of each file */
    struct crac_save save;
    struct crac_sigaction signals[64];
    struct crac_owner owners[CRAC_MAX_OWNERS];
    struct crac_clock clock;
    struct crac_pools pools;
    uint8_t auxv[2048];
    uint8_t *buffer; /* buffer_size bytes, page aligned */
    size_t buffer_size;
    uint8_t *concealed; /* CRAC_MAX_SECRETS bytes */
    size_t thread_count, hint_count, piece_count, vma_count, run_count, file_count, auxv_size,
        owner_count, generator_count;
    uint64_t stopped_at;   /* clock_ns() at the last stop */
    int generators_moving; /* the last attempt ended because of V8's generators */
    enum locks locks;
    char comm[16];
};

/* The workspace has a fixed address, so no static variable changes while memory is written. */
#define WORKSPACE ((struct workspace *)CRAC_RESERVED_START)

/* reserve.c: takes the reserved range when the agent is loaded. 0, or -1 when it is occupied. */
CRAC_MUST_CHECK int reserve_range(void);
/* Makes the workspace usable and empties it. 0, or a negated errno. */
CRAC_MUST_CHECK long workspace_open(void);
/* Gives the workspace's memory back. */
void workspace_close(void);
/* Makes `size` bytes at a head's place usable; gives them back. */
CRAC_MUST_CHECK long head_open(uint64_t address, uint64_t size);
void head_close(uint64_t address);

/* world.c */
/* CLOCK_MONOTONIC in nanoseconds, for deadlines. */
uint64_t clock_ns(void);
CRAC_MUST_CHECK int world_stop(struct workspace *w, struct crac_error *error);
void world_release(void);
/* Before memory is written: how many threads, the main thread included, a restored process will see
 * arrive. */
void world_expect(uint32_t count);
/* In the process that was checkpointed and goes on: nobody will arrive. */
void world_expect_nobody(void);
/* In the restored process, on each thread once it has left the launcher's code. The last one unmaps
 * the launcher. */
void world_arrive(void);
/* Waits until all have arrived; at once in a process that was not restored. */
void world_wait_whole(void);

/* heap.c: lowers the limit of V8's heap in this thread, as far as what lives on it allows. */
void heap_limit(size_t bytes);
/*
 * Has V8 collect all garbage, shrink the young generation and give free pages back, as an embedder
 * does when the system is short of memory.
 */
void heap_trim(void);

/* flags.c */
#define FLAGS_SIZE 128
/* Sets flags of V8, of fewer than FLAGS_SIZE bytes, once the process has computed for so long. */
void flags_later(const char *flags, int64_t nanoseconds);
/* Takes that back, unless it has been done; may be called at any time. */
void flags_never(void);

/* gather.c: from here on new pages of V8's heap come to lie next to each other; nothing happens in
 * a process whose address space is limited, or that has very many mappings. */
void gather_begin(void);
/* Ends that; may be called at any time. */
void gather_end(void);

/* locale.c: the default locale of the process, by ICU's name. */
void locale_set(const char *name);
/* Has V8 in this thread forget the default locale, or the time zone. */
void locale_changed(void);
void time_zone_changed(void);

/* conceal.c: takes the content of secrets away while memory is written, and brings it back. */
void conceal(struct workspace *w);
void reveal(struct workspace *w);

/* owners.c: looks libc's functions up, when the agent is loaded. */
void owners_prepare(void);
/* Whether a stopped thread is in the middle of locking or unlocking a mutex. */
int owners_in_motion(const struct workspace *w);
/* Finds mutexes in a stretch of memory of `vma` at `address`, of which `data` is a view.
 */
void owners_search(struct workspace *w, const struct crac_vma *vma, const void *data,
                   uint64_t address, uint64_t size);
/* In the restored process, before any thread goes on: has mutexes that were locked belong to the
 * threads that had locked them. `head` is the image's. */
void owners_adopt(uint64_t head);

/* generators.c: finds V8's generators, if it was learned where they are. 0; 1 to try again, because
 * something is in motion; or -1. */
CRAC_MUST_CHECK int generators_collect(struct workspace *w, struct crac_error *error);
/* In the restored process: gives those of its image, whose head this is, new states. 0, or -1. */
CRAC_MUST_CHECK int generators_renew(uint64_t head);
/* The same for a list. */
CRAC_MUST_CHECK int generators_renew_all(const struct crac_generator *generators, size_t count);

/* thread.c: fills everything but the registers that context_save() stores. */
void thread_record(struct crac_thread *thread);
int context_save(struct crac_thread *thread) __attribute__((returns_twice));
void context_sigreturn(void);
/* Address of the instruction at which a stopped thread was interrupted; 0 for the main thread. */
uint64_t thread_instruction(const struct stopped *thread);
/* Whether a stopped thread was waiting in a system call. */
int thread_is_blocked(const struct stopped *thread);
/* Whether all stopped threads but the main one were, as those of an idle process are. */
int threads_all_blocked(const struct workspace *w);

/* hints.c: reads smaps, before the world is stopped and again where something changed. */
CRAC_MUST_CHECK int hints_read(struct workspace *w, struct crac_error *error);
/* Flags and key of a mapping: 0, or -1 when no hint covers it. */
int hints_find(const struct workspace *w, uint64_t start, uint64_t end, uint32_t *flags,
               uint32_t *pkey);

/* guards.c */
/* Opens both files: 0, or a negated errno; they are to be closed in either case. */
long guards_open(struct guards *guards);
void guards_close(struct guards *guards);
/* The first stretch of guard pages in [start, end): whether there is one. */
int guards_find(const struct guards *guards, uint64_t start, uint64_t end, uint64_t found[2]);

/* maps.c, pages.c, process.c, files.c */
CRAC_MUST_CHECK int maps_collect(struct workspace *w, struct crac_error *error);
CRAC_MUST_CHECK int pages_collect(struct workspace *w, struct crac_error *error);
int page_is_zero(const uint64_t *page);
CRAC_MUST_CHECK int process_collect(struct workspace *w, struct crac_error *error);
uint32_t files_add(struct workspace *w, const char *path, uint64_t device, uint64_t inode);
CRAC_MUST_CHECK int files_identify(struct workspace *w, struct crac_error *error);
/* Below this address the main thread's stack holds nothing but the frames of the checkpoint itself.
 */
uint64_t stack_floor(const struct workspace *w);
/* Whether the main process may read its pages with PAGEMAP_SCAN. */
int pages_can_scan(void);
/* Protection keys that this process has allocated, bit n for key n. */
uint32_t process_pkeys(void);
void problem_add(struct workspace *w, uint32_t fd, const char *target, const char *message);

/* notes.c: appends the debuggers' notes at `out`; returns the bytes used (counts only when out is
 * NULL). */
size_t notes_standard(const struct workspace *w, uint8_t *out);
/* head.c: lays the head out at image.head_address, all but the checksums. 0, or -1. */
CRAC_MUST_CHECK int head_build(struct workspace *w, struct crac_error *error);
/* Puts the runs' checksums and the head's own into the head. */
void head_seal(struct workspace *w);

/* write.c: the whole core file and its commit. */
CRAC_MUST_CHECK int image_write(struct workspace *w, struct crac_error *error);
/* Kills this process if the request names this point. */
void fault_point(const struct workspace *w, const char *point);

/* writer.c */
CRAC_MUST_CHECK int writer_start(struct workspace *w, int *pid, struct crac_error *error);
/* 1: still writing, 0: done, -1: failed with `error` filled. */
int writer_poll(int pid, struct crac_error *error);

/* renew.c: gives the random numbers of this process, of which others may be copies, new beginnings.
 * 0, or -1. */
CRAC_MUST_CHECK int crac_renew(uint64_t stop_timeout, struct crac_error *error);

/* checkpoint.c */
/* Stops the world and collects, again and again while something is in a passing state; what
 * `collect_rest` returns, which is asked last, says so as well: 0, 1 to try again, or -1. */
CRAC_MUST_CHECK int world_collect(struct workspace *w,
                                  int (*collect_rest)(struct workspace *, struct crac_error *),
                                  struct crac_error *error);
void crac_checkpoint(const struct crac_request *request, struct crac_result *result);

/* origin.c: what this process knows of the image that it came from. */
struct origin {
    uint32_t restored;                  /* whether it came from an image at all */
    uint64_t head_address;              /* its head, mapped */
    uint64_t image_device, image_inode; /* its core file, as /proc/self/maps shows it */
};
extern struct origin origin;
/* Remembers where the restored process will find its head. */
void resume_expect(uint64_t head_address);
/* The head that resume_expect() named. */
uint64_t resume_head(void);
/* Brings the restored process to the state that its threads expect. */
void resume_process(void);
/* Unmaps the launcher, once nobody runs in it any more. */
void resume_unmap_launcher(void);
/* The content of a vendor note in a head that was validated, or NULL; its size in *size. */
const void *note_in(uint64_t head, uint32_t type, uint64_t *size);
const struct crac_handoff *origin_handoff(void);
/* The content of one of its vendor notes, or NULL; its size in *size. */
const void *origin_note(uint32_t type, uint64_t *size);
const struct crac_image *origin_image(void);
/* The place for a head that is not taken by that of the image. */
uint64_t origin_free_head(void);
/* The working directory of the checkpoint. */
const char *origin_cwd(void);
/* The BYTES note of that image. */
const uint8_t *origin_bytes(void);

/* patch.c */
/* A fresh writable page within reach of a 32-bit jump from `address`, or a negated errno. */
long patch_page_near(uint64_t address);
/* A five-byte instruction, and where a jump in its place leads. */
struct patch {
    uint8_t *code;
    uint64_t target;
};
/* Turns all of them into jumps, which lie in one mapping. 0, or a negated errno. */
CRAC_MUST_CHECK long patch_jumps(const struct patch *patches, size_t count);
/* The same for one. */
CRAC_MUST_CHECK long patch_jump(uint8_t *code, uint64_t target);

/* clock.c */
/* Looks libc's waits up, once. 0, or -1 when they are not where they are known to be. */
int clock_prepare(void);
/* Reads the clocks, while the world is stopped. */
void clock_collect(struct workspace *w);
/* Whether a thread at this instruction is counting time in both clocks. */
int clock_in_motion(uint64_t instruction);
/* Makes this restored process's clock the one that it knows. 0, or a negated errno. */
CRAC_MUST_CHECK long clock_start(void);
/* In the restored process, on each thread, with the context in which it was stopped: lets a wait
 * that was about to begin take the way of the others. `head` is the image's. */
void clock_redirect(uint64_t head, void *context);

/* mapped.c */
/* Looks libc's system calls up; 0, or -1 when they can't be intercepted. Called when the agent is
 * loaded. */
int mapped_prepare(void);
/* Whether the interception is possible in this process. */
int mapped_possible(void);
/* Starts to intercept, in the restored process. 0, or a negated errno. */
CRAC_MUST_CHECK long mapped_start(void);
/* The pages were copied: the entries, installed in an earlier life, have nothing to do. */
void mapped_stop(void);

/* loop.c: counts handles that stand for files as such that keep the process alive, and takes it
 * back.
 */
struct loop_handles;
struct loop_handles *loop_reference(void *loop);
void loop_unreference(struct loop_handles *all);

/* loop.c: requests that have not ended: work on the thread pool, of addons too, and writes. */
uint32_t loop_requests(const void *loop);

/* loop.c: listeners of the loop accept nothing until they are resumed, which NULL does for all
 * loops; resuming twice is harmless. */
void loop_pause_listeners(void *loop, const uint32_t *fds, uint32_t count);
void loop_resume_listeners(void *loop);

/* environment.c */
/* Whether the restore brought a variable of this name and, unless that is NULL, value. */
int environment_says(const struct crac_handoff *handoff, const char *name, const char *value);
/* Whether the restore brought the same variable of this name as the process has, or both none. */
int environment_keeps(const struct crac_handoff *handoff, const char *name);
/* Whether environment_adopt() has something to do. Needs no libc. */
int environment_differs(const struct crac_handoff *handoff);
/* What Node must be told of a changed environment. */
#define ENVIRONMENT_TIME_ZONE 1
#define ENVIRONMENT_LOCALE 2
/* Makes the environment what the restore says; returns the above. Only while all threads run. */
int environment_adopt(const struct crac_handoff *handoff);

/* watchers.c: removes the watchers of a loop (their number), and makes those that still exist anew;
 * `error` is a negated errno. */
size_t watchers_stop(void *loop);
void watchers_start(void *loop, void (*failed)(void *argument, const char *path, int error),
                    void *argument);

#endif
