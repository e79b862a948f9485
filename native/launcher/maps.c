/*
 * This process's own mappings: where the kernel put the vDSO, and as which file the head appears.
 *
 * The restored process recognises pages of its image in /proc/self/maps by device and inode. Some
 * file systems (btrfs, overlay) show other numbers there than stat does, so they are taken from the
 * head's own line.
 */
#include "launcher.h"

static char text_of_maps[65536];

/* Remembers a mapping that belongs to the vDSO; they come in ascending order. */
static void add_vdso_part(struct vdso *vdso, uint64_t start, uint64_t end, const char *name)
{
    if (vdso->count == MOST_VDSO_PARTS)
        fail(STATUS_CONSTRAINT, "this kernel's vDSO consists of more parts than this launcher "
                                "knows to move. Use a newer version of node-crac.");
    vdso->parts[vdso->count++] = (struct vdso_part){start, end};
    if (text_starts(name, "[vdso]")) {
        vdso->text = start;
        vdso->text_end = end;
    }
}

/* Takes the line at `at`: the beginning of the next one. */
static const char *take_line(struct launch *l, const char *at)
{
    uint64_t start = text_number(&at, 16), end, major;
    at++;
    end = text_number(&at, 16);
    at += 6; /* permissions */
    text_number(&at, 16);
    at++;
    major = text_number(&at, 16);
    at++;
    uint64_t device = major << 32 | text_number(&at, 16), inode = text_number(&at, 10);

    while (*at == ' ')
        at++;
    if (text_starts(at, "[vvar") || text_starts(at, "[vdso]"))
        add_vdso_part(&l->vdso, start, end, at);
    if (start == l->tables.image->head_address) {
        l->image_device = device;
        l->image_inode = inode;
    }
    while (*at && *at != '\n')
        at++;
    return at + (*at == '\n');
}

/* The list is short: nothing is mapped but this program, its stack and the vDSO. */
void maps_read(struct launch *l)
{
    long size = file_read("/proc/self/maps", text_of_maps, sizeof text_of_maps);

    if (size < 0)
        fail(STATUS_CONSTRAINT, "cannot read /proc/self/maps: ", errno_text(-size),
             ". A restore needs /proc to be mounted.");
    for (const char *at = text_of_maps; *at;)
        at = take_line(l, at);
}
