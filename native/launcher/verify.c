/*
 * --verify: the structure has been checked already; here every page is read once.
 */
#include "launcher.h"

#define CHUNK_SIZE (1u << 20)

/* Reads the pages of one run and compares their checksum. */
static void check_run(const struct launch *l, size_t index)
{
    static uint8_t chunk[CHUNK_SIZE];
    const struct crac_run *run = &l->tables.runs[index];
    uint32_t crc = 0;

    for (uint64_t done = 0; done < run->length;) {
        uint64_t rest = run->length - done;
        long got = sys(SYS_pread64, l->image_fd, chunk, rest < CHUNK_SIZE ? rest : CHUNK_SIZE,
                       run->offset + done);
        if (sys_failed(got))
            fail(STATUS_REFUSED, "cannot read ", l->directory, "/process.core: ", errno_text(-got),
                 ".");
        if (got == 0)
            fail(STATUS_DAMAGED, "the image ", l->directory,
                 "/process.core is damaged: it ends within run ", decimal(index),
                 ". Make a new checkpoint.");
        crc = crc32c(crc, chunk, (size_t)got);
        done += (uint64_t)got;
    }
    if (crc != run->crc)
        fail(STATUS_DAMAGED, "the image ", l->directory,
             "/process.core is damaged: the pages of run ", decimal(index), " (address ",
             hexadecimal(run->address), ") have checksum ", hexadecimal(crc), " instead of ",
             hexadecimal(run->crc), ". Make a new checkpoint.");
}

/* Says one line and ends with success, or ends at the first damage. */
_Noreturn void image_verify(const struct launch *l)
{
    char line[160];
    struct text text = TEXT_IN(line);
    uint64_t bytes = 0;

    for (size_t i = 0; i < l->tables.run_count; i++) {
        check_run(l, i);
        bytes += l->tables.runs[i].length;
    }
    text_add(&text, "process.core: ");
    text_add_number(&text, l->tables.run_count);
    text_add(&text, " runs, ");
    text_add_number(&text, bytes);
    text_add(&text, " bytes, all checksums match\n");
    sys(SYS_write, 1, text.start, text.used);
    for (;;)
        sys(SYS_exit_group, 0);
}
