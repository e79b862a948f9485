/*
 * The format of `process.core`, shared by the agent (writes it) and the launcher (reads it).
 *
 * A core file is an ELF64 ET_CORE file that gdb opens and that the launcher maps:
 *
 *    offset 0        +---------------------------+  <- mapped as a whole at `head_address` on
 * restore | Elf64_Ehdr                | | Elf64_Phdr[0]  PT_NOTE    |  standard notes, align 4: for
 * debuggers | Elf64_Phdr[1]  PT_NOTE    |  vendor notes "CRaC", align 8: all that a restore needs
 *                    | Elf64_Phdr[2..] PT_LOAD   |  one for each run of pages
 *                    | standard notes            |
 *                    | vendor notes              |
 *    head_size       +---------------------------+  page aligned
 *                    | pages of run 0            |
 *                    | pages of run 1 ...        |  in ascending order of address
 *    file_size       +---------------------------+
 *
 * Every vendor note has the name "CRaC" and the type CRAC_NOTE_BASE + one of `enum crac_note`. The
 * IMAGE note comes first. A table is an array of fixed-size records; the number of records is its
 * size divided by the record's size. Strings are NUL-terminated in the STRINGS note and named by
 * their offset; bytes lie in the BYTES note. All numbers are little endian. Records have no
 * implicit padding and sizes that are a multiple of 8.
 *
 * `CRAC_FORMAT` grows with every change of a record. A reader refuses any other number.
 */
#ifndef CRAC_IMAGE_H
#define CRAC_IMAGE_H

#include <stdint.h>

#define CRAC_FORMAT 1
#define CRAC_MAGIC 0x3163617243343678ull /* "x64Crac1": the architecture is part of it */
#define CRAC_NOTE_NAME "CRaC"
#define CRAC_PAGE 4096ull

/*
 * Addresses that every process with an agent keeps free (PROT_NONE) from the moment the agent is
 * loaded. They lie above V8's random hints (46 bits) and below the kernel's own choices for mmap
 * and PIE programs. The launcher is linked into the first part; the heads of two successive images
 * take turns in the others.
 */
#define CRAC_RESERVED_START 0x600000000000ull
#define CRAC_LAUNCHER_SIZE 0x20000000ull /* 512 MiB: text, stacks, the vDSO on its way, scratch */
#define CRAC_HEAD_SIZE 0x20000000ull     /* 512 MiB for each head with its handoff */
#define CRAC_HEAD_START(turn) (CRAC_RESERVED_START + CRAC_LAUNCHER_SIZE + (turn)*CRAC_HEAD_SIZE)
#define CRAC_RESERVED_END (CRAC_HEAD_START(2))

/*
 * Debuggers take small types for their own whatever the vendor is called, so the type on disk is
 * CRAC_NOTE_BASE + the number below.
 */
#define CRAC_NOTE_BASE 0x43520000u

enum crac_note {
    CRAC_NOTE_IMAGE = 1,    /* struct crac_image */
    CRAC_NOTE_MANIFEST = 2, /* text of manifest.json, not terminated */
    CRAC_NOTE_CPU = 3,      /* struct crac_cpu */
    CRAC_NOTE_THREADS = 4,  /* struct crac_thread[]; the main thread first */
    CRAC_NOTE_VMAS = 5,     /* struct crac_vma[]; ascending, not overlapping */
    CRAC_NOTE_RUNS = 6,  /* struct crac_run[]; ascending, not overlapping, each inside of one VMA */
    CRAC_NOTE_FILES = 7, /* struct crac_file[]; files that VMAs map */
    CRAC_NOTE_FDS = 8,   /* struct crac_fd[]; ascending by number */
    CRAC_NOTE_EPOLLS = 9,      /* struct crac_epoll[]; registrations of all epoll sets */
    CRAC_NOTE_SIGNALS = 10,    /* struct crac_sigaction[64]; signal n at n - 1 */
    CRAC_NOTE_AUXV = 11,       /* the auxiliary vector as in /proc/self/auxv */
    CRAC_NOTE_STRINGS = 12,    /* text */
    CRAC_NOTE_BYTES = 13,      /* contents of pipes, socket addresses, text of the vDSO */
    CRAC_NOTE_OWNERS = 14,     /* struct crac_owner[]; unused records have the address 0 */
    CRAC_NOTE_CLOCK = 15,      /* struct crac_clock */
    CRAC_NOTE_GENERATORS = 16, /* struct crac_generator[]; V8's, for Math.random() */
    CRAC_NOTE_POOLS = 17,      /* struct crac_pools */
    CRAC_NOTE_TAGS = 18,       /* text of the file `tags`, not terminated */
    CRAC_NOTE_END = 19         /* not a note: one past the last type */
};

/* What holds for the image as a whole. */
struct crac_image {
    uint64_t magic;
    uint32_t format;
    uint32_t head_crc; /* CRC-32C of the first head_size bytes with this field as zero */
    uint64_t head_size;
    uint64_t file_size;
    uint64_t head_address; /* where the restored process wants the head: one of CRAC_HEAD_START() */

    /* Constraints. */
    uint32_t kernel_needs; /* CRAC_NEEDS_* */
    uint32_t highest_fd;
    uint64_t address_space; /* bytes that all VMAs cover, for RLIMIT_AS */

    /* Fields of the memory descriptor, as in /proc/self/stat. */
    uint64_t start_code, end_code, start_data, end_data;
    uint64_t start_brk, brk, start_stack;
    uint64_t arg_start, arg_end, env_start, env_end;

    /* The vDSO and the variables before it: [vvar_start, vdso_start) and [vdso_start, vdso_end). */
    uint64_t vvar_start, vdso_start, vdso_end;
    uint32_t vdso_text; /* offset of a copy of the vDSO in BYTES, vdso_end - vdso_start long */

    uint32_t pkeys; /* protection keys in use, bit n for key n */
    uint32_t umask;
    uint32_t cwd;        /* string */
    uint32_t pid;        /* of the checkpointed process */
    uint32_t executable; /* index into FILES of the program itself, or CRAC_NONE */
    uint64_t created;    /* nanoseconds since the epoch */
    uint8_t id[16];      /* random; equal to the manifest's id */
};

#define CRAC_NONE 0xffffffffu

#define CRAC_NEEDS_IO_URING 1u         /* io_uring_setup must be permitted */
#define CRAC_NEEDS_IO_URING_NOARRAY 2u /* and know IORING_SETUP_NO_SQARRAY (Linux 6.6) */
#define CRAC_NEEDS_PKEYS 4u            /* protection keys */
#define CRAC_NEEDS_COPY 8u             /* pages must be copied: discards could not be intercepted */
#define CRAC_NEEDS_ALL 15u

/* Words of CPUID that code in the image may rely on. The host must have every bit of `features`. */
#define CRAC_CPU_WORDS 10
struct crac_cpu {
    /* 1.ecx 1.edx 7.0.ebx 7.0.ecx 7.0.edx 7.1.eax 80000001.ecx 80000001.edx xcr0.low d.1.eax */
    uint32_t features[CRAC_CPU_WORDS];
    char vendor[16]; /* for messages */
    char brand[48];  /* for messages */
};

/* A thread at the point where the agent's handler saved it. Returning there with rax = 1 resumes
 * it. */
struct crac_thread {
    uint64_t rbx, rbp, r12, r13, r14, r15, rsp, rip;
    uint32_t mxcsr;
    uint16_t fcw;
    uint16_t reserved;
    uint32_t pkru;
    uint32_t tid; /* at the checkpoint */
    uint64_t fs_base, gs_base;
    uint64_t clear_child_tid; /* address, or 0; the new tid is written there (glibc's pd->tid) */
    uint64_t robust_list, robust_list_size;
    uint64_t altstack_address, altstack_size;
    uint32_t altstack_flags;
    uint32_t rseq_size; /* 0: not registered */
    uint64_t rseq_address;
    uint64_t signal_mask;
    char name[16];
};

#define CRAC_VMA_FILE 1u   /* maps `file` at `file_offset`; runs lie on top of it */
#define CRAC_VMA_SHARED 2u /* MAP_SHARED: of a file (read-only then) or anonymous */
#define CRAC_VMA_STACK                                                                             \
    4u /* MAP_GROWSDOWN: the main thread's stack; its runs are copied, not mapped */
#define CRAC_VMA_URING                                                                             \
    8u /* mapping of an io_uring: `file_offset` is the ring's, `ring` its descriptor */
#define CRAC_VMA_DONTFORK 16u /* MADV_DONTFORK */
#define CRAC_VMA_DONTDUMP 32u /* MADV_DONTDUMP */
#define CRAC_VMA_HUGEPAGE 64u /* MADV_HUGEPAGE */
#define CRAC_VMA_NOHUGEPAGE 128u
#define CRAC_VMA_LOCKED 256u /* mlock */
#define CRAC_VMA_WIPEONFORK 512u
#define CRAC_VMA_ALL 1023u

struct crac_vma {
    uint64_t start, end;
    uint64_t file_offset;
    uint32_t file; /* index into FILES, or CRAC_NONE */
    uint32_t prot; /* PROT_* */
    uint32_t flags;
    uint32_t pkey;
    uint32_t ring; /* descriptor, or CRAC_NONE */
    uint32_t reserved;
};

/* Pages of one VMA that are in the image. All other pages of the VMA are the file's, or zero. */
struct crac_run {
    uint64_t address, length;
    uint64_t offset; /* in the file, page aligned */
    uint32_t vma;    /* index */
    uint32_t crc;    /* CRC-32C of the pages */
};

enum crac_identity {
    CRAC_IDENTITY_BUILD_ID = 1, /* GNU build-id of an ELF file */
    CRAC_IDENTITY_SAMPLE =
        2 /* CRC-32C of the first and the last 64 KiB, for files without a build-id */
};

struct crac_file {
    uint32_t path; /* string, absolute */
    uint32_t identity_kind;
    uint64_t size;
    uint32_t identity_size; /* bytes used in `identity` */
    uint32_t reserved;
    uint8_t identity[32];
};

enum crac_fd_kind {
    CRAC_FD_EPOLL = 1,
    CRAC_FD_EVENTFD = 2,  /* value = counter, flags EFD_SEMAPHORE in `extra` */
    CRAC_FD_PIPE = 3,     /* `pair` groups the ends of one pipe; data = its content, on one read end
                             only; value = capacity */
    CRAC_FD_URING = 4,    /* value = entries, extra = IORING_SETUP_* flags, pair = completions with
                             IORING_SETUP_CQSIZE */
    CRAC_FD_LISTENER = 5, /* data = struct crac_listener; extra = st_mode of a UNIX path, or 0 */
    CRAC_FD_DEVICE =
        6, /* path = a character device that has no state: null, zero, full, random, urandom */
    CRAC_FD_ALIAS = 7,     /* duplicate of standard descriptor `value` (0, 1 or 2) of the restorer;
                              extra = 1: was a file of its own */
    CRAC_FD_DUPLICATE = 8, /* duplicate of descriptor `value`, which is in the table */
    CRAC_FD_PLACEHOLDER = 9, /* did not travel: /dev/null in the restored process */
    CRAC_FD_STDIO = 10,      /* 0, 1 or 2: the restorer's own; only status_flags matter */
    CRAC_FD_INOTIFY = 11,    /* without watches */
    CRAC_FD_SOCKETPAIR = 12, /* `pair` = the other end, or itself; data = what it has still to read;
                                value = SO_SNDBUF; extra = CRAC_PAIR_* */
    CRAC_FD_FILE = 13,   /* opened again by `path`: value = position; data = struct crac_open_file;
                            extra = CRAC_FILE_* */
    CRAC_FD_CLOSED = 14, /* a policy closed it: neither read nor written */
    CRAC_FD_KINDS = 15
};

struct crac_fd {
    uint32_t fd;
    uint32_t kind;
    uint32_t status_flags; /* O_ACCMODE | O_NONBLOCK | O_APPEND ... of F_GETFL */
    uint32_t close_on_exec;
    uint64_t value;
    uint32_t extra;
    uint32_t pair; /* pipes: smallest descriptor number of the pipe; socket pairs: the other end */
    uint32_t path; /* string, or CRAC_NONE */
    uint32_t data; /* offset in BYTES */
    uint32_t data_size;
    uint32_t reserved;
};

/* `extra` of an end of a socket pair: SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET, and which
 * directions are shut down. */
#define CRAC_PAIR_TYPE 0xffu
#define CRAC_PAIR_SHUTDOWN 8 /* shift: 1 for reading, 2 for writing */

/* `extra` of a file: it may have changed since. */
#define CRAC_FILE_UNCHECKED 1u

/* A file that is opened again, as stat told of it. */
struct crac_open_file {
    uint64_t size;
    uint64_t modified; /* seconds since the epoch */
    uint32_t mode;
    uint32_t reserved;
};

/* A stream socket that accepts connections. */
struct crac_listener {
    uint32_t family; /* AF_INET, AF_INET6, AF_UNIX */
    uint32_t protocol;
    uint32_t backlog;
    uint32_t options; /* CRAC_LISTENER_* */
    uint32_t address_size;
    uint8_t address[128 - 20]; /* sockaddr_storage fits: 110 bytes for AF_UNIX are cut to 108 */
};

#define CRAC_LISTENER_REUSEADDR 1u
#define CRAC_LISTENER_REUSEPORT 2u
#define CRAC_LISTENER_V6ONLY 4u
#define CRAC_LISTENER_ENV_PORT 8u /* its port was the value of PORT in the environment */

struct crac_epoll {
    uint32_t epoll_fd, target_fd;
    uint32_t events;
    uint32_t reserved;
    uint64_t data;
};

/*
 * A word of memory that holds the number of a thread: the owner of a recursive or error-checking
 * mutex of glibc that was locked at the checkpoint. The restored process writes its new number
 * there.
 */
struct crac_owner {
    uint64_t address;
    uint32_t thread; /* index into THREADS */
    uint32_t reserved;
};

/*
 * Clocks when the threads had stopped. A restored process whose machine has another monotonic clock
 * reads it through `entry`, which adds the difference.
 */
struct crac_clock {
    uint64_t realtime;  /* ns since the epoch */
    uint64_t monotonic; /* ns, as the process saw it */
    int64_t ahead;      /* ns by which that was ahead of the machine's own clock */
    uint64_t entry;     /* the agent's clock_gettime() */
    uint32_t policy;    /* enum crac_clock_policy unless the restorer names one */
    uint32_t reserved;
    uint8_t boot[16]; /* boot id of the machine; zeros where it can't be read */
};

enum crac_clock_policy {
    CRAC_CLOCK_WALL = 0,   /* monotonic time advances as the wall clock did */
    CRAC_CLOCK_FREEZE = 1, /* it goes on from where it stopped */
    CRAC_CLOCK_HOST = 2,   /* it is the machine's, whatever that says */
    CRAC_CLOCK_POLICIES = 3
};
#define CRAC_CLOCK_LIMIT (1ull << 62) /* ns; what a clock says is below */

/*
 * A generator of random numbers that no two restored processes may go on with: of a context of V8,
 * or of an isolate, which has neither index nor cache (0). The restored process writes a new state,
 * the 64 values that V8 would draw from it, and 64 as the index, in V8's representation.
 */
struct crac_generator {
    uint64_t state; /* address of two words that are never both 0 */
    uint64_t index; /* address of a word */
    uint64_t cache; /* address of 64 doubles */
};

/*
 * Buffers of random bytes that the program takes its values from, which the restored process fills
 * anew. For people: the agent knows where they are.
 */
struct crac_pools {
    uint32_t count;
    uint32_t lost;  /* fillings that could not be remembered: such a buffer may keep its bytes */
    uint64_t bytes; /* that are filled anew, in all of them */
};

/* The kernel's struct sigaction. */
struct crac_sigaction {
    uint64_t handler, flags, restorer, mask;
};

/*
 * What the launcher tells the restored process, right behind the mapped head (head_address +
 * head_size). Texts follow the struct; offsets count from its start.
 */
struct crac_handoff {
    uint64_t magic;                               /* CRAC_MAGIC */
    uint64_t size;                                /* of struct and texts */
    uint64_t started_monotonic, started_realtime; /* ns, when the launcher began */
    uint64_t image_device,
        image_inode; /* of process.core, as in /proc/self/maps (major << 32 | minor) */
    uint32_t flags;  /* CRAC_HANDOFF_* */
    uint32_t argument_count, arguments; /* texts, one after the other */
    uint32_t environment_count, environment;
    uint32_t cwd;       /* the restorer's */
    uint32_t directory; /* absolute path of the image */
    uint32_t reserved;
    uint64_t keep_start,
        keep_end;        /* part of the launcher's range that stays mapped (a foreign vDSO), or 0 */
    int64_t clock_shift; /* ns that the agent adds to the monotonic clock */
    uint64_t clock_gettime; /* this machine's function in that vDSO, or 0 */
    uint64_t away,
        away_monotonic; /* ns since the checkpoint by both clocks, as the process sees them */
};

#define CRAC_HANDOFF_ARGUMENTS                                                                     \
    1u                             /* "--" was given: replace the program's arguments even by none \
                                    */
#define CRAC_HANDOFF_CWD_IMAGE 2u  /* go to the directory of the checkpoint */
#define CRAC_HANDOFF_COPIED 4u     /* pages were copied, none is mapped from the image */
#define CRAC_HANDOFF_ENV_MERGE 8u  /* the environment is added to that of the checkpoint */
#define CRAC_HANDOFF_ENV_IMAGE 16u /* the environment stays that of the checkpoint */

#endif
