/*
 * The launcher: a freestanding executable that becomes the restored process.
 *
 *   main.c         the story: named phases only
 *   command.c      command line
 *   choose.c       several images: in which order they are tried
 *   image.c        finding, judging and mapping process.core
 *   verify.c       --verify: checksums of all pages
 *   labels.c       what the restorer requires of the image
 *   constraints.c  what the image needs of processor and kernel
 *   limits.c       what the image needs of resource limits
 *   files.c        mapped files: still there, still the same
 *   maps.c         this process's own mappings
 *   clock.c        the monotonic clock: where the process left it
 *   handoff.c      what the restored process is told
 *   descriptors.c  the launcher's own descriptors out of the way; then all of the image's
 *   vdso.c         the kernel's code page: moved to where the image's libc calls it
 *   vdso-bridge.c  another kernel's: old entry points lead into the new one
 *   memory.c       mappings and pages
 *   rings.c        mappings of io_uring, whose place the kernel chooses
 *   process.c      memory descriptor, signal actions, umask
 *   threads.c      threads, and the jump into the image
 *   start.c        --start: another command without inherited descriptors
 *   fail.c         one sentence and the exit status
 *
 * Layout of the launcher's part of the reserved range (see image.h). All else in the range is
 * PROT_NONE, all else in the address space is unmapped on the way:
 *
 *   CRAC_RESERVED_START     text, data, .bss with the stacks
 *   ...
 *   CRAC_LAUNCHER_END - n   vDSO on its way; stays there when it is another kernel's
 *   CRAC_LAUNCHER_END
 *
 * There is no libc, no heap and no thread-local storage. Everything lies in static memory, touched
 * by the main thread only; other threads only read it. No vector register is used, so that threads
 * enter the image with what the image says.
 */
#ifndef CRAC_LAUNCHER_H
#define CRAC_LAUNCHER_H

#include <stddef.h>
#include <stdint.h>
#include "../arch/x86_64/memory.h"
#include "../arch/x86_64/syscall.h"
#include "../image/check.h"
#include "../image/image.h"
#include "../image/text.h"
#include "../objects/objects.h"

#define CRAC_LAUNCHER_END (CRAC_RESERVED_START + CRAC_LAUNCHER_SIZE)
#define LOWEST_ADDRESS 0x10000ull /* vm.mmap_min_addr */

#define MOST_FILES 4096u
#define MOST_THREADS 4096u
#define MOST_VDSO_PARTS 8u
#define MOST_CANDIDATES 1024u
#define MOST_OPTIONS 256u

/* Exit statuses: sysexits.h, and 78 for a constraint that does not hold. */
enum status {
    STATUS_USAGE = 64,
    STATUS_DAMAGED = 65,
    STATUS_MISSING = 66,
    STATUS_REFUSED = 71,
    STATUS_FOREIGN = 77,
    STATUS_CONSTRAINT = 78
};

/* What the command line says. Points into the initial stack until the handoff has copied it. */
struct command {
    const char *self; /* how this program was called */
    const char *directory;
    char *directories[MOST_CANDIDATES]; /* all that were named */
    size_t directory_count;
    const char *score;                /* metric by which the best of them is tried first, or NULL */
    int newest, in_order;             /* the latest of them first; they are sorted already */
    const char *labels[MOST_OPTIONS]; /* that the image must have */
    size_t label_count;
    enum cpu_check { CPU_COMPATIBLE, CPU_EXACT, CPU_SKIP } cpu_check;
    char *options[MOST_OPTIONS]; /* words that are options or their values */
    size_t option_count;
    char **rest; /* "--" with what follows, or the words of the other command */
    int eager, trust_owner, cwd_image, verify;
    enum environment_policy { ENV_REPLACE, ENV_MERGE, ENV_IMAGE } env;
    int has_arguments;
    const char *policies;    /* the file that --descriptors was made from, or NULL */
    const char *descriptors; /* what its rules say of the image's files, or NULL */
    struct crac_listening listening;
    int clock_named; /* `clock` was given */
    enum crac_clock_policy clock;
    char **arguments; /* NULL-terminated */
    char **otherwise; /* command to run when this restore fails, NULL-terminated; empty if there is
                         none */
    uint64_t otherwise_count, argument_count;
    char **environment;
};

/* This kernel's vDSO: several mappings, the last of which is the text. */
struct vdso {
    struct vdso_part {
        uint64_t start, end;
    } parts[MOST_VDSO_PARTS];
    size_t count;
    uint64_t text, text_end; /* addresses of [vdso], where it is now */
};

/* All that the launcher knows. */
struct launch {
    /* Set at the start. */
    uint64_t started_monotonic, started_realtime;
    struct command command;

    /* Set when the image is opened. */
    int directory_fd, image_fd;
    struct crac_tables tables;
    char directory[4096]; /* absolute */
    int copy;             /* pages are copied, none is mapped */

    /* Set while constraints are checked. */
    int file_fds[MOST_FILES];
    uint64_t image_device, image_inode; /* as /proc/self/maps shows them */
    struct vdso vdso;
    uint64_t keep_start, keep_end; /* the vDSO when it must stay, or 0 */
    int spare_fd;                  /* above all descriptors in use */

    /* Set by clock.c. */
    int64_t clock_shift;           /* ns that the agent has to add, or 0 */
    uint64_t away, away_monotonic; /* ns since the checkpoint, as the process will see it */
};

/* main.c: makes way for another program: undoes what outlives an exec. */
void launch_abandon(void);

/* fail.c. From here a failure runs this command instead of ending the program; with NULL no more.
 */
void fail_otherwise(const struct command *command);
/* The texts end with NULL; the sentence gets "crac restore: " in front. */
_Noreturn void fail_with(enum status status, ...);
#define fail(...) fail_with(__VA_ARGS__, NULL)
/* After the point of no return: a system call refused. `where` is an address or a number. */
_Noreturn void fail_call(const char *call, uint64_t where, long error);
/* Texts of numbers for fail(), in a ring of static buffers. */
const char *decimal(uint64_t value);
const char *hexadecimal(uint64_t value);
/* Bytes as hexadecimal digits. */
const char *hexdump(const uint8_t *bytes, size_t size);

/* command.c: ends the program itself for --help and for mistakes. */
void command_parse(int count, char **words, struct command *command);

/* start.c: becomes the command of these words, the first of which is a path. */
_Noreturn void start_command(char **words, char **environment);

/* choose.c */
/* Puts several images into the order in which they are tried; the next ones become the other
 * command. */
void choose(struct command *command);
/* Becomes the restore of the images inside of the directory, when it holds any. */
void choose_within(const struct launch *launch);

/* listen.c: adds what --listen says. */
void listen_parse(char *value, struct crac_listening *listening);
/* Servers that listened at PORT follow that variable. */
void listen_follow_port(char **environment, struct crac_listening *listening);
/* After the servers were made: no rule may have been in vain. */
void listen_check(const struct crac_listening *listening);

/* image.c */
void image_open(struct launch *launch);
/* verify.c */
_Noreturn void image_verify(const struct launch *launch);

/* labels.c */
void labels_check(const struct launch *launch);
/* constraints.c, limits.c, files.c */
void constraints_check(struct launch *launch);
void limits_check(struct launch *launch);
/* Puts back what limits_check() lifted for the sake of rings. */
void limits_restore(void);
void files_open(struct launch *launch);

/* maps.c: reads this process's mappings: the vDSO's and the head's. */
void maps_read(struct launch *launch);

/* clock.c: moves this process's clock, or says by how much the agent has to. */
void clock_prepare(struct launch *launch);

/* handoff.c */
/* Takes the memory that handoff_write() fills. */
void handoff_reserve(const struct launch *launch);
void handoff_write(const struct launch *launch);

/* descriptors.c */
/* Closed standard descriptors become /dev/null, so that nothing else takes their numbers. */
void descriptors_fill_standard(void);
/* A copy of `fd` above everything that the image uses; closes `fd`. */
int descriptors_raise(struct launch *launch, int fd);
void descriptors_restore(struct launch *launch);
void descriptors_close_own(const struct launch *launch);

/* vdso.c, vdso-bridge.c */
/* Moves this process's vDSO out of the image's way. */
void vdso_put_aside(struct launch *launch);
/* Decides whether it stays there for good. */
void vdso_keep(struct launch *launch);
void vdso_install(const struct launch *launch);
/* Fills `copy`, `size` bytes of the old vDSO, so that its functions lead into the new one, but for
 * clock_gettime where `clock` is not 0: that leads there. */
void vdso_bridge(const uint8_t *old, uint8_t *copy, uint64_t size, const struct vdso *new,
                 uint64_t clock);
/* Address of a function in this kernel's vDSO, or 0. */
uint64_t vdso_find(const struct vdso *vdso, const char *name);

/* memory.c, rings.c */
void memory_unmap_all(void);
void memory_map_rings(const struct crac_tables *tables);
void memory_restore(const struct launch *launch);

/* process.c */
void process_restore(const struct crac_tables *tables);

/* threads.c */
_Noreturn void threads_start(const struct crac_tables *tables);

/* arch/x86_64/launcher-context.S */
/* clone(2) whose child calls `run(argument)` on `stack`. Returns the tid, or a negated errno. */
long context_clone(uint64_t flags, void *stack, uint64_t tid_address, uint64_t fs_base,
                   const struct crac_thread *argument, void (*run)(const struct crac_thread *));
/* Loads the saved registers, PKRU only if `with_pkru`, and returns 1 from context_save(). */
_Noreturn void context_resume(const struct crac_thread *thread, int with_pkru);

#endif
