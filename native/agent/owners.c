/*
 * Owners of locked mutexes.
 *
 * glibc's recursive and error-checking mutexes keep the number of the thread that locked them, and
 * only that thread can unlock them. A restored thread has a new number, so a mutex that was locked
 * at the checkpoint would stay locked for ever (V8 holds one during every garbage collection). They
 * are found while memory is written, by the shape of glibc's struct __pthread_mutex_s, and the main
 * thread of a restored process writes new numbers into all of them, before its own can be taken for
 * another thread's old one:
 *
 *     int lock (1 or 2)  unsigned count  int owner (a thread's number)  unsigned nusers (not 0)
 *     int kind (1 or 2)  short spins  short elision  void *previous (0)  void *next (0)
 *
 * Other numbers in memory may look like that, above all in a container, where thread numbers are
 * small. So nothing is searched when all threads wait in the kernel, which the agent gives them a
 * moment to reach: nobody holds a lock then, for a thread that waits with one (a worker for the
 * helpers of its collection) waits for a thread that works. Or for one that the agent's signal took
 * out of its wait, which looks as if it waited: glibc has whoever signals a condition wait for
 * those that are on their way out of it. So a wait inside of these functions is no such wait.
 *
 * A thread in the middle of locking or unlocking has its number in a register, where nobody can
 * find it; the agent waits for such a thread to come out of libc's functions.
 *
 * Only memory that libc's allocator, programs and stacks may use is searched: V8 marks its own
 * pages MADV_DONTFORK.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <sys/mman.h>
#include <ucontext.h>
#include "agent.h"

#define MUTEX_SIZE 40
#define KIND_MASK 0x7fu /* above are the flags of lock elision and process sharing */
#define MOST_COUNT 64u

/* The code of libc's functions that lock mutexes. Filled once, when the agent is loaded. */
static struct {
    uint64_t start, end;
} locking[5];

/* pthread_mutex_unlock() only jumps to a function of the same file, which lies before it. */
#define UNLOCK_REACH 2048
#define STACK_WORDS 16

void owners_prepare(void)
{
    static const char *const names[] = {"pthread_mutex_lock", "pthread_mutex_trylock",
                                        "pthread_mutex_unlock", "pthread_cond_signal",
                                        "pthread_cond_broadcast"};
    void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);

    for (int i = 0; libc && i < 5; i++) {
        ElfW(Sym) *symbol = NULL;
        Dl_info info;
        void *function = dlsym(libc, names[i]);
        if (!function || !dladdr1(function, &info, (void **)&symbol, RTLD_DL_SYMENT) || !symbol)
            continue;
        locking[i].start = (uint64_t)function - (i == 2 ? UNLOCK_REACH : 0);
        locking[i].end = (uint64_t)function + symbol->st_size;
    }
}

static int is_in_locking(uint64_t address)
{
    for (size_t i = 0; i < sizeof locking / sizeof *locking; i++)
        if (address >= locking[i].start && address < locking[i].end)
            return 1;
    return 0;
}

/* Whether a thread locks or unlocks a mutex right now: itself, or through a wait that it called.
 * Its stack may end before so many words, so it is read through /proc/self/mem. */
static int is_locking(const struct stopped *thread, long memory)
{
    const ucontext_t *context = thread->context;
    uint64_t stack[STACK_WORDS];
    long size;

    if (!context)
        return 0;
    if (is_in_locking(thread_instruction(thread)))
        return 1;
    if (!thread_is_blocked(thread))
        return 0;
    size = sys(SYS_pread64, memory, stack, sizeof stack, context->uc_mcontext.gregs[REG_RSP]);
    for (long i = 0; i < size / (long)sizeof *stack; i++)
        if (is_in_locking(stack[i]))
            return 1;
    return 0;
}

int owners_in_motion(const struct workspace *w)
{
    long memory = sys(SYS_open, "/proc/self/mem", 02000000 /* O_CLOEXEC */);
    int found = 0;

    for (uint32_t i = 1; i < w->thread_count && !found; i++)
        found = is_locking(&w->stopped[i], memory);
    sys(SYS_close, memory);
    return found;
}

/* Whether a mutex may be locked; found out once, for nothing moves while memory is written. */
static int may_be_locked(struct workspace *w)
{
    if (w->locks == LOCKS_UNKNOWN)
        w->locks = threads_all_blocked(w) && !owners_in_motion(w) ? LOCKS_NONE : LOCKS_SOME;
    return w->locks == LOCKS_SOME;
}

/*
 * The index of the thread with this number, or CRAC_NONE. The main thread holds nothing: it is in
 * the agent, called by JavaScript.
 */
static uint32_t thread_of(const struct workspace *w, uint32_t tid)
{
    for (uint32_t i = 1; i < w->thread_count; i++)
        if (w->stopped[i].record.tid == tid)
            return i;
    return CRAC_NONE;
}

static int is_locked_mutex(const uint32_t *word)
{
    uint32_t kind = word[4] & KIND_MASK;
    int counts = kind == 1 ? word[1] != 0 && word[1] < MOST_COUNT : kind == 2 && word[1] == 0;

    return (word[0] == 1 || word[0] == 2) && counts && word[3] != 0 && word[3] < MOST_COUNT &&
           word[5] == 0 && word[6] == 0 && word[7] == 0 && word[8] == 0 && word[9] == 0;
}

static void add(struct workspace *w, uint64_t address, uint32_t thread)
{
    if (w->owner_count < CRAC_MAX_OWNERS)
        w->owners[w->owner_count++] = (struct crac_owner){address, thread, 0};
}

void owners_search(struct workspace *w, const struct crac_vma *vma, const void *data,
                   uint64_t address, uint64_t size)
{
    const uint32_t *word = data,
                   *end = (const uint32_t *)((const uint8_t *)data + size - MUTEX_SIZE);
    uint32_t lowest = ~0u, highest = 0, thread;

    if (!(vma->prot & PROT_WRITE) || vma->flags & (CRAC_VMA_DONTFORK | CRAC_VMA_SHARED) ||
        !may_be_locked(w))
        return;
    for (size_t i = 1; i < w->thread_count; i++) {
        uint32_t tid = w->stopped[i].record.tid;
        lowest = tid < lowest ? tid : lowest;
        highest = tid > highest ? tid : highest;
    }
    for (; word <= end; word += 2) /* a mutex is aligned to 8 */
        if (word[2] - lowest <= highest - lowest && is_locked_mutex(word) &&
            (thread = thread_of(w, word[2])) != CRAC_NONE)
            add(w, address + (uint64_t)((const uint8_t *)word - (const uint8_t *)data) + 8, thread);
}

/* The number that libc keeps of a thread, which is the new one already; 0 for a thread that libc
 * does not know, and that owns none of its mutexes. */
static uint32_t number_of(const struct crac_thread *thread)
{
    return thread->clear_child_tid ? *(const uint32_t *)thread->clear_child_tid : 0;
}

void owners_adopt(uint64_t head)
{
    uint64_t size = 0;
    const struct crac_thread *threads = note_in(head, CRAC_NOTE_THREADS, &size);
    const struct crac_owner *owners = note_in(head, CRAC_NOTE_OWNERS, &size);

    for (size_t i = 0; i < size / sizeof *owners; i++) {
        uint32_t number = owners[i].address ? number_of(&threads[owners[i].thread]) : 0;
        if (number)
            *(uint32_t *)owners[i].address = number;
    }
}
