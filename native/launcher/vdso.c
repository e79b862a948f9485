/*
 * The vDSO: a page of the kernel's code in every process, with variables before it. The image's
 * libc has remembered where its functions are.
 *
 * Under the same kernel the same code at the same address will do: this process's vDSO is moved
 * there, part by part, since each part is a mapping of its own. Under another kernel the new vDSO
 * stays in the launcher's part for good, and a copy of the old text, whose entry points lead into
 * the new one, lies at the old address (vdso-bridge.c). The same is done where the agent has to
 * shift the clock: then clock_gettime leads to the agent.
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include "launcher.h"

/* First address of all parts; the text is the last one. */
static uint64_t first_address(const struct vdso *vdso)
{
    return vdso->parts[0].start;
}

/* JUSTIFICATION: only mremap keeps the kernel's special mappings alive. SAFETY: the target range is
 * the launcher's own, or free. */
static void move(struct vdso *vdso, uint64_t target)
{
    uint64_t from = first_address(vdso);

    for (size_t i = 0; i < vdso->count; i++) {
        struct vdso_part *part = &vdso->parts[i];
        uint64_t size = part->end - part->start, to = target + (part->start - from);
        long got = sys(SYS_mremap, part->start, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, to);
        if (sys_failed(got))
            fail_call("moving the vDSO", part->start, got);
        *part = (struct vdso_part){to, to + size};
    }
    vdso->text = vdso->text - from + target;
    vdso->text_end = vdso->text_end - from + target;
}

/* Tests act as if every kernel were another one. */
static int is_bridge_forced(const struct launch *l)
{
    for (char **entry = l->command.environment; *entry; entry++)
        if (text_equal(*entry, "CRAC_FAULT=foreign-vdso"))
            return 1;
    return 0;
}

/* Whether this kernel's vDSO is byte for byte the image's, with variables of the same size. */
static int is_same(const struct launch *l)
{
    const struct crac_image *image = l->tables.image;
    const struct vdso *vdso = &l->vdso;
    uint64_t size = image->vdso_end - image->vdso_start;
    const uint64_t *old = (const uint64_t *)(l->tables.bytes + image->vdso_text);
    const uint64_t *new = (const uint64_t *)vdso->text;

    if (vdso->text_end - vdso->text != size ||
        vdso->text - first_address(vdso) != image->vdso_start - image->vvar_start)
        return 0;
    for (uint64_t i = 0; i < size / sizeof *old; i++)
        if (old[i] != new[i])
            return 0;
    return 1;
}

void vdso_put_aside(struct launch *l)
{
    struct vdso *vdso = &l->vdso;
    uint64_t size;

    if (vdso->text == 0 || l->tables.image->vdso_start == 0)
        return;
    size = vdso->text_end - first_address(vdso);
    move(vdso, CRAC_LAUNCHER_END - size);
}

void vdso_keep(struct launch *l)
{
    if (l->vdso.text == 0 || l->tables.image->vdso_start == 0)
        return;
    if (l->clock_shift || !is_same(l) || is_bridge_forced(l)) {
        l->keep_start = first_address(&l->vdso);
        l->keep_end = CRAC_LAUNCHER_END;
    }
}

/* Puts the old text, bridged to the new one, where the image expects it. The place of its variables
 * stays taken: what settled there would be in the way of the next image. */
static void install_bridge(const struct launch *l)
{
    const struct crac_image *image = l->tables.image;
    uint64_t size = image->vdso_end - image->vdso_start;
    long failed = sys(SYS_mmap, image->vvar_start, image->vdso_end - image->vvar_start, PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);

    if (!sys_failed(failed))
        failed = sys(SYS_mprotect, image->vdso_start, size, PROT_READ | PROT_WRITE);
    if (sys_failed(failed))
        fail_call("mmap of the old vDSO", image->vdso_start, failed);
    vdso_bridge(l->tables.bytes + image->vdso_text, (uint8_t *)image->vdso_start, size, &l->vdso,
                l->clock_shift ? l->tables.clock->entry : 0);
    failed = sys(SYS_mprotect, image->vdso_start, size, PROT_READ | PROT_EXEC);
    if (failed)
        fail_call("mprotect of the old vDSO", image->vdso_start, failed);
}

void vdso_install(const struct launch *l)
{
    struct vdso vdso = l->vdso;

    if (l->tables.image->vdso_start == 0)
        return;
    if (l->keep_start || vdso.text == 0)
        install_bridge(l);
    else
        move(&vdso, l->tables.image->vvar_start);
}
