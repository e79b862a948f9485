/*
 * Making the entry points of an old vDSO lead into a new one.
 *
 * libc has remembered addresses in the old text. Each function that its symbol table names is
 * overwritten with a jump to the new function of the same name, or with the plain system call where
 * the new vDSO does not have it. getrandom always becomes the system call: the layout of its state,
 * which the process holds, is the business of the vDSO that made it.
 *
 * The old text comes from an image: every offset in it is checked against its size. The new text
 * is the kernel's own, and read by the same code.
 */
#include <elf.h>
#include "launcher.h"

/* The vDSO file in memory as far as its symbols go. */
struct vdso_symbols {
    const uint8_t *start;
    uint64_t size;
    const void *symbols; /* Elf64_Sym[count] */
    size_t count;
    const char *names;
    uint64_t names_size;
};
static const struct {
    const char *name;
    uint32_t number;
    int always; /* never the new vDSO's function */
} CALLS[] = {
    {"clock_gettime", SYS_clock_gettime, 0},
    {"gettimeofday", SYS_gettimeofday, 0},
    {"clock_getres", SYS_clock_getres, 0},
    {"getcpu", SYS_getcpu, 0},
    {"time", SYS_time, 0},
    {"getrandom", 318, 1},
};
#define CALL_COUNT (sizeof CALLS / sizeof *CALLS)

#define PREFIX "__vdso_"
#define JUMP_SIZE 12u
#define STUB_SIZE 8u

/* A pointer to `size` bytes at an offset, or NULL. */
static const void *at(const struct vdso_symbols *file, uint64_t offset, uint64_t size)
{
    return offset <= file->size && size <= file->size - offset ? file->start + offset : NULL;
}

/* The segment of a type, or NULL. */
static const Elf64_Phdr *find_segment(const struct vdso_symbols *file, uint32_t type)
{
    const Elf64_Ehdr *header = at(file, 0, sizeof *header);
    const Elf64_Phdr *segments =
        header ? at(file, header->e_phoff, header->e_phnum * sizeof *segments) : NULL;

    for (unsigned i = 0; segments && i < header->e_phnum; i++)
        if (segments[i].p_type == type)
            return &segments[i];
    return NULL;
}

/* Finds the dynamic symbols: 0, or -1 when there are none. A vDSO is linked at address 0. */
static int read_symbols(struct vdso_symbols *file)
{
    const Elf64_Phdr *segment = find_segment(file, PT_DYNAMIC);
    const Elf64_Dyn *entry =
        segment ? at(file, segment->p_offset, segment->p_filesz & ~15ull) : NULL;
    uint64_t symbols = 0, names = 0;

    for (uint64_t i = 0; entry && i < segment->p_filesz / sizeof *entry; i++) {
        if (entry[i].d_tag == DT_SYMTAB)
            symbols = entry[i].d_un.d_ptr;
        else if (entry[i].d_tag == DT_STRTAB)
            names = entry[i].d_un.d_ptr;
        else if (entry[i].d_tag == DT_STRSZ)
            file->names_size = entry[i].d_un.d_val;
    }
    if (symbols == 0 || names <= symbols) /* linkers put the names right behind the symbols */
        return -1;
    file->count = (names - symbols) / sizeof(Elf64_Sym);
    file->symbols = at(file, symbols, file->count * sizeof(Elf64_Sym));
    file->names = at(file, names, file->names_size);
    if (!file->symbols || !file->names || file->names_size == 0 ||
        file->names[file->names_size - 1] != 0)
        return -1;
    return 0;
}

/* The name of a function that lies in this vDSO, without its prefix, or NULL. */
static const char *function_name(const struct vdso_symbols *file, const Elf64_Sym *symbol)
{
    const char *name;

    if (symbol->st_shndx == SHN_UNDEF || ELF64_ST_TYPE(symbol->st_info) != STT_FUNC ||
        symbol->st_name >= file->names_size)
        return NULL;
    name = file->names + symbol->st_name;
    return text_starts(name, PREFIX) ? name + sizeof PREFIX - 1 : name;
}

/* Address of a function in the new vDSO, or 0. */
static uint64_t find_function(const struct vdso_symbols *file, const char *name)
{
    const Elf64_Sym *symbols = file->symbols;

    for (size_t i = 0; i < file->count; i++) {
        const char *other = function_name(file, &symbols[i]);
        if (other && text_equal(other, name))
            return (uint64_t)file->start + symbols[i].st_value;
    }
    return 0;
}

/* mov $target, %rax; jmp *%rax */
static void write_jump(uint8_t *to, uint64_t target)
{
    to[0] = 0x48, to[1] = 0xb8;
    memory_copy(to + 2, &target, sizeof target);
    to[10] = 0xff, to[11] = 0xe0;
}

/* mov $number, %eax; syscall; ret */
static void write_stub(uint8_t *to, uint32_t number)
{
    to[0] = 0xb8;
    memory_copy(to + 1, &number, sizeof number);
    to[5] = 0x0f, to[6] = 0x05, to[7] = 0xc3;
}

/* Overwrites one old function; names that no libc calls stay as they are. */
static void bridge_function(const char *name, uint8_t *code, uint64_t room,
                            const struct vdso_symbols *new, uint64_t clock)
{
    for (size_t i = 0; i < CALL_COUNT; i++) {
        uint64_t target;
        if (!text_equal(name, CALLS[i].name))
            continue;
        target = CALLS[i].always ? 0 : find_function(new, name);
        if (clock && CALLS[i].number == SYS_clock_gettime)
            target = clock;
        if (target && room >= JUMP_SIZE)
            write_jump(code, target);
        else if (room >= STUB_SIZE)
            write_stub(code, CALLS[i].number);
    }
}

/* The symbols of this kernel's vDSO: none where there is no vDSO. */
static struct vdso_symbols symbols_of(const struct vdso *vdso)
{
    struct vdso_symbols file = {.start = (const uint8_t *)vdso->text,
                                .size = vdso->text_end - vdso->text};

    if (file.size == 0 || read_symbols(&file) != 0)
        file.count = 0;
    return file;
}

uint64_t vdso_find(const struct vdso *vdso, const char *name)
{
    struct vdso_symbols file = symbols_of(vdso);
    return find_function(&file, name);
}

void vdso_bridge(const uint8_t *old, uint8_t *copy, uint64_t size, const struct vdso *new,
                 uint64_t clock)
{
    struct vdso_symbols from = {.start = old, .size = size};
    struct vdso_symbols to = symbols_of(new);
    const Elf64_Sym *symbols;

    memory_copy(copy, old, size);
    if (read_symbols(&from) != 0)
        return;
    symbols = from.symbols;
    for (size_t i = 0; i < from.count; i++) {
        const char *name = function_name(&from, &symbols[i]);
        if (name && symbols[i].st_value < size)
            bridge_function(name, copy + symbols[i].st_value, size - symbols[i].st_value, &to,
                            clock);
    }
}
