/*
 * Mappings: /proc/self/maps -> struct crac_vma.
 *
 * What a restored process was mapped from its image looks like a mapping of that file. It is memory
 * like any other here, of which every page belongs into the next image; neighbours that only differ
 * in that become one VMA again, so that a chain of checkpoints does not grow.
 */
#include <sys/mman.h>
#include "agent.h"

/* One line of /proc/self/maps. */
struct line {
    uint64_t start, end, offset, device, inode;
    uint32_t prot;
    int shared;
    const char *path;
};

/* Parses the line at *cursor, terminates its path and moves behind it. 0 at the end of the text. */
static int parse_line(char **cursor, struct line *line)
{
    const char *at = *cursor;
    char *end;
    uint64_t major;

    if (!*at)
        return 0;
    line->start = text_number(&at, 16);
    at++;
    line->end = text_number(&at, 16);
    at++;
    line->prot = (uint32_t)((at[0] == 'r' ? PROT_READ : 0) | (at[1] == 'w' ? PROT_WRITE : 0) |
                            (at[2] == 'x' ? PROT_EXEC : 0));
    line->shared = at[3] == 's';
    at += 5;
    line->offset = text_number(&at, 16);
    at++;
    major = text_number(&at, 16);
    at++;
    line->device = major << 32 | text_number(&at, 16);
    line->inode = text_number(&at, 10);
    while (*at == ' ')
        at++;
    line->path = at;
    for (end = (char *)at; *end && *end != '\n'; end++)
        ;
    if (*end)
        *end++ = 0;
    *cursor = end;
    return 1;
}

/* What becomes of a mapping. */
enum fate { SKIP, ANONYMOUS, WHOLE, FILE_BACKED, SHARED_ANONYMOUS, RING, REFUSE };

static enum fate decide(struct workspace *w, const struct line *line)
{
    const char *path = line->path;

    if (line->start >= CRAC_RESERVED_START && line->end <= CRAC_RESERVED_END)
        return SKIP;
    if (text_starts(path, "[vvar") || text_starts(path, "[vsyscall]") ||
        text_starts(path, "[vdso]"))
        return SKIP;
    if (origin.restored && line->inode == origin.image_inode && line->device == origin.image_device)
        return WHOLE;
    if (text_starts(path, "anon_inode:[io_uring]"))
        return RING;
    if (line->shared)
        return text_equal(path, "/dev/zero (deleted)") ? SHARED_ANONYMOUS
               : path[0] == '/' && !(line->prot & PROT_WRITE) && !text_ends(path, " (deleted)")
                   ? FILE_BACKED
                   : REFUSE;
    if (line->inode == 0 || text_starts(path, "/dev/zero"))
        return ANONYMOUS;
    if (path[0] != '/')
        return REFUSE;
    return text_ends(path, " (deleted)") ? WHOLE : FILE_BACKED;
}

static void note_vdso(struct workspace *w, const struct line *line)
{
    if (text_starts(line->path, "[vvar") &&
        (w->image.vvar_start == 0 || line->start < w->image.vvar_start))
        w->image.vvar_start = line->start;
    if (text_equal(line->path, "[vdso]")) {
        w->image.vdso_start = line->start;
        w->image.vdso_end = line->end;
    }
}

/* What stands in the way, and what to do. */
static const char *reason(const struct line *line)
{
    if (!line->shared)
        return "a mapping of this kind can't travel: unmap it in beforeCheckpoint (";
    if (text_ends(line->path, "-shm"))
        return "the index of an SQLite database in WAL mode can't travel: close the database in "
               "beforeCheckpoint, or call PRAGMA journal_mode = DELETE there and PRAGMA "
               "journal_mode = WAL in afterRestore (";
    return "a shared mapping that others may change can't travel: unmap it in beforeCheckpoint (";
}

static void refuse(struct workspace *w, const struct line *line)
{
    char buffer[512];
    struct text message = TEXT_IN(buffer);

    text_add(&message, reason(line));
    text_add_hex(&message, line->start);
    text_add(&message, "-");
    text_add_hex(&message, line->end);
    text_add(&message, ")");
    problem_add(w, CRAC_NONE, line->path, message.start);
}

/* The descriptor of the ring that a mapping belongs to. */
static uint32_t ring_of(const struct workspace *w, uint64_t inode)
{
    for (uint32_t i = 0; i < w->save.ring_count; i++)
        if (w->save.ring_inodes[i] == inode)
            return w->save.ring_fds[i];
    return CRAC_NONE;
}

/* Whether b simply continues a, so that both can be one VMA. */
static int continues(const struct crac_vma *a, const struct crac_vma *b)
{
    const uint32_t special = CRAC_VMA_FILE | CRAC_VMA_SHARED | CRAC_VMA_URING | CRAC_VMA_STACK;

    return a->end == b->start && a->prot == b->prot && a->flags == b->flags && a->pkey == b->pkey &&
           !(a->flags & special);
}

static int add(struct workspace *w, const struct crac_vma *vma, int whole, struct crac_error *error)
{
    struct crac_vma *last = w->vma_count ? &w->vmas[w->vma_count - 1] : NULL;

    if (w->piece_count == CRAC_MAX_VMAS || w->vma_count == CRAC_MAX_VMAS)
        return error_set(error, "collect", -12,
                         "the process has more mappings than an image can hold:", "65536");
    if (last && continues(last, vma))
        last->end = vma->end;
    else
        w->vmas[w->vma_count++] = *vma;
    w->pieces[w->piece_count++] =
        (struct piece){vma->start, vma->end, (uint32_t)w->vma_count - 1, (uint32_t)whole};
    return 0;
}

/* Adds a VMA without its guard pages, and those as one without rights, of which no page is written.
 */
static int add_guarded(struct workspace *w, const struct crac_vma *vma, int whole,
                       struct crac_error *error)
{
    struct crac_vma part = *vma;
    uint64_t guard[2];

    while (part.start < vma->end && guards_find(&w->guards, part.start, vma->end, guard)) {
        part.end = guard[0];
        if (part.start < part.end && add(w, &part, whole, error) != 0)
            return -1;
        part = *vma;
        part.start = guard[0], part.end = guard[1], part.prot = PROT_NONE;
        if (add(w, &part, 0, error) != 0)
            return -1;
        w->piece_count--;
        part = *vma;
        part.start = guard[1];
    }
    return part.start < vma->end ? add(w, &part, whole, error) : 0;
}

/* Makes a VMA of a part of a line. Returns 0; 1 when smaps must be read again; -1 on an error. */
static int take_part(struct workspace *w, const struct line *line, struct crac_error *error)
{
    struct crac_vma vma = {.start = line->start,
                           .end = line->end,
                           .prot = line->prot,
                           .file = CRAC_NONE,
                           .ring = CRAC_NONE};
    enum fate fate = decide(w, line);

    note_vdso(w, line);
    if (fate == SKIP)
        return 0;
    if (fate == REFUSE) {
        refuse(w, line);
        return 0;
    }
    if (hints_find(w, line->start, line->end, &vma.flags, &vma.pkey) != 0)
        return 1;
    if (fate == FILE_BACKED) {
        vma.file = files_add(w, line->path, line->device, line->inode);
        vma.file_offset = line->offset;
        vma.flags |= CRAC_VMA_FILE | (line->shared ? CRAC_VMA_SHARED : 0);
        if (vma.file == CRAC_NONE) /* another file lies at that path by now */
            vma.flags &= ~CRAC_VMA_FILE, fate = WHOLE;
    } else if (fate == SHARED_ANONYMOUS) {
        vma.flags |= CRAC_VMA_SHARED;
    } else if (fate == RING) {
        vma.flags |= CRAC_VMA_URING | CRAC_VMA_SHARED;
        vma.file_offset = line->offset;
        vma.ring = ring_of(w, line->inode);
        if (vma.ring == CRAC_NONE)
            return refuse(w, line), 0;
    } else if (text_equal(line->path, "[stack]")) {
        vma.flags |= CRAC_VMA_STACK;
    }
    if ((fate == ANONYMOUS && !(vma.flags & CRAC_VMA_STACK)) || fate == WHOLE)
        return add_guarded(w, &vma, fate == WHOLE, error);
    return add(w, &vma, fate == SHARED_ANONYMOUS, error);
}

/* Makes VMAs of a line: 0, 1 or -1 as above. What the launcher left at the old place of a vDSO is
 * described by the image's own fields, and the kernel may have made one mapping of it and its
 * neighbours. */
static int take(struct workspace *w, const struct line *line, struct crac_error *error)
{
    const struct crac_image *from = origin.restored ? origin_image() : NULL;
    struct line part = *line;
    int result = 0;

    if (!from || line->end <= from->vvar_start || line->start >= from->vdso_end)
        return take_part(w, line, error);
    if (line->start < from->vvar_start) {
        part.end = from->vvar_start;
        result = take_part(w, &part, error);
    }
    if (result == 0 && line->end > from->vdso_end) {
        part = *line;
        part.offset += from->vdso_end - line->start;
        part.start = from->vdso_end;
        result = take_part(w, &part, error);
    }
    return result;
}

/* Runs once over the text of maps: 0, 1 when smaps must be read again, -1 on an error. */
static int collect_once(struct workspace *w, char *text, struct crac_error *error)
{
    struct line line;
    int result = 0;

    w->vma_count = w->piece_count = 0;
    w->image.vvar_start = w->image.vdso_start = w->image.vdso_end = 0;
    w->image.address_space = 0;
    while (result == 0 && parse_line(&text, &line)) {
        result = take(w, &line, error);
        w->image.address_space += line.end - line.start;
    }
    return result;
}

/* A process whose kernel has another vDSO, or none, keeps telling the next image of the one that
 * its libc remembers. */
static int keep_foreign_vdso(struct workspace *w)
{
    const struct crac_image *from;

    if (!origin.restored || origin_image()->vdso_start == w->image.vdso_start)
        return 0;
    from = origin_image();
    w->image.vvar_start = from->vvar_start;
    w->image.vdso_start = from->vdso_start;
    w->image.vdso_end = from->vdso_end;
    return 1;
}

static void copy_vdso(struct workspace *w)
{
    const uint8_t *text = (const uint8_t *)w->image.vdso_start;
    uint64_t size = w->image.vdso_end - w->image.vdso_start;

    if (keep_foreign_vdso(w)) {
        text = origin_bytes() + origin_image()->vdso_text;
        size = w->image.vdso_end - w->image.vdso_start;
    }
    w->image.vdso_text = (uint32_t)pool_add(&w->save.bytes, text, size);
}

int maps_collect(struct workspace *w, struct crac_error *error)
{
    uint64_t text = w->image.head_address, capacity = 64u << 20;
    long opened =
        head_open(text, capacity); /* the head's place serves as scratch before the head is built */
    uint32_t problems = w->save.problem_count;
    int result = 1;

    if (opened != 0)
        return error_set(error, "collect", opened, "cannot get memory for", "/proc/self/maps");
    opened = guards_open(&w->guards);
    if (opened != 0)
        result = error_set(error, "collect", opened, "cannot open", "/proc/self/pagemap or mem");
    for (int attempt = 0; attempt < 2 && result == 1; attempt++) {
        long size = file_read("/proc/self/maps", (char *)text, capacity);
        w->save.problem_count = problems;
        if (size < 0)
            result = error_set(error, "collect", size, "cannot read", "/proc/self/maps");
        else
            result = collect_once(w, (char *)text, error);
        if (result == 1 && hints_read(w, error) != 0)
            result = -1;
    }
    guards_close(&w->guards);
    head_close(text);
    if (result == 1)
        result =
            error_set(error, "collect", -11,
                      "mappings change although all threads are stopped:", "smaps and maps differ");
    if (result == 0)
        copy_vdso(w);
    return result;
}
