/*
 * Finding, judging and mapping process.core.
 *
 * The head is mapped once, privately, at the address where the restored process wants it; that
 * address is the only thing that is read before crac_check() has accepted the head, and it is
 * compared with the two possible ones. Pages behind the head are not touched here.
 *
 * Owner of both descriptors: struct launch, until descriptors_close_own().
 */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include "launcher.h"

#define FIRST_BYTES 4096u
#define NOTE_HEADER 24u
#define MOUNTED_NOEXEC 8 /* ST_NOEXEC of f_flags */

/* The reason is a part of a sentence, as crac_check() gives it. */
static _Noreturn void fail_damaged(const struct launch *l, const char *reason)
{
    fail(STATUS_DAMAGED, "the image ", l->directory, "/process.core is damaged: ", reason,
         ". Make a new checkpoint.");
}

/* Whoever may change an image decides what the restored process does. */
static void check_owner(const struct launch *l, const struct stat *status, const char *name)
{
    uint32_t user = (uint32_t)sys(SYS_geteuid);

    if (status->st_uid != user && status->st_uid != 0)
        fail(STATUS_FOREIGN, l->directory, name, " belongs to user ", decimal(status->st_uid),
             ", this is user ", decimal(user),
             ". Whoever can change an image decides what it does: use --trust-owner if you trust "
             "them.");
    if (status->st_mode & 022)
        fail(STATUS_FOREIGN, l->directory, name,
             " can be changed by other users. Take their write permission away (chmod go-w), or "
             "use --trust-owner.");
}

/* The absolute path of the directory, as the kernel knows it. */
static void find_directory_name(struct launch *l)
{
    char link_buffer[64];
    struct text link = TEXT_IN(link_buffer);
    long size;

    text_add(&link, "/proc/self/fd/");
    text_add_number(&link, (uint64_t)l->directory_fd);
    size = sys(SYS_readlink, link.start, l->directory, sizeof l->directory - 1);
    if (sys_failed(size))
        fail(STATUS_CONSTRAINT, "cannot read ", link.start, ": ", errno_text(-size),
             ". A restore needs /proc to be mounted.");
    l->directory[size] = 0;
}

/* Opens the directory by path only: its own permissions to list it do not matter. */
static void open_directory(struct launch *l)
{
    struct stat status;
    const char *name = l->command.directory;
    long fd = sys(SYS_open, name, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (fd == -13) /* EACCES */
        fail(STATUS_REFUSED, "cannot open the image directory ", name, ": ", errno_text(-fd),
             ". Restore as the user who made the checkpoint.");
    if (sys_failed(fd))
        fail(STATUS_MISSING, "there is no image directory ", name, ": ", errno_text(-fd),
             ". Make a checkpoint first, or name its directory.");
    l->directory_fd = (int)fd;
    find_directory_name(l);
    if (!l->command.trust_owner && sys(SYS_fstat, fd, &status) == 0)
        check_owner(l, &status, "");
}

/* Opens process.core, without waiting for the writer of a fifo: its size. */
static uint64_t open_core(struct launch *l)
{
    struct stat status;
    long fd = sys(SYS_openat, l->directory_fd, "process.core", O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd == -2) /* ENOENT */ {
        choose_within(l);
        fail(STATUS_MISSING, "there is no image in ", l->directory,
             ": process.core does not exist. Make a checkpoint first, or name its directory.");
    }
    if (sys_failed(fd))
        fail(STATUS_REFUSED, "cannot open ", l->directory, "/process.core: ", errno_text(-fd),
             ". Restore as the user who made the checkpoint.");
    l->image_fd = (int)fd;
    if (sys(SYS_fstat, fd, &status) != 0 || !S_ISREG(status.st_mode))
        fail_damaged(l, "it is not a regular file");
    if (!l->command.trust_owner)
        check_owner(l, &status, "/process.core");
    return (uint64_t)status.st_size;
}

/* Where the image wants its head, read before anything is validated: one of two addresses. */
static uint64_t head_address(const struct launch *l, const uint8_t *start, size_t size)
{
    const Elf64_Phdr *vendor = (const Elf64_Phdr *)(start + sizeof(Elf64_Ehdr)) + 1;
    struct crac_image image;

    if (size < sizeof(Elf64_Ehdr) + 2 * sizeof *vendor ||
        sys(SYS_pread64, l->image_fd, &image, sizeof image, vendor->p_offset + NOTE_HEADER) !=
            sizeof image)
        fail_damaged(l, "it ends within its head");
    if (image.magic != CRAC_MAGIC)
        fail_damaged(l, "it is no image of a process on this architecture");
    if (image.format != CRAC_FORMAT)
        fail(STATUS_CONSTRAINT, "the image ", l->directory, " has format ", decimal(image.format),
             ", this launcher reads format ", decimal(CRAC_FORMAT),
             ". Restore it with the version of node-crac that made it.");
    if (image.head_address != CRAC_HEAD_START(0) && image.head_address != CRAC_HEAD_START(1))
        fail_damaged(l, "its head has an impossible address");
    return image.head_address;
}

/* Takes all of the reserved range but the launcher itself, so that nothing settles there. */
static void reserve_range(void)
{
    extern char _end[];
    uint64_t start = ((uint64_t)_end + CRAC_PAGE - 1) & ~(CRAC_PAGE - 1);
    long got = sys(SYS_mmap, start, CRAC_RESERVED_END - start, PROT_NONE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);

    if (sys_failed(got))
        fail(STATUS_CONSTRAINT, "cannot reserve ", decimal((CRAC_RESERVED_END - start) >> 20),
             " MiB of address space: ", errno_text(-got), ". Raise ulimit -v.");
}

/* Private, because the restored process may write to its head and an image never changes. */
static void map_head(struct launch *l, uint64_t address, size_t size)
{
    long got = sys(SYS_mmap, address, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED,
                   l->image_fd, 0);

    if (sys_failed(got))
        fail(STATUS_REFUSED, "cannot map ", l->directory, "/process.core: ", errno_text(-got),
             ". Keep the image on a file system that supports private mappings.");
}

/* On a file system without execution no mapped page could ever hold code: copy them. */
static int is_mounted_noexec(const struct launch *l)
{
    struct statfs status;

    return sys(SYS_fstatfs, l->image_fd, &status) == 0 && (status.f_flags & MOUNTED_NOEXEC) != 0;
}

void image_open(struct launch *l)
{
    static uint8_t start[FIRST_BYTES] __attribute__((aligned(16)));
    const char *reason = NULL;
    uint64_t file_size, address;
    size_t head_size;
    long got;

    open_directory(l);
    file_size = open_core(l);
    got = sys(SYS_pread64, l->image_fd, start, sizeof start, 0);
    if (sys_failed(got))
        fail(STATUS_REFUSED, "cannot read ", l->directory, "/process.core: ", errno_text(-got),
             ".");
    head_size = crac_head_size(start, (size_t)got, file_size, &reason);
    if (head_size == 0)
        fail_damaged(l, reason);
    if (head_size > CRAC_HEAD_SIZE / 2)
        fail_damaged(l, "its head is larger than 256 MiB");
    address = head_address(l, start, (size_t)got);
    reserve_range();
    map_head(l, address, head_size);
    if (crac_check((const void *)address, head_size, file_size, 1, &l->tables, &reason) != 0)
        fail_damaged(l, reason);
    l->copy = l->command.eager || (l->tables.image->kernel_needs & CRAC_NEEDS_COPY) ||
              is_mounted_noexec(l);
}
