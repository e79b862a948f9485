/*
 * Writing while the process goes on: a child, made by fork while the world is stopped, has the same
 * memory and writes it at its leisure; the kernel copies what the parent changes meanwhile.
 *
 * V8 marks its pages MADV_DONTFORK, so they would be missing in the child: the marks are taken off
 * for the moment of the fork. The child has one thread and uses raw system calls only. Its exit
 * signal is none, so that neither SIGCHLD nor a wait for any child in the parent ever tells of it.
 * Its error travels through a page that both share.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "agent.h"

/* Shared with the writing child; NULL while there is none. Owned by this file. */
static struct crac_error *shared_error;

/* Marks or unmarks what a fork would leave out or empty. */
static void let_fork(const struct workspace *w, int let)
{
    for (size_t i = 0; i < w->vma_count; i++) {
        const struct crac_vma *vma = &w->vmas[i];
        uint64_t size = vma->end - vma->start;
        if (vma->flags & CRAC_VMA_URING)
            continue;
        if (vma->flags & CRAC_VMA_DONTFORK)
            sys(SYS_madvise, vma->start, size, let ? MADV_DOFORK : MADV_DONTFORK);
        if (vma->flags & CRAC_VMA_WIPEONFORK)
            sys(SYS_madvise, vma->start, size, let ? MADV_KEEPONFORK : MADV_WIPEONFORK);
    }
}

/* The child: lets go of the parent's descriptors (its listening ports, its pipes) and writes. */
static void write_and_exit(struct workspace *w)
{
    sys(SYS_close_range, 3, ~0u, 0);
    sys(SYS_exit_group, image_write(w, shared_error) == 0 ? 0 : 1);
    __builtin_unreachable();
}

int writer_start(struct workspace *w, int *pid, struct crac_error *error)
{
    long page =
             sys(SYS_mmap, 0, CRAC_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0),
         child;

    if (sys_failed(page))
        return error_set(error, "fork", page, "cannot get memory for", "the writing process");
    shared_error = (struct crac_error *)page;
    let_fork(w, 1);
    child = sys(SYS_clone, 0, 0, 0, 0, 0);
    if (child == 0)
        write_and_exit(w);
    let_fork(w, 0);
    if (child < 0) {
        sys(SYS_munmap, page, CRAC_PAGE);
        return error_set(error, "fork", child, "cannot start", "the writing process");
    }
    *pid = (int)child;
    return 0;
}

int writer_poll(int pid, struct crac_error *error)
{
    int status = 0, result = 0;
    long got = sys(SYS_wait4, pid, &status, WNOHANG | __WALL, 0);

    if (got == 0)
        return 1;
    if (got < 0) {
        result = error_set(error, "write", got, "lost sight of", "the writing process");
    } else if (!WIFEXITED(status)) {
        result = error_set(error, "write", 0, "something killed",
                           "the writing process before the image was whole");
    } else if (WEXITSTATUS(status) != 0) {
        *error = *shared_error;
        result = -1;
    }
    if (shared_error)
        sys(SYS_munmap, shared_error, CRAC_PAGE);
    shared_error = NULL;
    return result;
}
