/*
 * Text, numbers and whole files without a libc.
 *
 * Everything works in memory of the caller, so it may run while the other threads of the process
 * are stopped (one of them may hold any lock of libc) and in the launcher, which has no libc at
 * all. Texts under construction never overflow: what does not fit is cut and the result stays
 * terminated.
 *
 * The only descriptor that is ever open here is the one of file_read(), which closes it again.
 */
#include <errno.h>
#include <fcntl.h>

#include "../arch/x86_64/memory.h"
#include "../arch/x86_64/syscall.h"
#include "text.h"

#if !__STDC_HOSTED__
/* The compiler may emit calls of these four in any program, so the freestanding one has to bring
 * them along. */
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *a, const void *b, size_t size);

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    memory_copy(to, from, size);
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    if ((uintptr_t)to - (uintptr_t)from >= size)
        memory_copy(to, from, size);
    else if (size > 0)
        memory_copy_backwards(to, from, size);
    return to;
}

void *memset(void *to, int value, size_t size)
{
    memory_fill(to, value, size);
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *left = a, *right = b;
    for (size_t i = 0; i < size; i++) {
        if (left[i] != right[i])
            return left[i] - right[i];
    }
    return 0;
}
#endif

size_t text_length(const char *text)
{
    const char *end = text;
    while (*end)
        end++;
    return (size_t)(end - text);
}

int text_equal(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

int text_starts(const char *text, const char *prefix)
{
    while (*prefix && *text == *prefix) {
        text++;
        prefix++;
    }
    return *prefix == 0;
}

int text_ends(const char *text, const char *suffix)
{
    size_t length = text_length(text), tail = text_length(suffix);
    return length >= tail && text_equal(text + length - tail, suffix);
}

const char *text_find(const char *text, const char *needle)
{
    for (; *text; text++) {
        if (text_starts(text, needle))
            return text;
    }
    return *needle ? NULL : text;
}

/* Value of a hexadecimal digit, or 16 for any other character. */
static unsigned digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a') + 10;
    if (c >= 'A' && c <= 'F')
        return (unsigned)(c - 'A') + 10;
    return 16;
}

uint64_t text_number(const char **cursor, unsigned base)
{
    const char *at = *cursor;
    while (*at == ' ' || *at == '\t')
        at++;
    uint64_t value = 0;
    while (digit_value(*at) < base)
        value = value * base + digit_value(*at++);
    *cursor = at;
    return value;
}

void text_add(struct text *text, const char *more)
{
    if (text->capacity == 0)
        return;
    while (*more && text->used + 1 < text->capacity)
        text->start[text->used++] = *more++;
    text->start[text->used] = 0;
}

/* Appends digits of `base`, at most 20 of them for a decimal number of 64 bits. */
static void add_digits(struct text *text, uint64_t value, unsigned base)
{
    char digits[24];
    size_t at = sizeof(digits) - 1;
    digits[at] = 0;
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    text_add(text, digits + at);
}

void text_add_number(struct text *text, uint64_t value)
{
    add_digits(text, value, 10);
}

void text_add_signed(struct text *text, int64_t value)
{
    if (value < 0)
        text_add(text, "-");
    add_digits(text, value < 0 ? -(uint64_t)value : (uint64_t)value, 10);
}

void text_add_hex(struct text *text, uint64_t value)
{
    add_digits(text, value, 16);
}

/* Reads until the end of the file or of the buffer: bytes read, or a negated errno. */
static long read_fully(int fd, char *buffer, size_t capacity)
{
    size_t used = 0;
    while (used < capacity) {
        long result = sys(SYS_read, fd, buffer + used, capacity - used);
        if (result == -EINTR)
            continue;
        if (sys_failed(result))
            return result;
        if (result == 0)
            break;
        used += (size_t)result;
    }
    return (long)used;
}

long file_read(const char *path, char *buffer, size_t capacity)
{
    if (capacity == 0)
        return -EFBIG;
    long fd = sys(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (sys_failed(fd))
        return fd;
    long length = read_fully((int)fd, buffer, capacity);
    sys(SYS_close, fd);
    if (sys_failed(length))
        return length;
    if ((size_t)length == capacity)
        return -EFBIG;
    buffer[length] = 0;
    return length;
}

/* Every errno that a system call of this package may answer, with libc's sentence for it. */
#define ERRNO_LIST(E)                                                                              \
    E(EPERM, "Operation not permitted")                                                            \
    E(ENOENT, "No such file or directory")                                                         \
    E(ESRCH, "No such process")                                                                    \
    E(EINTR, "Interrupted system call")                                                            \
    E(EIO, "Input/output error")                                                                   \
    E(ENXIO, "No such device or address")                                                          \
    E(E2BIG, "Argument list too long")                                                             \
    E(ENOEXEC, "Exec format error")                                                                \
    E(EBADF, "Bad file descriptor")                                                                \
    E(ECHILD, "No child processes")                                                                \
    E(EAGAIN, "Resource temporarily unavailable")                                                  \
    E(ENOMEM, "Cannot allocate memory")                                                            \
    E(EACCES, "Permission denied")                                                                 \
    E(EFAULT, "Bad address")                                                                       \
    E(EBUSY, "Device or resource busy")                                                            \
    E(EEXIST, "File exists")                                                                       \
    E(EXDEV, "Invalid cross-device link")                                                          \
    E(ENODEV, "No such device")                                                                    \
    E(ENOTDIR, "Not a directory")                                                                  \
    E(EISDIR, "Is a directory")                                                                    \
    E(EINVAL, "Invalid argument")                                                                  \
    E(ENFILE, "Too many open files in system")                                                     \
    E(EMFILE, "Too many open files")                                                               \
    E(ENOTTY, "Inappropriate ioctl for device")                                                    \
    E(ETXTBSY, "Text file busy")                                                                   \
    E(EFBIG, "File too large")                                                                     \
    E(ENOSPC, "No space left on device")                                                           \
    E(ESPIPE, "Illegal seek")                                                                      \
    E(EROFS, "Read-only file system")                                                              \
    E(EMLINK, "Too many links")                                                                    \
    E(EPIPE, "Broken pipe")                                                                        \
    E(ERANGE, "Numerical result out of range")                                                     \
    E(EDEADLK, "Resource deadlock avoided")                                                        \
    E(ENAMETOOLONG, "File name too long")                                                          \
    E(ENOLCK, "No locks available")                                                                \
    E(ENOSYS, "Function not implemented")                                                          \
    E(ENOTEMPTY, "Directory not empty")                                                            \
    E(ELOOP, "Too many levels of symbolic links")                                                  \
    E(ENODATA, "No data available")                                                                \
    E(EPROTO, "Protocol error")                                                                    \
    E(EBADMSG, "Bad message")                                                                      \
    E(EOVERFLOW, "Value too large for defined data type")                                          \
    E(EUSERS, "Too many users")                                                                    \
    E(ENOTSOCK, "Socket operation on non-socket")                                                  \
    E(EMSGSIZE, "Message too long")                                                                \
    E(EPROTOTYPE, "Protocol wrong type for socket")                                                \
    E(ENOPROTOOPT, "Protocol not available")                                                       \
    E(EPROTONOSUPPORT, "Protocol not supported")                                                   \
    E(EOPNOTSUPP, "Operation not supported")                                                       \
    E(EAFNOSUPPORT, "Address family not supported by protocol")                                    \
    E(EADDRINUSE, "Address already in use")                                                        \
    E(EADDRNOTAVAIL, "Cannot assign requested address")                                            \
    E(ENETDOWN, "Network is down")                                                                 \
    E(ENETUNREACH, "Network is unreachable")                                                       \
    E(ECONNABORTED, "Software caused connection abort")                                            \
    E(ECONNRESET, "Connection reset by peer")                                                      \
    E(ENOBUFS, "No buffer space available")                                                        \
    E(EISCONN, "Transport endpoint is already connected")                                          \
    E(ENOTCONN, "Transport endpoint is not connected")                                             \
    E(ETIMEDOUT, "Connection timed out")                                                           \
    E(ECONNREFUSED, "Connection refused")                                                          \
    E(EALREADY, "Operation already in progress")                                                   \
    E(EINPROGRESS, "Operation now in progress")                                                    \
    E(ESTALE, "Stale file handle")                                                                 \
    E(EDQUOT, "Disk quota exceeded")                                                               \
    E(ECANCELED, "Operation canceled")

static const struct errno_entry {
    int number;
    const char *name, *text;
} errno_entries[] = {
#define ERRNO_ENTRY(name, text) {name, #name, text},
    ERRNO_LIST(ERRNO_ENTRY)
#undef ERRNO_ENTRY
};

/* The entry of an errno, negated or not, or NULL. */
static const struct errno_entry *errno_entry(long error)
{
    long number = error < 0 ? -error : error;
    for (size_t i = 0; i < sizeof(errno_entries) / sizeof(errno_entries[0]); i++) {
        if (errno_entries[i].number == number)
            return &errno_entries[i];
    }
    return NULL;
}

const char *errno_name(long error)
{
    static char unknown[32];
    const struct errno_entry *entry = errno_entry(error);
    if (entry)
        return entry->name;
    struct text text = TEXT_IN(unknown);
    text_add(&text, "errno ");
    text_add_signed(&text, error < 0 ? -error : error);
    return unknown;
}

const char *errno_text(long error)
{
    const struct errno_entry *entry = errno_entry(error);
    return entry ? entry->text : "Unknown error";
}
