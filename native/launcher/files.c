/*
 * Files that the process maps: each must still be there and hold the same bytes, because only the
 * pages that the process changed are in the image.
 *
 * Each file stays open from its check to its mapping, so it can't be exchanged in between.
 */
#include <fcntl.h>
#include "../image/identity.h"
#include "launcher.h"

/* What the bytes of an identity are, for messages. */
static const char *kind_name(uint32_t kind)
{
    return kind == CRAC_IDENTITY_BUILD_ID ? "build-id " : "checksum ";
}

/* Whether two records describe the same content. */
static int is_same(const struct crac_file *a, const struct crac_file *b)
{
    if (a->size != b->size || a->identity_kind != b->identity_kind ||
        a->identity_size != b->identity_size)
        return 0;
    for (uint32_t i = 0; i < a->identity_size; i++)
        if (a->identity[i] != b->identity[i])
            return 0;
    return 1;
}

static void check_identity(int fd, const struct crac_file *wanted, const char *path)
{
    struct crac_file here;
    long failed = file_identity(fd, &here);

    if (failed)
        fail(STATUS_CONSTRAINT, "cannot read ", path,
             ", which the image maps: ", errno_text(-failed), ".");
    if (!is_same(wanted, &here))
        fail(STATUS_CONSTRAINT, path, " is not the file that the image maps: it has ",
             decimal(here.size), " bytes and ", kind_name(here.identity_kind),
             hexdump(here.identity, here.identity_size), ", the image needs ",
             decimal(wanted->size), " bytes and ", kind_name(wanted->identity_kind),
             hexdump(wanted->identity, wanted->identity_size),
             ". Put the same version there, or make a new checkpoint.");
}

/* Opens one file and compares it: its descriptor, above those of the image. */
static int open_file(struct launch *l, const struct crac_file *file)
{
    const char *path = l->tables.strings + file->path;
    long fd = sys(SYS_open, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (sys_failed(fd))
        fail(STATUS_CONSTRAINT, "cannot open ", path, ", which the image maps: ", errno_text(-fd),
             ". Put the same file there, or make a new checkpoint.");
    check_identity((int)fd, file, path);
    return descriptors_raise(l, (int)fd);
}

void files_open(struct launch *l)
{
    if (l->tables.file_count > MOST_FILES)
        fail(STATUS_CONSTRAINT, "the image maps ", decimal(l->tables.file_count),
             " files, this launcher can open ", decimal(MOST_FILES), ".");
    l->directory_fd = descriptors_raise(l, l->directory_fd);
    l->image_fd = descriptors_raise(l, l->image_fd);
    for (size_t i = 0; i < l->tables.file_count; i++)
        l->file_fds[i] = open_file(l, &l->tables.files[i]);
}
