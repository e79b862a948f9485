/*
 * The settings that a terminal gets back when the process ends.
 *
 * libuv notes the settings of the first terminal that it puts into raw mode, and the number under
 * which it has it open; Node notes those of the standard streams when it starts. Both write them
 * back at the end, and a restored process would write the settings of another terminal. The notes
 * are variables of the executable or of libuv's library without a name, but each is a whole struct
 * termios, equal to what the terminal has while raw mode is off: 60 bytes that no other data is
 * equal to. They are looked for before the image and written after the restore.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include "terminal.h"

#define MOST_NOTES 8

static struct termios remembered;
static struct termios *notes[MOST_NOTES];
static size_t note_count;

/* Looks for notes in one run of writable data; that of the agent itself holds what is compared. */
static void search(const uint8_t *start, size_t size)
{
    const uint8_t *own = (const uint8_t *)&remembered;

    if (own >= start && own < start + size)
        return;
    for (size_t at = 0; at + sizeof remembered <= size && note_count < MOST_NOTES; at += 4) {
        if (memcmp(start + at, &remembered, sizeof remembered) == 0)
            notes[note_count++] = (struct termios *)(start + at);
    }
}

static int search_object(struct dl_phdr_info *info, size_t size, void *data)
{
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type == PT_LOAD && header->p_flags & PF_W)
            search((const uint8_t *)info->dlpi_addr + header->p_vaddr, header->p_memsz);
    }
    return 0;
}

napi_value terminal_remember(napi_env env, napi_callback_info info)
{
    note_count = 0;
    memset(&remembered, 0, sizeof remembered); /* tcgetattr() leaves some of it alone, as there */
    if (tcgetattr(STDIN_FILENO, &remembered) == 0)
        dl_iterate_phdr(search_object, NULL);
    return NULL;
}

/* Takes the number under which the old terminal was open; the new one becomes open under it, too.
 */
napi_value terminal_adopt(napi_env env, napi_callback_info info)
{
    struct termios settings = {0};
    size_t count = 1;
    napi_value argument;
    int32_t number = -1;

    napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
    napi_get_value_int32(env, argument, &number);
    if (note_count == 0 || tcgetattr(STDIN_FILENO, &settings) != 0)
        return NULL;
    for (size_t i = 0; i < note_count; i++)
        *notes[i] = settings;
    if (number > 2 && fcntl(number, F_GETFD) < 0)
        dup3(STDIN_FILENO, number, O_CLOEXEC);
    return NULL;
}
