/*
 * Building a head by hand, from the description in image.h alone: not with the agent's code, so
 * that both are checked against the same text. Every kind of descriptor, mapping and registration
 * occurs at least once.
 *
 * The caller frees the head. Sizes are small, so a fuzzer reaches every field often.
 */
#include <elf.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "../image/image.h"
#include "../image/text.h"
#include "sample.h"

#define CAPACITY 65536
#define BASE 0x10000000ull /* of the first mapping */
#define VDSO 0x7ffff7fc1000ull
#define RUN_COUNT 3

/* Texts and bytes under construction. */
#define TAGS "label:cpu.arch=x64\nbitmap:cpu.features=ff\n"

struct blob {
    uint8_t data[16384];
    uint32_t used;
};

struct sample {
    struct crac_image image;
    struct crac_cpu cpu;
    struct crac_thread threads[2];
    struct crac_vma vmas[6];
    struct crac_run runs[RUN_COUNT];
    struct crac_file files[2];
    struct crac_fd fds[24];
    struct crac_epoll epolls[4];
    struct crac_sigaction signals[64];
    struct crac_owner owners[2];
    struct crac_generator generators[2];
    uint64_t auxv[6];
    struct crac_clock clock;
    struct crac_pools pools;
    struct blob strings, bytes;
    uint32_t fd_count;
};

static uint32_t put(struct blob *blob, const void *data, size_t size)
{
    uint32_t at = blob->used;
    memcpy(blob->data + at, data, size);
    blob->used += (uint32_t)size;
    return at;
}

static uint32_t put_text(struct blob *blob, const char *text)
{
    return put(blob, text, strlen(text) + 1);
}

static struct crac_fd *add_fd(struct sample *s, uint32_t fd, uint32_t kind, uint32_t flags)
{
    struct crac_fd *record = &s->fds[s->fd_count++];
    *record = (struct crac_fd){.fd = fd, .kind = kind, .status_flags = flags, .path = CRAC_NONE};
    return record;
}

static void add_listener(struct sample *s, uint32_t fd, const void *address, uint32_t size,
                         uint32_t family)
{
    struct crac_listener listener = {.family = family, .backlog = 511, .address_size = size};
    struct crac_fd *record = add_fd(s, fd, CRAC_FD_LISTENER, 2);
    memcpy(listener.address, address, size);
    record->data = put(&s->bytes, &listener, sizeof(listener));
    record->data_size = sizeof(listener);
}

static void add_listeners(struct sample *s)
{
    struct sockaddr_in ipv4 = {.sin_family = AF_INET, .sin_port = htons(3000)};
    struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6, .sin6_port = htons(3001)};
    struct sockaddr_un local = {.sun_family = AF_UNIX, .sun_path = "/run/sample.sock"};
    add_listener(s, 20, &ipv4, sizeof(ipv4), AF_INET);
    add_listener(s, 21, &ipv6, sizeof(ipv6), AF_INET6);
    add_listener(s, 22, &local, 2 + 17, AF_UNIX);
}

static void add_file(struct sample *s)
{
    struct crac_open_file file = {.size = 100, .mode = 0100644};
    struct crac_fd *record = add_fd(s, 23, CRAC_FD_FILE, 0);
    record->path = put_text(&s->strings, "/var/log/sample.log");
    record->data = put(&s->bytes, &file, sizeof(file));
    record->data_size = sizeof(file);
}

static void add_descriptors(struct sample *s)
{
    for (uint32_t fd = 0; fd < 3; fd++)
        add_fd(s, fd, CRAC_FD_STDIO, 2);
    add_fd(s, 3, CRAC_FD_EPOLL, 2);
    add_fd(s, 4, CRAC_FD_EPOLL, 2);
    add_fd(s, 5, CRAC_FD_EVENTFD, 2)->value = 7;
    struct crac_fd *reader = add_fd(s, 6, CRAC_FD_PIPE, 0), *writer = add_fd(s, 7, CRAC_FD_PIPE, 1);
    reader->value = writer->value = 65536;
    reader->pair = writer->pair = 6;
    reader->data = put(&s->bytes, "content", 7);
    reader->data_size = 7;
    struct crac_fd *ring = add_fd(s, 8, CRAC_FD_URING, 2);
    ring->value = 8;
    struct crac_fd *other_ring = add_fd(s, 9, CRAC_FD_URING, 2);
    other_ring->value = 8;
    other_ring->extra = 0x10008; /* IORING_SETUP_NO_SQARRAY | IORING_SETUP_CQSIZE */
    other_ring->pair = 64;
    add_fd(s, 10, CRAC_FD_DEVICE, 2)->path = put_text(&s->strings, "/dev/null");
    add_fd(s, 11, CRAC_FD_ALIAS, 2)->value = 1;
    add_fd(s, 12, CRAC_FD_DUPLICATE, 2)->value = 5;
    add_fd(s, 13, CRAC_FD_PLACEHOLDER, 2);
    add_fd(s, 14, CRAC_FD_INOTIFY, 0);
    struct crac_fd *left = add_fd(s, 15, CRAC_FD_SOCKETPAIR, 2),
                   *right = add_fd(s, 16, CRAC_FD_SOCKETPAIR, 2);
    left->pair = 16;
    right->pair = 15;
    left->extra = 0x201; /* SOCK_STREAM, shut down for writing */
    right->extra = 0x101;
    left->value = right->value = 212992;
    left->data = put(&s->bytes, "queued", 6);
    left->data_size = 6;
    add_listeners(s);
    add_file(s);
    add_fd(s, 24, CRAC_FD_CLOSED, 0);
}

static void add_epolls(struct sample *s)
{
    const uint32_t targets[4][2] = {{3, 5}, {3, 6}, {3, 8}, {4, 3}};
    for (int i = 0; i < 4; i++)
        s->epolls[i] = (struct crac_epoll){targets[i][0], targets[i][1], 0x19, 0, targets[i][1]};
}

static void add_mappings(struct sample *s)
{
    uint64_t at = BASE;
    for (int i = 0; i < 6; i++) {
        s->vmas[i] = (struct crac_vma){
            .start = at, .end = at + 0x4000, .file = CRAC_NONE, .prot = 3, .ring = CRAC_NONE};
        at += 0x5000;
    }
    s->vmas[1].flags = CRAC_VMA_FILE;
    s->vmas[1].file = 1;
    s->vmas[1].prot = 5;
    s->vmas[2].flags = CRAC_VMA_URING | CRAC_VMA_SHARED;
    s->vmas[2].ring = 8;
    s->vmas[3].flags = CRAC_VMA_SHARED;
    s->vmas[4].pkey = 1;
    s->vmas[5].flags = CRAC_VMA_STACK;
    s->runs[0] = (struct crac_run){.address = BASE, .length = 0x2000, .vma = 0};
    s->runs[1] = (struct crac_run){.address = BASE + 0x5000, .length = 0x1000, .vma = 1};
    s->runs[2] = (struct crac_run){.address = BASE + 0x19000, .length = 0x4000, .vma = 5};
}

static void add_files(struct sample *s)
{
    const char *const paths[2] = {"/usr/bin/node", "/usr/lib/libc.so.6"};
    for (int i = 0; i < 2; i++) {
        s->files[i] = (struct crac_file){.path = put_text(&s->strings, paths[i]),
                                         .identity_kind = CRAC_IDENTITY_BUILD_ID,
                                         .identity_size = 20};
    }
}

static void add_threads(struct sample *s)
{
    for (int i = 0; i < 2; i++) {
        s->threads[i] = (struct crac_thread){.rsp = BASE + 0x1c000,
                                             .rip = BASE + 0x5000,
                                             .mxcsr = 0x1f80,
                                             .clear_child_tid = BASE + 0x10,
                                             .rseq_size = 32,
                                             .rseq_address = BASE + 0x40,
                                             .name = "node"};
    }
}

static void add_sites(struct sample *s)
{
    s->owners[0] = (struct crac_owner){.address = BASE + 0x80, .thread = 1};
    s->generators[0] = (struct crac_generator){.state = BASE + 0x100};
    s->generators[1] = (struct crac_generator){
        .state = BASE + 0x200, .index = BASE + 0x210, .cache = BASE + 0x400};
}

static void add_image(struct sample *s)
{
    static const uint8_t text[0x2000];
    s->image = (struct crac_image){.magic = CRAC_MAGIC,
                                   .format = CRAC_FORMAT,
                                   .head_address = CRAC_HEAD_START(0),
                                   .kernel_needs = CRAC_NEEDS_IO_URING,
                                   .highest_fd = 24,
                                   .vvar_start = VDSO - 0x4000,
                                   .vdso_start = VDSO,
                                   .vdso_end = VDSO + sizeof(text),
                                   .vdso_text = put(&s->bytes, text, sizeof(text)),
                                   .pkeys = 2,
                                   .umask = 022,
                                   .cwd = put_text(&s->strings, "/srv")};
    s->pools = (struct crac_pools){.count = 1, .bytes = 2048};
    s->clock = (struct crac_clock){.realtime = 1, .monotonic = 1};
    strcpy(s->cpu.vendor, "SampleVendor");
    strcpy(s->cpu.brand, "Sample CPU");
}

/* Appends a vendor note and returns its end. */
static uint8_t *note(uint8_t *out, uint32_t type, const void *data, size_t size)
{
    Elf64_Nhdr header = {5, (Elf64_Word)size, CRAC_NOTE_BASE + type};
    memcpy(out, &header, sizeof(header));
    memcpy(out + sizeof(header), "CRaC", 5);
    memcpy(out + 24, data, size);
    return out + 24 + ((size + 7) & ~(size_t)7);
}

static uint8_t *notes(struct sample *s, uint8_t *out)
{
    static const char manifest[] = "{}";
    out = note(out, CRAC_NOTE_IMAGE, &s->image, sizeof(s->image));
    out = note(out, CRAC_NOTE_MANIFEST, manifest, 2);
    out = note(out, CRAC_NOTE_CPU, &s->cpu, sizeof(s->cpu));
    out = note(out, CRAC_NOTE_THREADS, s->threads, sizeof(s->threads));
    out = note(out, CRAC_NOTE_VMAS, s->vmas, sizeof(s->vmas));
    out = note(out, CRAC_NOTE_RUNS, s->runs, sizeof(s->runs));
    out = note(out, CRAC_NOTE_FILES, s->files, sizeof(s->files));
    out = note(out, CRAC_NOTE_FDS, s->fds, s->fd_count * sizeof(s->fds[0]));
    out = note(out, CRAC_NOTE_EPOLLS, s->epolls, sizeof(s->epolls));
    out = note(out, CRAC_NOTE_SIGNALS, s->signals, sizeof(s->signals));
    out = note(out, CRAC_NOTE_AUXV, s->auxv, sizeof(s->auxv));
    out = note(out, CRAC_NOTE_STRINGS, s->strings.data, s->strings.used);
    out = note(out, CRAC_NOTE_BYTES, s->bytes.data, s->bytes.used);
    out = note(out, CRAC_NOTE_CLOCK, &s->clock, sizeof(s->clock));
    out = note(out, CRAC_NOTE_OWNERS, s->owners, sizeof(s->owners));
    out = note(out, CRAC_NOTE_POOLS, &s->pools, sizeof(s->pools));
    out = note(out, CRAC_NOTE_TAGS, TAGS, sizeof(TAGS) - 1);
    return note(out, CRAC_NOTE_GENERATORS, s->generators, sizeof(s->generators));
}

static void elf(uint8_t *head, uint64_t vendor, uint64_t vendor_size, const struct sample *s)
{
    Elf64_Ehdr *header = (Elf64_Ehdr *)head;
    Elf64_Phdr *segment = (Elf64_Phdr *)(header + 1);
    memcpy(header->e_ident, ELFMAG "\2\1\1", 7);
    header->e_type = ET_CORE;
    header->e_machine = EM_X86_64;
    header->e_version = EV_CURRENT;
    header->e_phoff = header->e_ehsize = sizeof(*header);
    header->e_phentsize = sizeof(*segment);
    header->e_phnum = 2 + RUN_COUNT;
    segment[0] = (Elf64_Phdr){.p_type = PT_NOTE, .p_offset = vendor, .p_align = 4};
    segment[1] =
        (Elf64_Phdr){.p_type = PT_NOTE, .p_offset = vendor, .p_filesz = vendor_size, .p_align = 8};
    for (int i = 0; i < RUN_COUNT; i++) {
        const struct crac_run *run = &s->runs[i];
        segment[2 + i] = (Elf64_Phdr){.p_type = PT_LOAD,
                                      .p_offset = run->offset,
                                      .p_vaddr = run->address,
                                      .p_filesz = run->length,
                                      .p_memsz = run->length,
                                      .p_align = CRAC_PAGE};
    }
}

void *sample_head(size_t *size, uint64_t *file_size)
{
    static struct sample s;
    uint8_t *head = calloc(1, CAPACITY);
    uint64_t vendor = sizeof(Elf64_Ehdr) + (2 + RUN_COUNT) * sizeof(Elf64_Phdr);
    memset(&s, 0, sizeof(s));
    add_descriptors(&s);
    add_epolls(&s);
    add_mappings(&s);
    add_files(&s);
    add_sites(&s);
    add_threads(&s);
    add_image(&s);
    size_t vendor_size = (size_t)(notes(&s, head + vendor) - (head + vendor));
    *size = (vendor + vendor_size + CRAC_PAGE - 1) & ~(CRAC_PAGE - 1);
    uint64_t offset = *size;
    for (int i = 0; i < RUN_COUNT; i++) {
        s.runs[i].offset = offset;
        offset += s.runs[i].length;
    }
    s.image.head_size = *size;
    s.image.file_size = *file_size = offset;
    notes(&s, head + vendor);
    elf(head, vendor, vendor_size, &s);
    s.image.head_crc = crc32c(0, head, *size);
    notes(&s, head + vendor);
    return head;
}
