/*
 * Deciding whether a head can be trusted.
 *
 * An image may be damaged, cut, older or newer, or made by somebody who wants the launcher to
 * misbehave. Everything that the launcher follows without looking again is checked here, in this
 * order: ELF header, place of the notes, identity, checksum, notes, fields of the image,
 * descriptors, memory. No step reads anything that an earlier one has not bounded. Sums are only
 * made of numbers that are known to be small, so that none can wrap around.
 *
 *     0        +--------------------------------+
 *              | ELF header, 64 bytes           |
 *     64       | program headers, 56 bytes each |  two of notes, one for each run
 *              | standard notes                 |  never read
 *     vendor   | vendor notes, IMAGE first      |
 *              +--------------------------------+  head_size: the next page boundary
 *
 * Works in the caller's memory. Only the sentence of a refusal lies in a buffer of this file.
 */
#include <elf.h>

#include "checking.h"

#define ELF_START 176 /* ELF header and both program headers of notes */
#define NOTE_HEADER 24

int refuse(const char **reason, const char *fault)
{
    *reason = fault;
    return -1;
}

int refuse_record(const char **reason, const char *what, uint64_t index, const char *fault)
{
    static char sentence[160];
    struct text text = TEXT_IN(sentence);
    text_add(&text, what);
    text_add(&text, " ");
    text_add_number(&text, index);
    text_add(&text, " ");
    text_add(&text, fault);
    return refuse(reason, sentence);
}

static int check_elf_header(const Elf64_Ehdr *header, const char **reason)
{
    static const uint8_t ident[7] = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT};
    for (size_t i = 0; i < sizeof(ident); i++) {
        if (header->e_ident[i] != ident[i])
            return refuse(reason, "it is not a 64-bit little-endian ELF file");
    }
    if (header->e_type != ET_CORE || header->e_version != EV_CURRENT)
        return refuse(reason, "it is not a core file");
    if (header->e_machine != EM_X86_64)
        return refuse(reason, "it is of another machine than x86-64");
    if (header->e_ehsize != sizeof(Elf64_Ehdr) || header->e_phoff != sizeof(Elf64_Ehdr) ||
        header->e_phentsize != sizeof(Elf64_Phdr))
        return refuse(reason, "its program headers are not where they belong");
    if (header->e_phnum < 2 || header->e_phnum == PN_XNUM)
        return refuse(reason, "it has an impossible number of program headers");
    return 0;
}

/* The two segments of notes: alignment, order and size, all inside of the largest head that is
 * allowed. */
static int check_note_segments(const Elf64_Ehdr *header, const char **reason)
{
    const Elf64_Phdr *standard = (const Elf64_Phdr *)(header + 1), *vendor = standard + 1;
    const uint64_t limit = CRAC_HEAD_SIZE - CRAC_HANDOFF_LIMIT;
    if (standard->p_type != PT_NOTE || standard->p_align != 4 || vendor->p_type != PT_NOTE ||
        vendor->p_align != 8)
        return refuse(reason, "it does not begin with two segments of notes");
    if (standard->p_offset > limit || standard->p_filesz > limit || vendor->p_offset > limit ||
        vendor->p_filesz > limit - vendor->p_offset)
        return refuse(reason, "its notes are larger than a head may be");
    if (standard->p_offset < sizeof(*header) + header->e_phnum * sizeof(Elf64_Phdr) ||
        vendor->p_offset < standard->p_offset + standard->p_filesz || vendor->p_offset % 8)
        return refuse(reason, "its notes are not where they belong");
    if (vendor->p_filesz < NOTE_HEADER + sizeof(struct crac_image))
        return refuse(reason, "it lacks the note that describes it");
    return 0;
}

size_t crac_head_size(const void *start, size_t size, uint64_t file_size, const char **reason)
{
    const Elf64_Ehdr *header = start;
    const Elf64_Phdr *vendor = (const Elf64_Phdr *)(header + 1) + 1;
    if (size < ELF_START || file_size < ELF_START) {
        refuse(reason, "it is too short");
        return 0;
    }
    if (check_elf_header(header, reason) != 0 || check_note_segments(header, reason) != 0)
        return 0;
    uint64_t end = (vendor->p_offset + vendor->p_filesz + CRAC_PAGE - 1) & ~(CRAC_PAGE - 1);
    if (end > file_size) {
        refuse(reason, "it is cut off within its head");
        return 0;
    }
    return end;
}

/* Magic and version, which say whether anything else may be read at all. */
static int check_identity(const struct crac_image *image, size_t head_size, uint64_t file_size,
                          const char **reason)
{
    if (image->magic != CRAC_MAGIC)
        return refuse(reason, "it is not an image of this architecture");
    if (image->format != CRAC_FORMAT)
        return refuse(reason, "its format has another version");
    if (image->head_size != head_size)
        return refuse(reason, "its head has another size than it says");
    if (image->file_size != file_size)
        return refuse(reason,
                      file_size < image->file_size ? "it is cut off" : "it is longer than it says");
    return 0;
}

/* The checksum of the head, its own field counted as zero. */
static int check_sum(const uint8_t *head, size_t head_size, const struct crac_image *image,
                     const char **reason)
{
    static const uint8_t zero[sizeof(image->head_crc)];
    size_t before = (size_t)((const uint8_t *)&image->head_crc - head),
           after = before + sizeof(zero);
    uint32_t crc = crc32c(0, head, before);
    crc = crc32c(crc, zero, sizeof(zero));
    crc = crc32c(crc, head + after, head_size - after);
    return crc == image->head_crc ? 0 : refuse(reason, "its checksum does not match");
}

/* The vDSO and its variables: whole pages in the right order, and a copy of the text of the same
 * length. */
static int check_vdso(const struct crac_tables *tables, const char **reason)
{
    const struct crac_image *image = tables->image;
    if (image->vdso_start == 0 && image->vdso_end == 0 && image->vvar_start == 0)
        return 0;
    if ((image->vvar_start | image->vdso_start | image->vdso_end) % CRAC_PAGE ||
        image->vvar_start > image->vdso_start || image->vdso_start >= image->vdso_end ||
        image->vvar_start < CRAC_PAGE || image->vdso_end > CRAC_ADDRESS_LIMIT ||
        image->vdso_end - image->vvar_start > 0x100000 ||
        (image->vdso_end > CRAC_RESERVED_START && image->vvar_start < CRAC_RESERVED_END))
        return refuse(reason, "its vDSO lies at an impossible place");
    if (!is_in_bytes(tables, image->vdso_text, image->vdso_end - image->vdso_start))
        return refuse(reason, "the copy of its vDSO is missing");
    return 0;
}

/* Whether every field of the memory descriptor is an address of user space. */
static int are_user_addresses(const struct crac_image *image)
{
    const uint64_t fields[] = {image->start_code,  image->end_code,  image->start_data,
                               image->end_data,    image->start_brk, image->brk,
                               image->start_stack, image->arg_start, image->arg_end,
                               image->env_start,   image->env_end};
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (fields[i] > CRAC_ADDRESS_LIMIT)
            return 0;
    }
    return image->start_brk <= image->brk && image->arg_start <= image->arg_end &&
           image->env_start <= image->env_end;
}

static int check_image(const struct crac_tables *tables, const char **reason)
{
    const struct crac_image *image = tables->image;
    if (image->head_address != CRAC_HEAD_START(0) && image->head_address != CRAC_HEAD_START(1))
        return refuse(reason, "its head belongs to an impossible address");
    if (image->kernel_needs & ~CRAC_NEEDS_ALL)
        return refuse(reason, "it needs kernel features that are unknown here");
    if (!are_user_addresses(image))
        return refuse(reason, "its memory descriptor names impossible addresses");
    if (image->pkeys > 0xffff)
        return refuse(reason, "it uses protection keys above 15");
    if (image->umask > 0777)
        return refuse(reason, "its umask is impossible");
    if (!is_text(tables, image->cwd))
        return refuse(reason, "its current directory is missing");
    if (image->executable != CRAC_NONE && image->executable >= tables->file_count)
        return refuse(reason, "its program is not in the table of files");
    return check_vdso(tables, reason);
}

/* Times in a range in which differences can't overflow. `entry` is code of the image, like the
 * address at which its threads go on. */
static int check_clock(const struct crac_tables *tables, const char **reason)
{
    const struct crac_clock *clock = tables->clock;
    if (clock->realtime >= CRAC_CLOCK_LIMIT || clock->monotonic >= CRAC_CLOCK_LIMIT ||
        clock->ahead >= (int64_t)CRAC_CLOCK_LIMIT || clock->ahead <= -(int64_t)CRAC_CLOCK_LIMIT)
        return refuse(reason, "its clocks show impossible times");
    if (clock->policy >= CRAC_CLOCK_POLICIES)
        return refuse(reason, "it treats the clock in an unknown way");
    return 0;
}

int crac_check(const void *head, size_t head_size, uint64_t file_size, int check_crc,
               struct crac_tables *tables, const char **reason)
{
    size_t expected = crac_head_size(head, head_size, file_size, reason);
    if (expected == 0)
        return -1;
    if (expected != head_size)
        return refuse(reason, "its head has another size than it says");
    const Elf64_Phdr *vendor = (const Elf64_Phdr *)((const Elf64_Ehdr *)head + 1) + 1;
    const uint8_t *notes = (const uint8_t *)head + vendor->p_offset;
    const struct crac_image *image = (const struct crac_image *)(notes + NOTE_HEADER);
    if (check_identity(image, head_size, file_size, reason) != 0)
        return -1;
    if (check_crc && check_sum(head, head_size, image, reason) != 0)
        return -1;
    if (check_notes(notes, vendor->p_filesz, tables, reason) != 0)
        return -1;
    if (((const Elf64_Ehdr *)head)->e_phnum != tables->run_count + 2)
        return refuse(reason, "its program headers and its runs do not agree");
    if (check_image(tables, reason) != 0 || check_clock(tables, reason) != 0 ||
        check_fds(tables, reason) != 0)
        return -1;
    return check_memory(tables, reason);
}
