/*
 * Identity of the process and what it has that can't be carried over: children, timers, a tracer.
 */
#include <sys/resource.h>
#include <sys/syscall.h>
#include "../arch/x86_64/pkru.h"
#include "agent.h"

void problem_add(struct workspace *w, uint32_t fd, const char *target, const char *message)
{
    uint32_t index = w->save.problem_count++;

    if (index >= CRAC_MAX_PROBLEMS)
        return;
    struct crac_problem *problem = &w->save.problems[index];
    struct text name = TEXT_IN(problem->target), sentence = TEXT_IN(problem->message);
    problem->fd = fd;
    text_add(&name, target);
    text_add(&sentence, message);
}

uint32_t process_pkeys(void)
{
    uint32_t got = 0, used = 0, rights = pkru_read(); /* each key changes PKRU on its way */
    long key;

    if (!pkru_exists())
        return 0;
    /* The kernel gives the lowest free key: what it does not give is taken. */
    while ((key = sys(SYS_pkey_alloc, 0, 0)) > 0 && key < 16)
        got |= 1u << key;
    for (uint32_t i = 1; i < 16; i++) {
        if (got & 1u << i)
            sys(SYS_pkey_free, i);
        else
            used |= 1u << i;
    }
    pkru_write(rights);
    return used;
}

/* Fields of /proc/self/stat from the fourth on, by their number in proc(5). */
static int read_stat(struct workspace *w, struct crac_error *error)
{
    uint64_t field[53] = {0};
    char *text = w->save.scratch;
    long size = file_read("/proc/self/stat", text, w->save.scratch_size);
    const char *at = NULL;

    if (size < 0)
        return error_set(error, "collect", size, "cannot read", "/proc/self/stat");
    for (const char *c = text; *c; c++) /* the name in brackets may hold anything */
        if (*c == ')')
            at = c;
    if (!at)
        return error_set(error, "collect", -5, "cannot understand", "/proc/self/stat");
    at += 4;
    for (int i = 4; i < 53; i++) {
        while (*at == ' ' || *at == '-')
            at++;
        field[i] = text_number(&at, 10);
    }
    w->image.start_code = field[26];
    w->image.end_code = field[27];
    w->image.start_stack = field[28];
    w->image.start_data = field[45];
    w->image.end_data = field[46];
    w->image.start_brk = field[47];
    w->image.arg_start = field[48];
    w->image.arg_end = field[49];
    w->image.env_start = field[50];
    w->image.env_end = field[51];
    w->image.brk = (uint64_t)sys(SYS_brk, 0);
    return 0;
}

/* Names every child of a thread as a problem. */
static void refuse_children(struct workspace *w, uint32_t tid)
{
    char path_buffer[96], target_buffer[64];
    struct text path = TEXT_IN(path_buffer);

    text_add(&path, "/proc/self/task/");
    text_add_number(&path, tid);
    text_add(&path, "/children"); /* absent without CONFIG_PROC_CHILDREN: then nobody can tell */
    if (file_read(path.start, w->save.scratch, w->save.scratch_size) <= 0)
        return;
    for (const char *at = w->save.scratch; *at >= '0' && *at <= '9'; at += *at == ' ') {
        struct text target = TEXT_IN(target_buffer);
        text_add(&target, "process ");
        text_add_number(&target, text_number(&at, 10));
        problem_add(w, CRAC_NONE, target.start,
                    "a child process can't travel: end it in beforeCheckpoint");
    }
}

static void refuse_tracer_and_timers(struct workspace *w)
{
    const char *at;

    if (file_read("/proc/self/status", w->save.scratch, w->save.scratch_size) > 0 &&
        (at = text_find(w->save.scratch, "TracerPid:")) != NULL) {
        at += 10;
        while (*at == ' ' || *at == '\t')
            at++;
        if (*at != '0')
            problem_add(w, CRAC_NONE, "ptrace",
                        "a traced process can't be checkpointed: detach the debugger or strace");
    }
    if (file_read("/proc/self/timers", w->save.scratch, w->save.scratch_size) > 0)
        problem_add(w, CRAC_NONE, "POSIX timer",
                    "a timer made by timer_create can't travel: delete it in beforeCheckpoint");
}

static int read_cwd_and_auxv(struct workspace *w, struct crac_error *error)
{
    long size = sys(SYS_getcwd, w->save.scratch, w->save.scratch_size), file;

    if (size <= 0)
        return error_set(error, "collect", size, "cannot tell the current directory of",
                         "this process");
    w->image.cwd = pool_text(&w->save.strings, w->save.scratch);
    file = sys(SYS_open, "/proc/self/auxv", 0);
    size = sys(SYS_read, file, w->auxv, sizeof w->auxv);
    sys(SYS_close, file);
    if (sys_failed(file) || size <= 0)
        return error_set(error, "collect", sys_failed(file) ? file : size, "cannot read",
                         "/proc/self/auxv");
    w->auxv_size = (size_t)size;
    return 0;
}

int process_collect(struct workspace *w, struct crac_error *error)
{
    if (read_stat(w, error) != 0 || read_cwd_and_auxv(w, error) != 0)
        return -1;
    for (int i = 1; i <= 64; i++)
        sys(SYS_rt_sigaction, i, 0, &w->signals[i - 1], 8);
    w->image.umask = (uint32_t)sys(SYS_umask, 0);
    sys(SYS_umask, w->image.umask);
    w->image.pid = (uint32_t)sys(SYS_getpid);
    w->image.pkeys = process_pkeys();
    w->image.executable = CRAC_NONE;
    for (size_t i = 0; i < w->vma_count; i++)
        if (w->vmas[i].flags & CRAC_VMA_FILE && w->vmas[i].start <= w->image.start_code &&
            w->image.start_code < w->vmas[i].end)
            w->image.executable = w->vmas[i].file;
    for (size_t i = 0; i < w->thread_count; i++)
        refuse_children(w, w->stopped[i].record.tid);
    refuse_tracer_and_timers(w);
    return 0;
}
