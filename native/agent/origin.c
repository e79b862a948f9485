/*
 * The image that this process came from. Its head is mapped for as long as the process lives: the
 * launcher has validated it, so notes and tables are used in place.
 */
#include <elf.h>
#include "agent.h"

struct origin origin;

const struct crac_handoff *origin_handoff(void)
{
    return (const struct crac_handoff *)(origin.head_address + origin_image()->head_size);
}

const void *note_in(uint64_t address, uint32_t type, uint64_t *size)
{
    const uint8_t *head = (const uint8_t *)address;
    const Elf64_Phdr *vendor = (const Elf64_Phdr *)(head + sizeof(Elf64_Ehdr)) + 1;
    const uint8_t *at = head + vendor->p_offset, *end = at + vendor->p_filesz;

    while (at < end) {
        const Elf64_Nhdr *note = (const Elf64_Nhdr *)at;
        if (note->n_type == CRAC_NOTE_BASE + type) {
            *size = note->n_descsz;
            return at + 24;
        }
        at += (24 + (uint64_t)note->n_descsz + 7) & ~7ull;
    }
    *size = 0;
    return NULL;
}

const void *origin_note(uint32_t type, uint64_t *size)
{
    return note_in(origin.head_address, type, size);
}

uint64_t origin_free_head(void)
{
    return CRAC_HEAD_START(origin.head_address == CRAC_HEAD_START(0) ? 1 : 0);
}

const struct crac_image *origin_image(void)
{
    uint64_t size;
    return origin_note(CRAC_NOTE_IMAGE, &size);
}

const uint8_t *origin_bytes(void)
{
    uint64_t size;
    return origin_note(CRAC_NOTE_BYTES, &size);
}

const char *origin_cwd(void)
{
    uint64_t size;
    const char *strings = origin_note(CRAC_NOTE_STRINGS, &size);
    return strings + origin_image()->cwd;
}
