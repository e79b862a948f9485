/*
 * The identity of a mapped file: its GNU build-id where it is an ELF file that has one, else a
 * checksum of its beginning and its end.
 *
 * Neither depends on dates, names or inode numbers, so an image moves between machines, containers
 * and package installations as long as the bytes are the same. Only reads with pread: the
 * descriptor's offset stays as it is.
 */
#include <elf.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>

#include "../arch/x86_64/memory.h"
#include "../arch/x86_64/syscall.h"
#include "identity.h"
#include "text.h"

#define SAMPLE_SIZE 65536u
#define BUFFER_SIZE 4096u
#define MOST_HEADERS 64u

/* The beginning of a file, where linkers put all that is looked for. */
struct beginning {
    int fd;
    uint64_t size;
    uint8_t bytes[BUFFER_SIZE] __attribute__((aligned(8)));
};

/* Copies `size` bytes of the file, from its beginning where they lie there: 0, or -1. */
static int get(const struct beginning *file, void *to, uint64_t size, uint64_t offset)
{
    if (offset <= file->size && size <= file->size - offset) {
        memory_copy(to, file->bytes + offset, size);
        return 0;
    }
    return sys(SYS_pread64, file->fd, to, size, offset) == (long)size ? 0 : -1;
}

/* Looks for NT_GNU_BUILD_ID among notes: 0 when it was found and put into `out`. */
static int find_build_id(const uint8_t *notes, uint64_t size, uint64_t align, struct crac_file *out)
{
    uint64_t at = 0, mask = (align == 8 ? 8 : 4) - 1;

    while (at + sizeof(Elf64_Nhdr) <= size) {
        const Elf64_Nhdr *note = (const Elf64_Nhdr *)(notes + at);
        uint64_t name = at + sizeof *note;
        uint64_t desc = (name + note->n_namesz + mask) & ~mask;
        uint64_t next = (desc + note->n_descsz + mask) & ~mask;
        if (next > size && desc + note->n_descsz > size)
            return -1;
        if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 &&
            text_equal((const char *)notes + name, "GNU") && note->n_descsz > 0 &&
            note->n_descsz <= sizeof out->identity) {
            memory_copy(out->identity, notes + desc, note->n_descsz);
            out->identity_size = note->n_descsz;
            return 0;
        }
        at = next;
    }
    return -1;
}

/* Looks for the build-id of an ELF file: 0 when it has one. */
static int read_build_id(const struct beginning *file, struct crac_file *out)
{
    uint8_t notes[BUFFER_SIZE] __attribute__((aligned(8)));
    Elf64_Ehdr header;
    Elf64_Phdr segment;

    if (get(file, &header, sizeof header, 0) != 0 || header.e_ident[0] != 0x7f ||
        header.e_ident[1] != 'E' || header.e_ident[2] != 'L' || header.e_ident[3] != 'F' ||
        header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_phentsize != sizeof segment)
        return -1;
    for (unsigned i = 0; i < header.e_phnum && i < MOST_HEADERS; i++) {
        if (get(file, &segment, sizeof segment, header.e_phoff + i * sizeof segment) != 0)
            return -1;
        if (segment.p_type != PT_NOTE || segment.p_filesz > sizeof notes)
            continue;
        if (get(file, notes, segment.p_filesz, segment.p_offset) == 0 &&
            find_build_id(notes, segment.p_filesz, segment.p_align, out) == 0)
            return 0;
    }
    return -1;
}

/* Continues a checksum over [offset, end) of a file: 0, or a negated errno. */
static long sample(int fd, uint64_t offset, uint64_t end, uint32_t *crc)
{
    uint8_t buffer[BUFFER_SIZE];

    while (offset < end) {
        uint64_t wanted = end - offset < sizeof buffer ? end - offset : sizeof buffer;
        long got = sys(SYS_pread64, fd, buffer, wanted, offset);
        if (got <= 0)
            return got < 0 ? got : -5; /* EIO: it became shorter */
        *crc = crc32c(*crc, buffer, (size_t)got);
        offset += (uint64_t)got;
    }
    return 0;
}

int file_identity(int fd, struct crac_file *out)
{
    struct beginning file;
    struct stat status;
    long failed = sys(SYS_fstat, fd, &status), got;
    uint32_t crc = 0;

    if (failed)
        return (int)failed;
    got = sys(SYS_pread64, fd, file.bytes, sizeof file.bytes, 0);
    if (sys_failed(got))
        return (int)got;
    file.fd = fd;
    file.size = (uint64_t)got;
    out->size = (uint64_t)status.st_size;
    out->reserved = 0;
    memory_fill(out->identity, 0, sizeof out->identity);
    out->identity_kind = CRAC_IDENTITY_BUILD_ID;
    if (read_build_id(&file, out) == 0)
        return 0;
    out->identity_kind = CRAC_IDENTITY_SAMPLE;
    failed = sample(fd, 0, out->size < SAMPLE_SIZE ? out->size : SAMPLE_SIZE, &crc);
    if (!failed && out->size > SAMPLE_SIZE)
        failed = sample(fd, out->size - SAMPLE_SIZE, out->size, &crc);
    memory_copy(out->identity, &crc, sizeof crc);
    out->identity_size = sizeof crc;
    return (int)failed;
}
