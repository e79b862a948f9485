/*
 * Notes for debuggers, as the kernel writes them into core files: a NT_PRSTATUS for each thread
 * (the main thread first), NT_PRPSINFO, NT_AUXV and NT_FILE. gdb and llnode read them; a restore
 * does not.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <signal.h>
#include <sys/procfs.h>
#include <ucontext.h>
#include "agent.h"

/* Where notes go: only counted while `out` is NULL. */
struct sink {
    uint8_t *out;
    size_t used;
};

static void put(struct sink *sink, const void *data, size_t size)
{
    if (sink->out)
        for (size_t i = 0; i < size; i++)
            sink->out[sink->used + i] = ((const uint8_t *)data)[i];
    sink->used += size;
}

static void put_header(struct sink *sink, uint32_t type, size_t size)
{
    Elf64_Nhdr header = {5, (Elf64_Word)size, type};

    put(sink, &header, sizeof header);
    put(sink, "CORE\0\0\0", 8);
}

static void put_padding(struct sink *sink)
{
    put(sink, "\0\0\0", (4 - sink->used % 4) % 4);
}

/* Registers where the thread was interrupted; for the main thread, where it asked for the
 * checkpoint. */
static void fill_registers(elf_gregset_t out, const struct stopped *thread)
{
    struct user_regs_struct *to = (struct user_regs_struct *)out;
    const struct crac_thread *record = &thread->record;
    const ucontext_t *context = thread->context;

    to->fs_base = record->fs_base;
    to->gs_base = record->gs_base;
    to->cs = 0x33;
    to->ss = 0x2b;
    to->orig_rax = ~0ull;
    if (!context) {
        to->rbx = record->rbx, to->rbp = record->rbp, to->r12 = record->r12, to->r13 = record->r13;
        to->r14 = record->r14, to->r15 = record->r15, to->rsp = record->rsp, to->rip = record->rip;
        to->eflags = 0x202;
        return;
    }
    const greg_t *from = context->uc_mcontext.gregs;
    to->r8 = (uint64_t)from[REG_R8], to->r9 = (uint64_t)from[REG_R9],
    to->r10 = (uint64_t)from[REG_R10];
    to->r11 = (uint64_t)from[REG_R11], to->r12 = (uint64_t)from[REG_R12],
    to->r13 = (uint64_t)from[REG_R13];
    to->r14 = (uint64_t)from[REG_R14], to->r15 = (uint64_t)from[REG_R15],
    to->rdi = (uint64_t)from[REG_RDI];
    to->rsi = (uint64_t)from[REG_RSI], to->rbp = (uint64_t)from[REG_RBP],
    to->rbx = (uint64_t)from[REG_RBX];
    to->rdx = (uint64_t)from[REG_RDX], to->rax = (uint64_t)from[REG_RAX],
    to->rcx = (uint64_t)from[REG_RCX];
    to->rsp = (uint64_t)from[REG_RSP], to->rip = (uint64_t)from[REG_RIP],
    to->eflags = (uint64_t)from[REG_EFL];
}

static void put_thread(struct sink *sink, const struct workspace *w, const struct stopped *thread)
{
    struct elf_prstatus status = {0};

    status.pr_pid = (int)thread->record.tid;
    status.pr_pgrp = (int)w->image.pid;
    status.pr_fpvalid = 0;
    fill_registers(status.pr_reg, thread);
    put_header(sink, NT_PRSTATUS, sizeof status);
    put(sink, &status, sizeof status);
}

static void put_process(struct sink *sink, const struct workspace *w)
{
    struct elf_prpsinfo info = {0};
    struct text name = TEXT_IN(info.pr_fname), arguments = TEXT_IN(info.pr_psargs);

    info.pr_sname = 'R';
    info.pr_pid = (int)w->image.pid;
    text_add(&name, w->stopped[0].record.name);
    text_add(&arguments, w->image.executable == CRAC_NONE ? w->stopped[0].record.name
                                                          : (const char *)w->save.strings.start +
                                                                w->files[w->image.executable].path);
    put_header(sink, NT_PRPSINFO, sizeof info);
    put(sink, &info, sizeof info);
}

/* count, page size, then start, end and offset in pages of each mapping, then the names. */
static void put_files(struct sink *sink, const struct workspace *w)
{
    struct sink size = {0};
    uint64_t header[2] = {0, CRAC_PAGE};

    for (int pass = 0; pass < 2; pass++) {
        struct sink *to = pass ? sink : &size;
        if (pass)
            put_header(sink, NT_FILE, size.used);
        put(to, header, sizeof header);
        header[0] = 0;
        for (size_t i = 0; i < w->vma_count; i++) {
            uint64_t entry[3] = {w->vmas[i].start, w->vmas[i].end,
                                 w->vmas[i].file_offset / CRAC_PAGE};
            if (w->vmas[i].flags & CRAC_VMA_FILE)
                put(to, entry, sizeof entry), header[0]++;
        }
        for (size_t i = 0; i < w->vma_count; i++) {
            if (!(w->vmas[i].flags & CRAC_VMA_FILE))
                continue;
            const char *path = (const char *)w->save.strings.start + w->files[w->vmas[i].file].path;
            put(to, path, text_length(path) + 1);
        }
    }
    put_padding(sink);
}

size_t notes_standard(const struct workspace *w, uint8_t *out)
{
    struct sink sink = {out, 0};

    put_thread(&sink, w, &w->stopped[0]);
    put_process(&sink, w);
    put_header(&sink, NT_AUXV, w->auxv_size);
    put(&sink, w->auxv, w->auxv_size);
    put_padding(&sink);
    put_files(&sink, w);
    for (size_t i = 1; i < w->thread_count; i++)
        put_thread(&sink, w, &w->stopped[i]);
    return sink.used;
}
