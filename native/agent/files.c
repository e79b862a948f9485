/*
 * Mapped files. An image names each by path and by what it contains (its build-id), never by its
 * date: the launcher compares before it touches anything else.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "../image/identity.h"
#include "agent.h"

/*
 * Whether the file at `path` is the one that is mapped. Device numbers tell nothing: overlay and
 * btrfs show others in maps than in stat.
 */
static int is_same_file(const char *path, uint64_t inode)
{
    struct stat status;

    if (sys(SYS_stat, path, &status) != 0 || status.st_ino != inode)
        return 0;
    return S_ISREG(status.st_mode);
}

uint32_t files_add(struct workspace *w, const char *path, uint64_t device, uint64_t inode)
{
    for (size_t i = 0; i < w->file_count; i++)
        if (w->file_ids[i][0] == device && w->file_ids[i][1] == inode)
            return (uint32_t)i;
    if (w->file_count == CRAC_MAX_FILES || !is_same_file(path, inode))
        return CRAC_NONE;
    w->file_ids[w->file_count][0] = device;
    w->file_ids[w->file_count][1] = inode;
    w->files[w->file_count].path = pool_text(&w->save.strings, path);
    return (uint32_t)w->file_count++;
}

int files_identify(struct workspace *w, struct crac_error *error)
{
    for (size_t i = 0; i < w->file_count; i++) {
        const char *path = (const char *)w->save.strings.start + w->files[i].path;
        uint32_t name = w->files[i].path;
        long file = sys(SYS_open, path, O_RDONLY | O_CLOEXEC), failed;

        if (sys_failed(file))
            return error_set(error, "collect", file, "cannot open the mapped file", path);
        failed = file_identity((int)file, &w->files[i]);
        w->files[i].path = name;
        sys(SYS_close, file);
        if (failed)
            return error_set(error, "collect", failed, "cannot identify the mapped file", path);
    }
    return 0;
}
