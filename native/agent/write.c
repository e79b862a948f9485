/*
 * The core file on disk.
 *
 *   DIR/process.core.tmp   pages, then the sealed head, fsync
 *   DIR/process.core       rename: COMMIT
 *   DIR/manifest.json.tmp -> DIR/manifest.json, and likewise tags and score; fsync of DIR
 *
 * Until the rename the old image is untouched; after it the new one is whole. manifest.json and
 * tags are readable copies of what is inside of process.core, and no restore depends on scores, so
 * a death between the renames loses nothing.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include "agent.h"

#define SMALLEST_HOLE (16 * CRAC_PAGE)

/* A file beside the core file. */
struct beside {
    char path[4096], temporary[4096];
    const char *text;
    size_t size;
};
#define BESIDE_COUNT 3

/* Paths of one image and the descriptors that are open while it is written. */
struct output {
    char core[4096], core_temporary[4096];
    struct beside beside[BESIDE_COUNT];
    long file, memory;
};

void fault_point(const struct workspace *w, const char *point)
{
    if (text_equal(w->request->fault, point))
        sys(SYS_kill, sys(SYS_getpid), SIGKILL);
}

static int fail(struct crac_error *error, long code, const char *what, const char *path)
{
    return error_set(error, "write", code, what, path);
}

static long write_all(long file, const void *data, uint64_t size, uint64_t offset)
{
    for (uint64_t done = 0; done < size;) {
        long got =
            sys(SYS_pwrite64, file, (const uint8_t *)data + done, size - done, offset + done);
        if (got == -4) /* EINTR */
            continue;
        if (got <= 0)
            return got < 0 ? got : -28;
        done += (uint64_t)got;
    }
    return 0;
}

/* How many bytes of zeros lie at `from`. */
static uint64_t zeros_at(const uint8_t *data, uint64_t from, uint64_t size)
{
    uint64_t page = from;

    while (page < size && page_is_zero((const uint64_t *)(data + page)))
        page += CRAC_PAGE;
    return page - from;
}

/*
 * Writes pages; long stretches of zeros become holes of the file. Short ones are written, since a
 * file system keeps what comes in one piece in one piece of its cache, which a restore maps at
 * once: page by page, the first look at each costs ten times as much.
 */
static long write_sparse(long file, const uint8_t *data, uint64_t size, uint64_t offset)
{
    uint64_t from = 0, page = 0;
    long code = 0;

    while (page < size && !code) {
        uint64_t zeros = zeros_at(data, page, size);
        if (zeros >= SMALLEST_HOLE) {
            code = write_all(file, data + from, page - from, offset + from);
            from = page + zeros;
        }
        page += zeros ? zeros : CRAC_PAGE;
    }
    return code || from >= size ? code : write_all(file, data + from, size - from, offset + from);
}

/* Reads memory of this process whatever its protection is. Returns 0 or a negated errno. */
static long read_memory(long memory, void *to, uint64_t address, uint64_t size)
{
    for (uint64_t done = 0; done < size;) {
        long got = sys(SYS_pread64, memory, (uint8_t *)to + done, size - done, address + done);
        if (got <= 0)
            return got < 0 ? got : -5;
        done += (uint64_t)got;
    }
    return 0;
}

/*
 * The bytes of memory at `address`: the memory itself where it can be read safely, else a copy in
 * the buffer. NULL with *code set when it can't be read at all.
 */
static const void *look_at(struct workspace *w, const struct output *out,
                           const struct crac_run *run, uint64_t address, uint64_t size, long *code)
{
    const struct crac_vma *vma = &w->vmas[run->vma];

    if ((vma->prot & PROT_READ) && vma->pkey == 0 && !(vma->flags & CRAC_VMA_FILE))
        return (const void *)address;
    *code = read_memory(out->memory, w->buffer, address, size);
    return *code ? NULL : w->buffer;
}

static int write_run(struct workspace *w, struct output *out, struct crac_run *run,
                     struct crac_error *error)
{
    run->crc = 0;
    for (uint64_t done = 0; done < run->length;) {
        uint64_t size = run->length - done < w->buffer_size ? run->length - done : w->buffer_size;
        long code = 0;
        const void *data = look_at(w, out, run, run->address + done, size, &code);
        if (!data)
            return fail(error, code, "cannot read memory of", "this process");
        run->crc = crc32c(run->crc, data, size);
        owners_search(w, &w->vmas[run->vma], data, run->address + done, size);
        code = write_sparse(out->file, data, size, run->offset + done);
        if (code)
            return fail(error, code, "cannot write", out->core_temporary);
        done += size;
    }
    return 0;
}

static int write_pages(struct workspace *w, struct output *out, struct crac_error *error)
{
    for (size_t i = 0; i < w->run_count; i++) {
        if (i == w->run_count / 2)
            fault_point(w, "core-half-written");
        if (write_run(w, out, &w->runs[i], error) != 0)
            return -1;
    }
    return 0;
}

/* How many bytes at `address` are dead stack, which changes while the checkpoint itself runs on it.
 */
static uint64_t dead_bytes(const struct workspace *w, uint64_t address, uint64_t size)
{
    uint64_t floor = stack_floor(w);
    return floor <= address ? 0 : floor - address < size ? floor - address : size;
}

/* Whether the kernel may have changed this byte meanwhile: it keeps rseq areas up to date when
 * threads change CPUs. */
static int is_kernels(const struct workspace *w, uint64_t address)
{
    for (size_t i = 0; i < w->thread_count; i++)
        if (address - w->stopped[i].record.rseq_address < w->stopped[i].record.rseq_size)
            return 1;
    return 0;
}

/* Reads the file back and compares every run with memory, byte for byte, and the head with the head
 * in memory. */
static int verify(struct workspace *w, const struct output *out, struct crac_error *error)
{
    uint64_t half = w->buffer_size / 2;
    uint8_t *copy = w->buffer + half;

    for (size_t i = 0; i < w->run_count; i++) {
        const struct crac_run *run = &w->runs[i];
        int is_stack = (w->vmas[run->vma].flags & CRAC_VMA_STACK) != 0;
        for (uint64_t done = 0; done < run->length; done += half) {
            uint64_t size = run->length - done < half ? run->length - done : half;
            long code = read_memory(out->file, copy, run->offset + done, size);
            const uint8_t *data =
                code ? NULL : look_at(w, out, run, run->address + done, size, &code);
            if (!data)
                return fail(error, code, "cannot verify", out->core_temporary);
            for (uint64_t at = is_stack ? dead_bytes(w, run->address + done, size) : 0; at < size;
                 at++)
                if (data[at] != copy[at] && !is_kernels(w, run->address + done + at))
                    return fail(error, 0, "verification found other bytes than those in memory in",
                                out->core_temporary);
        }
    }
    return 0;
}

static int write_file(const char *path, const void *data, uint64_t size, struct crac_error *error)
{
    long file = sys(SYS_open, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), code;

    if (sys_failed(file))
        return fail(error, file, "cannot create", path);
    code = write_all(file, data, size, 0);
    if (!code)
        code = sys(SYS_fsync, file);
    sys(SYS_close, file);
    return code ? fail(error, code, "cannot write", path) : 0;
}

static int commit(struct workspace *w, struct output *out, struct crac_error *error)
{
    long code, directory;

    for (int i = 0; i < BESIDE_COUNT; i++) {
        const struct beside *file = &out->beside[i];
        if (write_file(file->temporary, file->text, file->size, error) != 0)
            return -1;
    }
    fault_point(w, "core-fsync");
    /* COMMIT: from here the new image is the image. */
    code = sys(SYS_rename, out->core_temporary, out->core);
    if (code)
        return fail(error, code, "cannot rename the finished image to", out->core);
    fault_point(w, "core-renamed");
    for (int i = 0; i < BESIDE_COUNT; i++) {
        code = sys(SYS_rename, out->beside[i].temporary, out->beside[i].path);
        if (code)
            return fail(error, code, "the image is written, but cannot rename",
                        out->beside[i].temporary);
    }
    directory = sys(SYS_open, w->request->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (!sys_failed(directory)) {
        sys(SYS_fsync, directory);
        sys(SYS_close, directory);
    }
    return 0;
}

static int write_core(struct workspace *w, struct output *out, struct crac_error *error)
{
    long code;

    fault_point(w, "core-created");
    code = sys(SYS_ftruncate, out->file, w->image.file_size);
    if (code)
        return fail(error, code, "cannot make room for", out->core_temporary);
    if (write_pages(w, out, error) != 0)
        return -1;
    head_seal(w);
    code = write_all(out->file, (const void *)w->image.head_address, w->image.head_size, 0);
    if (code)
        return fail(error, code, "cannot write", out->core_temporary);
    if (w->request->verify && verify(w, out, error) != 0)
        return -1;
    code = sys(SYS_fsync, out->file);
    return code ? fail(error, code, "cannot write to disk:", out->core_temporary) : 0;
}

/* DIR/NAME and DIR/NAME.tmp. */
static void name_path(const struct workspace *w, const char *name, char path[4096],
                      char temporary[4096])
{
    struct text final = {path, 0, 4096}, first = {temporary, 0, 4096};

    text_add(&final, w->request->directory);
    text_add(&final, name);
    text_add(&first, path);
    text_add(&first, ".tmp");
}

static void name_paths(const struct workspace *w, struct output *out)
{
    const struct crac_request *r = w->request;
    const char *const names[BESIDE_COUNT] = {"/manifest.json", "/tags", "/score"};
    const char *const texts[BESIDE_COUNT] = {r->manifest, r->tags, r->score};
    const size_t sizes[BESIDE_COUNT] = {r->manifest_size, r->tags_size, r->score_size};

    name_path(w, "/process.core", out->core, out->core_temporary);
    for (int i = 0; i < BESIDE_COUNT; i++) {
        struct beside *file = &out->beside[i];
        name_path(w, names[i], file->path, file->temporary);
        file->text = texts[i];
        file->size = sizes[i];
    }
}

int image_write(struct workspace *w, struct crac_error *error)
{
    struct output out;
    int result;

    name_paths(w, &out);
    if (files_identify(w, error) != 0 || pages_collect(w, error) != 0 || head_build(w, error) != 0)
        return -1;
    out.memory = sys(SYS_open, "/proc/self/mem", O_RDONLY | O_CLOEXEC);
    if (sys_failed(out.memory))
        return fail(error, out.memory, "cannot open", "/proc/self/mem");
    sys(SYS_unlink, out.core_temporary); /* left by a process that was killed while it wrote */
    out.file =
        sys(SYS_open, out.core_temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (sys_failed(out.file)) {
        sys(SYS_close, out.memory);
        return fail(error, out.file, "cannot create", out.core_temporary);
    }
    result = write_core(w, &out, error);
    if (result == 0)
        result = commit(w, &out, error);
    sys(SYS_close, out.file);
    sys(SYS_close, out.memory);
    if (result != 0) {
        sys(SYS_unlink, out.core_temporary);
        for (int i = 0; i < BESIDE_COUNT; i++)
            sys(SYS_unlink, out.beside[i].temporary);
    }
    return result;
}
