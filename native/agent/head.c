/*
 * The head of the core file, laid out in memory at the very address where the restored process will
 * find it. image.h draws it. Sizes are known before anything is placed; nothing moves afterwards.
 */
#include <elf.h>
#include "agent.h"

#define VENDOR_NOTE_HEADER 24 /* Elf64_Nhdr, "CRaC\0", padded to 8 */

/* One vendor note on its way into the head. */
struct part {
    uint32_t type;
    const void *data;
    uint64_t size;
};

#define PART_COUNT 18
#define MAPPED_UNIT (16 * CRAC_PAGE)

static void copy(uint8_t *to, const void *from, uint64_t size)
{
    for (uint64_t i = 0; i < size; i++)
        to[i] = ((const uint8_t *)from)[i];
}

static uint64_t align(uint64_t value, uint64_t to)
{
    return (value + to - 1) & ~(to - 1);
}

static void list_parts(struct workspace *w, struct part parts[PART_COUNT])
{
    const struct part list[PART_COUNT] = {
        {CRAC_NOTE_IMAGE, &w->image, sizeof w->image},
        {CRAC_NOTE_MANIFEST, w->request->manifest, w->request->manifest_size},
        {CRAC_NOTE_CPU, &w->cpu, sizeof w->cpu},
        {CRAC_NOTE_THREADS, w->threads, w->thread_count * sizeof *w->threads},
        {CRAC_NOTE_VMAS, w->vmas, w->vma_count * sizeof *w->vmas},
        {CRAC_NOTE_RUNS, w->runs, w->run_count * sizeof *w->runs},
        {CRAC_NOTE_FILES, w->files, w->file_count * sizeof *w->files},
        {CRAC_NOTE_FDS, w->save.fds.start, w->save.fds.used},
        {CRAC_NOTE_EPOLLS, w->save.epolls.start, w->save.epolls.used},
        {CRAC_NOTE_SIGNALS, w->signals, sizeof w->signals},
        {CRAC_NOTE_AUXV, w->auxv, w->auxv_size},
        {CRAC_NOTE_STRINGS, w->save.strings.start, w->save.strings.used},
        {CRAC_NOTE_BYTES, w->save.bytes.start, w->save.bytes.used},
        {CRAC_NOTE_OWNERS, w->owners, sizeof w->owners},
        {CRAC_NOTE_CLOCK, &w->clock, sizeof w->clock},
        {CRAC_NOTE_GENERATORS, w->generators, w->generator_count * sizeof *w->generators},
        {CRAC_NOTE_POOLS, &w->pools, sizeof w->pools},
        {CRAC_NOTE_TAGS, w->request->tags, w->request->tags_size},
    };

    for (int i = 0; i < PART_COUNT; i++)
        parts[i] = list[i];
}

/* Puts a vendor note at `out`: where the next one begins. */
static uint8_t *put_part(uint8_t *out, const struct part *part)
{
    Elf64_Nhdr header = {sizeof CRAC_NOTE_NAME, (Elf64_Word)part->size,
                         CRAC_NOTE_BASE + part->type};

    copy(out, &header, sizeof header);
    copy(out + sizeof header, CRAC_NOTE_NAME, sizeof CRAC_NOTE_NAME);
    copy(out + VENDOR_NOTE_HEADER, part->data, part->size);
    return out + align(VENDOR_NOTE_HEADER + part->size, 8);
}

static void put_parts(uint8_t *out, const struct part parts[PART_COUNT])
{
    for (int i = 0; i < PART_COUNT; i++)
        out = put_part(out, &parts[i]);
}

static void put_elf_header(uint8_t *out, size_t phdr_count)
{
    Elf64_Ehdr header = {
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_CORE,
        .e_machine = EM_X86_64,
        .e_version = EV_CURRENT,
        .e_phoff = sizeof header,
        .e_ehsize = sizeof header,
        .e_phentsize = sizeof(Elf64_Phdr),
        .e_phnum = (Elf64_Half)phdr_count};

    copy(out, &header, sizeof header);
}

/* Program headers: both note segments, then one PT_LOAD for each run. */
static void put_program_headers(const struct workspace *w, Elf64_Phdr *out, uint64_t standard,
                                uint64_t standard_size, uint64_t vendor, uint64_t vendor_size)
{
    *out++ = (Elf64_Phdr){
        .p_type = PT_NOTE, .p_offset = standard, .p_filesz = standard_size, .p_align = 4};
    *out++ =
        (Elf64_Phdr){.p_type = PT_NOTE, .p_offset = vendor, .p_filesz = vendor_size, .p_align = 8};
    for (size_t i = 0; i < w->run_count; i++) {
        const struct crac_run *run = &w->runs[i];
        uint32_t prot = w->vmas[run->vma].prot; /* PROT_READ 1, PROT_WRITE 2, PROT_EXEC 4 */
        *out++ = (Elf64_Phdr){.p_type = PT_LOAD,
                              .p_flags = (prot & 1 ? PF_R : 0) | (prot & 2 ? PF_W : 0) |
                                         (prot & 4 ? PF_X : 0),
                              .p_offset = run->offset,
                              .p_vaddr = run->address,
                              .p_filesz = run->length,
                              .p_memsz = run->length,
                              .p_align = CRAC_PAGE};
    }
}

/*
 * Runs lie in the file as they lie in memory, as far as the units go in which the kernel maps what
 * it has in its cache. The gaps take no space.
 */
static void place_runs(struct workspace *w)
{
    uint64_t offset = w->image.head_size;

    for (size_t i = 0; i < w->run_count; i++) {
        offset += (w->runs[i].address - offset) % MAPPED_UNIT;
        w->runs[i].offset = offset;
        offset += w->runs[i].length;
    }
    w->image.file_size = offset;
}

int head_build(struct workspace *w, struct crac_error *error)
{
    struct part parts[PART_COUNT];
    uint64_t vendor_size = 0, standard_size, standard, vendor;
    uint8_t *head = (uint8_t *)w->image.head_address;
    long opened;

    list_parts(w, parts);
    for (int i = 0; i < PART_COUNT; i++)
        vendor_size += align(VENDOR_NOTE_HEADER + parts[i].size, 8);
    standard = align(sizeof(Elf64_Ehdr) + (w->run_count + 2) * sizeof(Elf64_Phdr), 8);
    standard_size = notes_standard(w, NULL);
    vendor = align(standard + standard_size, 8);
    w->image.head_size = align(vendor + vendor_size, CRAC_PAGE);
    if (w->image.head_size > CRAC_HEAD_SIZE / 2)
        return error_set(error, "collect", -27, "the tables of the image grow larger than",
                         "256 MiB");
    place_runs(w);

    opened = head_open(w->image.head_address, w->image.head_size);
    if (opened != 0)
        return error_set(error, "collect", opened, "cannot get memory for",
                         "the head of the image");
    put_elf_header(head, w->run_count + 2);
    put_program_headers(w, (Elf64_Phdr *)(head + sizeof(Elf64_Ehdr)), standard, standard_size,
                        vendor, vendor_size);
    notes_standard(w, head + standard);
    put_parts(head + vendor, parts);
    return 0;
}

/* The desc of a vendor note in the built head. */
static void *find_part(const struct workspace *w, uint32_t type)
{
    uint8_t *head = (uint8_t *)w->image.head_address;
    const Elf64_Phdr *vendor = (const Elf64_Phdr *)(head + sizeof(Elf64_Ehdr)) + 1;

    for (uint8_t *at = head + vendor->p_offset;;) {
        const Elf64_Nhdr *header = (const Elf64_Nhdr *)at;
        if (header->n_type == CRAC_NOTE_BASE + type)
            return at + VENDOR_NOTE_HEADER;
        at += align(VENDOR_NOTE_HEADER + header->n_descsz, 8);
    }
}

void head_seal(struct workspace *w)
{
    struct crac_image *image = find_part(w, CRAC_NOTE_IMAGE);

    copy(find_part(w, CRAC_NOTE_RUNS), w->runs, w->run_count * sizeof *w->runs);
    copy(find_part(w, CRAC_NOTE_OWNERS), w->owners, sizeof w->owners);
    image->head_crc = 0;
    image->head_crc = crc32c(0, (const void *)w->image.head_address, w->image.head_size);
}
