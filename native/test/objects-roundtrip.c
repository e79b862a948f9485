/*
 * Saves kernel objects of this process, closes them, restores them at the same numbers and
 * compares.
 *
 * What is compared comes from the kernel (/proc/self/fdinfo, fcntl, getsockname, ...) and not from
 * the tables in between: fingerprint() writes down all that can be seen of a descriptor, before and
 * after. Afterwards the objects are used. Each scenario makes its own objects, and leaves none
 * behind.
 *
 * Scenarios that the machine does not permit (io_uring in a container) are named and skipped. Exit
 * status 1 and a sentence tell of the first difference.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../objects/objects.h"

#ifndef IORING_SETUP_NO_SQARRAY
#define IORING_SETUP_NO_SQARRAY (1u << 16)
#endif

#define MOST_FDS 128
#define SPARE 500

static const char *scenario;

static __attribute__((noreturn, format(printf, 1, 2))) void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "objects-roundtrip: %s: ", scenario);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    exit(1);
}

#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fail("line %d: %s does not hold (errno %s)", __LINE__, #condition, strerror(errno));   \
    } while (0)

/* The tables of one save. */
struct tables {
    struct crac_save save;
    uint64_t fds[MOST_FDS * sizeof(struct crac_fd) / 8],
        epolls[MOST_FDS * sizeof(struct crac_epoll) / 8];
    uint8_t strings[65536], bytes[8 << 20];
    uint32_t ring_inodes[64], ring_fds[64];
    struct crac_problem problems[64];
    _Alignas(8) char scratch[1 << 20];
};

static struct tables tables;

/* Files that a policy wants to have opened again. */
static uint32_t reopened[2], reopened_count;

static struct crac_save *save_all(const uint32_t *placeholders, uint32_t count)
{
    struct crac_save *save = &tables.save;
    *save = (struct crac_save){.fds = {(uint8_t *)tables.fds, 0, sizeof(tables.fds)},
                               .epolls = {(uint8_t *)tables.epolls, 0, sizeof(tables.epolls)},
                               .strings = {tables.strings, 0, sizeof(tables.strings)},
                               .bytes = {tables.bytes, 0, sizeof(tables.bytes)},
                               .ring_inodes = tables.ring_inodes,
                               .ring_fds = tables.ring_fds,
                               .placeholders = placeholders,
                               .placeholder_count = count,
                               .reopened = reopened,
                               .reopened_count = reopened_count,
                               .scratch = tables.scratch,
                               .scratch_size = sizeof(tables.scratch),
                               .problems = tables.problems};
    int failed = objects_save(save);
    if (failed)
        fail("objects_save answers %s", errno_name(failed));
    return save;
}

static size_t saved_count(void)
{
    return tables.save.fds.used / sizeof(struct crac_fd);
}

static const struct crac_fd *saved(int fd)
{
    const struct crac_fd *fds = (const struct crac_fd *)tables.fds;
    for (size_t i = 0; i < saved_count(); i++) {
        if (fds[i].fd == (uint32_t)fd)
            return &fds[i];
    }
    fail("descriptor %d is not in the table", fd);
}

static void restore_all(void)
{
    struct crac_restore_failure failure = {0};
    if (objects_restore((const struct crac_fd *)tables.fds, saved_count(),
                        (const struct crac_epoll *)tables.epolls,
                        tables.save.epolls.used / sizeof(struct crac_epoll),
                        (const char *)tables.strings, tables.bytes, SPARE, &failure) != 0)
        fail("restoring descriptor %u: %s (%s): %s", failure.fd, failure.what, failure.subject,
             errno_name(failure.error));
}

/* A text that grows. */
struct print {
    char text[8192];
    size_t used;
};

static __attribute__((format(printf, 2, 3))) void print(struct print *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    out->used +=
        (size_t)vsnprintf(out->text + out->used, sizeof(out->text) - out->used, format, arguments);
    va_end(arguments);
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Lines of fdinfo, sorted, without those that name the object itself. */
static void print_info(struct print *out, int fd)
{
    char path[64], text[4096], *lines[64];
    size_t count = 0;
    snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
    FILE *file = fopen(path, "r");
    size_t size = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[size] = 0;
    for (char *line = strtok(text, "\n"); line && count < 64; line = strtok(NULL, "\n")) {
        char *inode = strstr(line, " ino:");
        if (inode)
            *inode = 0;
        if (strncmp(line, "ino:", 4) && strncmp(line, "mnt_id:", 7) &&
            strncmp(line, "eventfd-id:", 11) && strncmp(line, "Sq", 2) && strncmp(line, "Cq", 2))
            lines[count++] = line;
    }
    qsort(lines, count, sizeof(lines[0]), compare_lines);
    for (size_t i = 0; i < count; i++)
        print(out, "%s; ", lines[i]);
}

static void print_socket(struct print *out, int fd)
{
    const int options[] = {SO_ACCEPTCONN, SO_REUSEADDR, SO_REUSEPORT, SO_SNDBUF,
                           SO_DOMAIN,     SO_TYPE,      SO_PROTOCOL};
    unsigned char address[128];
    socklen_t size = sizeof(address);
    if (getsockname(fd, (struct sockaddr *)address, &size) == 0) {
        for (socklen_t i = 0; i < size; i++)
            print(out, "%02x", address[i]);
    }
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        int value = 0;
        socklen_t length = sizeof(value);
        getsockopt(fd, SOL_SOCKET, options[i], &value, &length);
        print(out, " %d", value);
    }
}

/* All that the kernel shows of a descriptor and that must survive. */
static void print_fd(struct print *out, int fd)
{
    char path[64], target[256];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    ssize_t length = readlink(path, target, sizeof(target) - 1);
    if (length < 0)
        return;
    target[length] = 0;
    char *number = strchr(target, ':');
    if (number && target[0] != '/' && strncmp(target, "anon_inode", 10))
        *number = 0;
    int queued = 0;
    ioctl(fd, FIONREAD, &queued);
    print(out, "%d %s flags %o cloexec %d capacity %d queued %d ", fd, target, fcntl(fd, F_GETFL),
          fcntl(fd, F_GETFD), fcntl(fd, F_GETPIPE_SZ), queued);
    print_info(out, fd);
    if (strcmp(target, "socket") == 0)
        print_socket(out, fd);
    print(out, "\n");
}

static void fingerprint(struct print *out)
{
    out->used = 0;
    for (int fd = 3; fd < MOST_FDS; fd++) {
        if (fcntl(fd, F_GETFD) >= 0)
            print_fd(out, fd);
    }
}

static void close_everything(void)
{
    for (int fd = 3; fd < 1024; fd++)
        close(fd);
}

/* Saves, closes, restores and compares everything above the standard descriptors. */
static void round_trip(void)
{
    static struct print before, saving, after;
    fingerprint(&before);
    save_all(NULL, 0);
    if (tables.save.problem_count)
        fail("%s can't be saved: %s", tables.problems[0].target, tables.problems[0].message);
    fingerprint(&saving);
    if (strcmp(before.text, saving.text))
        fail("saving changed\n%sto\n%s", before.text, saving.text);
    close_everything();
    restore_all();
    fingerprint(&after);
    if (strcmp(before.text, after.text))
        fail("saved\n%sbut restored\n%s", before.text, after.text);
}

/* Moves a descriptor to a number. */
static int at(int fd, int number)
{
    REQUIRE(dup3(fd, number, 0) == number);
    close(fd);
    return number;
}

static void fill(int fd, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)((i * 31 + seed) >> 3);
        REQUIRE(write(fd, &byte, 1) == 1);
    }
}

static void drain(int fd, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char byte;
        REQUIRE(read(fd, &byte, 1) == 1);
        REQUIRE(byte == (unsigned char)((i * 31 + seed) >> 3));
    }
}

static void keeps_the_bytes_in_pipes(void)
{
    int small[2], large[2], empty[2];
    REQUIRE(pipe2(small, O_CLOEXEC | O_NONBLOCK) == 0 && pipe(large) == 0 && pipe(empty) == 0);
    REQUIRE(fcntl(large[1], F_SETPIPE_SZ, 1 << 18) == 1 << 18);
    REQUIRE(write(small[1], "*", 1) == 1);
    fill(large[1], 200000, 5);
    round_trip();
    char byte;
    REQUIRE(read(small[0], &byte, 1) == 1 && byte == '*');
    drain(large[0], 200000, 5);
    REQUIRE(write(empty[1], "x", 1) == 1 && read(empty[0], &byte, 1) == 1 && byte == 'x');
}

static void keeps_pipes_that_are_full(void)
{
    int full[2], paged[2];
    static char block[65536], got[65536];
    memset(block, 'b', sizeof(block));
    REQUIRE(pipe2(full, O_NONBLOCK) == 0 && write(full[1], block, sizeof(block)) == sizeof(block));
    REQUIRE(pipe2(paged, O_NONBLOCK) == 0 && fcntl(paged[0], F_SETPIPE_SZ, 4096) == 4096);
    REQUIRE(write(paged[1], block, 4096) == 4096);
    round_trip();
    REQUIRE(write(full[1], "x", 1) == -1 && errno == EAGAIN);
    REQUIRE(read(full[0], got, sizeof(got)) == sizeof(got) && memcmp(block, got, sizeof(got)) == 0);
    REQUIRE(read(paged[0], got, sizeof(got)) == 4096);
}

static void keeps_pipes_with_one_end(void)
{
    int ended[2], unread[2], empty[2];
    char bytes[8];
    REQUIRE(pipe(ended) == 0 && pipe(unread) == 0 && pipe(empty) == 0);
    REQUIRE(write(ended[1], "last", 4) == 4);
    close(ended[1]);
    close(unread[0]);
    close(empty[1]);
    round_trip();
    REQUIRE(read(ended[0], bytes, sizeof(bytes)) == 4 && memcmp(bytes, "last", 4) == 0);
    REQUIRE(read(ended[0], bytes, sizeof(bytes)) == 0);
    REQUIRE(read(empty[0], bytes, sizeof(bytes)) == 0);
    REQUIRE(write(unread[1], "x", 1) == -1 && errno == EPIPE);
}

static void keeps_numbers_that_are_crossed(void)
{
    int first[2], second[2];
    char byte;
    REQUIRE(pipe(first) == 0 && pipe(second) == 0);
    int writer = at(first[1], 40), reader = at(first[0], 41), late = at(second[0], 9),
        early = at(second[1], 8);
    REQUIRE(write(writer, "1", 1) == 1);
    round_trip();
    REQUIRE(read(reader, &byte, 1) == 1 && byte == '1');
    REQUIRE(write(early, "2", 1) == 1 && read(late, &byte, 1) == 1 && byte == '2');
}

static void keeps_duplicates_of_one_object(void)
{
    int ends[2], counter = eventfd(3, EFD_NONBLOCK | EFD_CLOEXEC), set = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data = {.fd = 77}};
    REQUIRE(pipe(ends) == 0);
    int second_reader = dup(ends[0]), second_writer = fcntl(ends[1], F_DUPFD_CLOEXEC, 30);
    int second_counter = dup(counter), second_set = dup(set);
    REQUIRE(epoll_ctl(second_set, EPOLL_CTL_ADD, counter, &event) == 0);
    round_trip();
    REQUIRE(saved(second_reader)->kind == CRAC_FD_DUPLICATE &&
            saved(second_writer)->kind == CRAC_FD_DUPLICATE);
    REQUIRE(saved(second_counter)->kind == CRAC_FD_DUPLICATE &&
            saved(second_set)->kind == CRAC_FD_DUPLICATE);
    uint64_t value;
    REQUIRE(read(second_counter, &value, 8) == 8 && value == 3 && read(counter, &value, 8) == -1);
    REQUIRE(fcntl(second_reader, F_SETFL, O_NONBLOCK) == 0 &&
            (fcntl(ends[0], F_GETFL) & O_NONBLOCK));
    REQUIRE(epoll_ctl(set, EPOLL_CTL_DEL, counter, NULL) == 0);
}

static void keeps_event_counters(void)
{
    int zero = eventfd(0, 0), semaphore = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK),
        large = eventfd(0, EFD_CLOEXEC);
    uint64_t value = 1ull << 40;
    REQUIRE(zero >= 0 && write(large, &value, 8) == 8);
    round_trip();
    REQUIRE(read(semaphore, &value, 8) == 8 && value == 1 && read(semaphore, &value, 8) == 8 &&
            value == 1);
    REQUIRE(read(semaphore, &value, 8) == -1 && read(large, &value, 8) == 8 && value == 1ull << 40);
}

static void keeps_registrations_with_epoll_sets(void)
{
    int outer = epoll_create1(EPOLL_CLOEXEC), inner = epoll_create1(EPOLL_CLOEXEC),
        counter = eventfd(1, EFD_NONBLOCK);
    int ends[2], stale = eventfd(0, 0);
    struct epoll_event got[4];
    struct epoll_event level = {.events = EPOLLIN, .data = {.u64 = 0x1122334455667788}};
    struct epoll_event edge = {.events = EPOLLOUT | EPOLLET | EPOLLONESHOT, .data = {.u64 = ~0ull}};
    REQUIRE(pipe(ends) == 0);
    REQUIRE(epoll_ctl(inner, EPOLL_CTL_ADD, counter, &level) == 0);
    REQUIRE(epoll_ctl(inner, EPOLL_CTL_ADD, ends[1], &edge) == 0);
    REQUIRE(epoll_ctl(outer, EPOLL_CTL_ADD, inner, &level) == 0);
    REQUIRE(epoll_ctl(outer, EPOLL_CTL_ADD, stale, &level) == 0);
    close(stale);
    round_trip();
    REQUIRE(epoll_wait(outer, got, 4, 0) == 1 && got[0].data.u64 == level.data.u64);
    REQUIRE(epoll_wait(inner, got, 4, 0) == 2);
    REQUIRE(epoll_wait(inner, got, 4, 0) == 1 && got[0].data.u64 == level.data.u64);
}

static void drops_registrations_that_nobody_can_reach(void)
{
    int set = epoll_create1(0), ends[2], other[2];
    struct epoll_event event = {.events = EPOLLIN};
    REQUIRE(pipe(ends) == 0 && pipe(other) == 0);
    int number = ends[0], kept = at(dup(ends[0]), 50);
    REQUIRE(epoll_ctl(set, EPOLL_CTL_ADD, number, &event) == 0);
    REQUIRE(dup3(other[0], number, 0) == number);
    save_all(NULL, 0);
    REQUIRE(tables.save.problem_count == 0 && tables.save.epolls.used == 0);
    close_everything();
    restore_all();
    REQUIRE(fcntl(kept, F_GETFD) == 0 && epoll_ctl(set, EPOLL_CTL_ADD, number, &event) == 0);
}

static int listen_at(const void *address, socklen_t size, int type, int backlog)
{
    int one = 1, fd = socket(((const struct sockaddr *)address)->sa_family, SOCK_STREAM | type, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (fd < 0 || bind(fd, address, size) != 0 || listen(fd, backlog) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* A connection to wherever a listener listens. */
static void require_connection(int listener)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof(address);
    REQUIRE(getsockname(listener, (struct sockaddr *)&address, &size) == 0);
    int client = socket(address.ss_family, SOCK_STREAM, 0);
    REQUIRE(connect(client, (struct sockaddr *)&address, size) == 0);
    int server = accept(listener, NULL, NULL);
    REQUIRE(server >= 0);
    close(client);
    close(server);
}

static void keeps_tcp_servers(void)
{
    struct sockaddr_in ipv4 = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int first = listen_at(&ipv4, sizeof(ipv4), SOCK_NONBLOCK | SOCK_CLOEXEC, 17);
    int second = listen_at(&ipv6, sizeof(ipv6), 0, 511), copy = dup(first);
    REQUIRE(first >= 0);
    require_connection(first);
    round_trip();
    struct crac_listener listener;
    memcpy(&listener, tables.bytes + saved(first)->data, sizeof(listener));
    REQUIRE(listener.backlog == 17 && saved(copy)->kind == CRAC_FD_DUPLICATE);
    require_connection(copy);
    if (second >= 0)
        require_connection(second);
}

static void keeps_unix_servers(void)
{
    char directory[] = "/tmp/objects-roundtrip-XXXXXX";
    struct sockaddr_un path = {.sun_family = AF_UNIX}, abstract = {.sun_family = AF_UNIX};
    struct stat stat_before, stat_after;
    REQUIRE(mkdtemp(directory));
    snprintf(path.sun_path, sizeof(path.sun_path), "%s/server", directory);
    socklen_t size =
        (socklen_t)(2 + 1 + snprintf(abstract.sun_path + 1, 100, "objects-roundtrip-%d", getpid()));
    int named = listen_at(&path, sizeof(path), SOCK_NONBLOCK, 511),
        hidden = listen_at(&abstract, size, 0, 511);
    REQUIRE(named >= 0 && hidden >= 0 && chmod(path.sun_path, 0640) == 0 &&
            stat(path.sun_path, &stat_before) == 0);
    round_trip();
    REQUIRE(stat(path.sun_path, &stat_after) == 0 && stat_before.st_mode == stat_after.st_mode);
    require_connection(named);
    require_connection(hidden);
    unlink(path.sun_path);
    rmdir(directory);
}

static void leaves_an_address_to_its_live_server(void)
{
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    struct crac_restore_failure failure;
    snprintf(path.sun_path, sizeof(path.sun_path), "/tmp/objects-roundtrip-%d.sock", getpid());
    int server = listen_at(&path, sizeof(path), 0, 511);
    REQUIRE(server >= 0);
    save_all(NULL, 0);
    int moved = at(server, 400);
    int result = objects_restore((const struct crac_fd *)tables.fds, saved_count(), NULL, 0,
                                 (char *)tables.strings, tables.bytes, SPARE, &failure);
    REQUIRE(result == -1 && failure.error == -EADDRINUSE && strcmp(failure.what, "bind") == 0);
    REQUIRE(strncmp(failure.subject, "unix /tmp/objects", 17) == 0 &&
            failure.fd == (uint32_t)server);
    require_connection(moved);
    unlink(path.sun_path);
}

static void creates_missing_files_at_the_end(void)
{
    char directory[] = "/tmp/objects-roundtrip-XXXXXX", path[64];
    struct crac_restore_failure failure = {0};
    const struct crac_fd *fds = (const struct crac_fd *)tables.fds;
    const char *strings = (const char *)tables.strings;
    struct stat made;
    REQUIRE(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/log", directory);
    int file = open(path, O_CREAT | O_WRONLY | O_APPEND, 0600), copy = dup(file);
    int other = eventfd(0, 0);
    reopened[reopened_count++] = (uint32_t)file;
    reopened[reopened_count++] = (uint32_t)copy;
    save_all(NULL, 0);
    reopened_count = 0;
    REQUIRE(saved(copy)->kind == CRAC_FD_DUPLICATE);
    close_everything();
    REQUIRE(unlink(path) == 0);
    REQUIRE(objects_restore(fds, saved_count(), NULL, 0, strings, tables.bytes, SPARE, &failure) ==
            1);
    REQUIRE(stat(path, &made) != 0 && fcntl(other, F_GETFD) >= 0);
    REQUIRE(objects_create(fds, saved_count(), strings, tables.bytes, SPARE, &failure) == 0);
    REQUIRE(write(file, "a", 1) == 1 && write(copy, "b", 1) == 1);
    REQUIRE(stat(path, &made) == 0 && made.st_size == 2);
    REQUIRE(unlink(path) == 0 && rmdir(directory) == 0);
}

static void keeps_devices(void)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC), zero = open("/dev/zero", O_RDONLY);
    int random = open("/dev/urandom", O_RDONLY | O_NONBLOCK);
    char byte = 1;
    REQUIRE(null >= 0 && random >= 0);
    round_trip();
    REQUIRE(write(null, "x", 1) == 1 && read(zero, &byte, 1) == 1 && byte == 0);
}

static void keeps_watchers_without_watches(void)
{
    char directory[] = "/tmp/objects-roundtrip-XXXXXX", path[64], events[1024];
    int watcher = inotify_init1(IN_NONBLOCK | IN_CLOEXEC), waiting = inotify_init1(0);
    int copy = dup(watcher), set = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data = {.u32 = 4}}, got;
    REQUIRE(mkdtemp(directory) && epoll_ctl(set, EPOLL_CTL_ADD, watcher, &event) == 0);
    int watch = inotify_add_watch(watcher, directory, IN_CREATE);
    REQUIRE(inotify_rm_watch(watcher, watch) == 0);
    REQUIRE(read(watcher, events, sizeof(events)) == sizeof(struct inotify_event));
    round_trip();
    REQUIRE(saved(copy)->kind == CRAC_FD_DUPLICATE && saved(waiting)->kind == CRAC_FD_INOTIFY);
    REQUIRE(inotify_add_watch(copy, directory, IN_CREATE) > 0);
    snprintf(path, sizeof(path), "%s/file", directory);
    int file = open(path, O_CREAT | O_WRONLY, 0600);
    REQUIRE(file >= 0 && epoll_wait(set, &got, 1, 0) == 1 && got.data.u32 == 4);
    REQUIRE(read(watcher, events, sizeof(events)) > 0);
    REQUIRE(unlink(path) == 0 && rmdir(directory) == 0);
}

/* Whether the kernel tells who a socket is connected to. */
static int knows_pairs(void)
{
    struct crac_description description;
    int pair[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    REQUIRE(objects_describe((uint32_t)pair[0], &description) == 0);
    close(pair[0]);
    close(pair[1]);
    if (!description.travels)
        printf("skipped: %s (no unix_diag)\n", scenario);
    return description.travels;
}

static void keeps_pairs_of_sockets(void)
{
    int stream[2], large[2], datagrams[2], packets[2], set = epoll_create1(0), size = 400000;
    char byte;
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data = {.u32 = 6}}, got;
    if (!knows_pairs())
        return;
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, stream) == 0);
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, large) == 0);
    REQUIRE(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, datagrams) == 0);
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, packets) == 0);
    REQUIRE(setsockopt(large[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) == 0);
    int reader = at(large[1], 40), writer = at(large[0], 39), copy = dup(stream[0]);
    REQUIRE(epoll_ctl(set, EPOLL_CTL_ADD, stream[0], &event) == 0);
    REQUIRE(write(stream[1], "ab", 2) == 2 && write(stream[1], "c", 1) == 1);
    fill(reader, 5, 1);
    fill(writer, 150, 7);
    round_trip();
    REQUIRE(saved(copy)->kind == CRAC_FD_DUPLICATE && saved(reader)->pair == (uint32_t)writer &&
            saved(writer)->pair == (uint32_t)reader);
    REQUIRE(epoll_wait(set, &got, 1, 0) == 1 && got.data.u32 == 6);
    char text[8];
    REQUIRE(read(copy, text, sizeof(text)) == 3 && memcmp(text, "abc", 3) == 0);
    REQUIRE(read(stream[0], text, sizeof(text)) == -1 && errno == EAGAIN);
    drain(reader, 150, 7);
    drain(writer, 5, 1);
    REQUIRE(write(datagrams[1], "", 0) == 0 && write(datagrams[1], "ab", 2) == 2);
    REQUIRE(read(datagrams[0], text, 8) == 0 && read(datagrams[0], text, 8) == 2);
    REQUIRE(write(packets[0], "x", 1) == 1 && read(packets[1], &byte, 1) == 1 && byte == 'x');
}

static void keeps_pairs_that_are_full(void)
{
    int pair[2];
    static char block[4096], got[4096];
    size_t size = 0, count = 0;
    if (!knows_pairs())
        return;
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
    memset(block, 'b', sizeof(block));
    for (ssize_t more; (more = write(pair[0], block, sizeof(block))) > 0;)
        size += (size_t)more;
    round_trip();
    for (ssize_t more; (more = read(pair[1], got, sizeof(got))) > 0;)
        count += (size_t)more;
    REQUIRE(count == size && count > 65536 && got[0] == 'b');
}

static void keeps_pairs_that_are_shut_down(void)
{
    int half[2], both[2], with_placeholder[2];
    char text[8];
    if (!knows_pairs())
        return;
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, half) == 0 &&
            socketpair(AF_UNIX, SOCK_SEQPACKET, 0, both) == 0);
    REQUIRE(write(half[0], "last", 4) == 4 && shutdown(half[0], SHUT_WR) == 0);
    REQUIRE(shutdown(both[1], SHUT_RDWR) == 0);
    round_trip();
    REQUIRE(read(half[1], text, sizeof(text)) == 4 && read(half[1], text, sizeof(text)) == 0);
    REQUIRE(write(half[1], "on", 2) == 2 && read(half[0], text, sizeof(text)) == 2);
    REQUIRE(read(both[0], text, 1) == 0 && write(both[0], "x", 1) == -1 && errno == EPIPE);
    close_everything();
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, with_placeholder) == 0);
    REQUIRE(write(with_placeholder[0], "last", 4) == 4);
    const uint32_t gone[] = {(uint32_t)with_placeholder[0]};
    save_all(gone, 1);
    close_everything();
    restore_all();
    REQUIRE(read(with_placeholder[1], text, sizeof(text)) == 4 &&
            read(with_placeholder[1], text, sizeof(text)) == 0);
}

/* Makes a ring as libuv does; -1 where the machine does not permit it. */
static int make_ring(unsigned entries, unsigned flags, unsigned completions, uint8_t **mapping)
{
    struct io_uring_params params = {.flags = flags, .cq_entries = completions};
    int fd = (int)syscall(SYS_io_uring_setup, entries, &params);
    if (fd < 0)
        return -1;
    size_t size = params.cq_off.cqes + params.cq_entries * 16 + 64 + params.sq_entries * 4;
    *mapping = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
    REQUIRE(*mapping != MAP_FAILED);
    for (unsigned i = 0; params.sq_off.array && i < params.sq_entries; i++)
        ((uint32_t *)(*mapping + params.sq_off.array))[i] = i;
    return fd;
}

static void keeps_rings(void)
{
    uint8_t *memory[3];
    int plain = make_ring(256, 0, 0, &memory[0]);
    if (plain < 0) {
        printf("skipped: %s (io_uring_setup: %s)\n", scenario, strerror(errno));
        return;
    }
    int bare = make_ring(64, IORING_SETUP_NO_SQARRAY, 0, &memory[1]);
    int deep = make_ring(8, IORING_SETUP_CQSIZE, 64, &memory[2]), set = epoll_create1(0),
        copy = dup(plain);
    struct epoll_event event = {.events = EPOLLIN};
    REQUIRE(epoll_ctl(set, EPOLL_CTL_ADD, plain, &event) == 0);
    round_trip();
    REQUIRE(saved(plain)->value == 256 && saved(plain)->extra == 0 &&
            saved(copy)->kind == CRAC_FD_DUPLICATE);
    REQUIRE(bare < 0 || saved(bare)->extra == IORING_SETUP_NO_SQARRAY);
    REQUIRE(saved(deep)->extra == IORING_SETUP_CQSIZE && saved(deep)->pair == 64);
    REQUIRE(tables.save.ring_count == (bare < 0 ? 2 : 3) && tables.save.busy == 0);
    uint32_t *ring = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_SHARED, plain, 0);
    REQUIRE(ring != MAP_FAILED);
    uring_prepare_mapping(ring, 0, saved(plain));
    REQUIRE(ring[(64 + 512 * 16) / 4 + 255] == 255);
}

static void notices_that_a_ring_works(void)
{
    uint8_t *memory, *entries;
    int fd = make_ring(8, 0, 0, &memory);
    if (fd < 0) {
        printf("skipped: %s\n", scenario);
        return;
    }
    entries = mmap(NULL, 8 * 64, PROT_READ | PROT_WRITE, MAP_SHARED, fd, IORING_OFF_SQES);
    REQUIRE(entries != MAP_FAILED);
    entries[0] = IORING_OP_NOP;
    __atomic_store_n((uint32_t *)memory + 1, 1,
                     __ATOMIC_RELEASE); /* the tail of the submission queue */
    save_all(NULL, 0);
    REQUIRE(tables.save.busy);
    REQUIRE(syscall(SYS_io_uring_enter, fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) == 1);
    save_all(NULL, 0);
    REQUIRE(tables.save.busy);
    __atomic_store_n((uint32_t *)memory + 2, 1,
                     __ATOMIC_RELEASE); /* the head of the completion queue */
    save_all(NULL, 0);
    REQUIRE(!tables.save.busy);
}

/* The message about a descriptor. */
static const char *problem_of(int fd)
{
    for (uint32_t i = 0; i < tables.save.problem_count; i++) {
        if (tables.problems[i].fd == (uint32_t)fd)
            return tables.problems[i].message;
    }
    fail("descriptor %d should be refused", fd);
}

static void require_refusal(int fd, const char *kind, const char *words)
{
    struct crac_description description;
    REQUIRE(fd >= 0 && objects_describe((uint32_t)fd, &description) == 0);
    if (strcmp(description.kind, kind) || description.travels)
        fail("descriptor %d is described as %s, which %s", fd, description.kind,
             description.travels ? "travels" : "does not travel");
    if (!strstr(problem_of(fd), words))
        fail("the message of descriptor %d is \"%s\" and does not say \"%s\"", fd, problem_of(fd),
             words);
}

/* Sends a descriptor through a socket. */
static void send_descriptor(int through, int fd)
{
    _Alignas(8) char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec part = {"d", 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof(control)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &fd, sizeof(fd));
    REQUIRE(sendmsg(through, &message, 0) == 1);
}

static void refuses_pairs_with_more_than_bytes(void)
{
    int rights[2], messages[2], empty[2], options[2], named[2], one = 1;
    struct timeval timeout = {.tv_usec = 5};
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "\0objects-roundtrip-pair"};
    if (!knows_pairs())
        return;
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, rights) == 0 &&
            socketpair(AF_UNIX, SOCK_DGRAM, 0, messages) == 0 &&
            socketpair(AF_UNIX, SOCK_SEQPACKET, 0, empty) == 0 &&
            socketpair(AF_UNIX, SOCK_STREAM, 0, options) == 0 &&
            socketpair(AF_UNIX, SOCK_STREAM, 0, named) == 0);
    REQUIRE(write(rights[0], "before", 6) == 6);
    send_descriptor(rights[0], 1);
    REQUIRE(write(messages[1], "m", 1) == 1 && send(empty[1], "", 0, 0) == 0);
    REQUIRE(setsockopt(options[0], SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)) == 0);
    REQUIRE(setsockopt(options[1], SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) == 0);
    REQUIRE(bind(named[0], (struct sockaddr *)&name, sizeof(name)) == 0);
    save_all(NULL, 0);
    require_refusal(rights[1], "socketpair", "descriptors are on their way");
    require_refusal(messages[0], "socketpair", "messages that were not read");
    require_refusal(empty[0], "socketpair", "messages that were not read");
    require_refusal(options[0], "socketpair", "option");
    require_refusal(options[1], "socketpair", "timeout");
    require_refusal(named[0], "socket", "a connection (unix @objects-roundtrip-pair");
    require_refusal(named[1], "socket", "a connection (unix");
    int count = 0;
    REQUIRE(ioctl(rights[1], FIONREAD, &count) == 0 && count == 7);
}

static void refuses_what_has_a_life_elsewhere(void)
{
    int pair[2], shared[2], packets[2], release[2];
    char byte;
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && pipe(shared) == 0 &&
            pipe(release) == 0);
    REQUIRE(pipe2(packets, O_DIRECT) == 0);
    int file = open("/proc/self/exe", O_RDONLY), directory = open("/", O_RDONLY | O_DIRECTORY),
        path = open("/", O_PATH);
    int memory = memfd_create("roundtrip", 0), timer = timerfd_create(CLOCK_MONOTONIC, 0),
        watcher = inotify_init1(0), unread = inotify_init1(0);
    int datagrams = socket(AF_INET, SOCK_DGRAM, 0);
    REQUIRE(inotify_add_watch(watcher, "/", IN_CREATE) == 1 &&
            inotify_add_watch(watcher, "/tmp", IN_DELETE_SELF) == 2);
    REQUIRE(inotify_rm_watch(unread, inotify_add_watch(unread, "/", IN_CREATE)) == 0);
    pid_t child = fork();
    if (child == 0) {
        close(release[1]);
        _exit(read(release[0], &byte, 1) != 0);
    }
    close(shared[1]);
    close(pair[1]);
    save_all(NULL, 0);
    require_refusal(pair[0], "socket", "a connection (unix) can't travel");
    require_refusal(shared[0], "pipe", "its other end is in another process");
    require_refusal(packets[1], "pipe", "packet mode");
    require_refusal(file, "file", "an open file can't travel");
    require_refusal(directory, "directory", "an open directory");
    require_refusal(path, "other", "O_PATH");
    require_refusal(memory, "memfd", "memfd");
    require_refusal(timer, "timerfd", "timerfd");
    require_refusal(watcher, "inotify", "a file watcher (inotify) with 2 watches can't travel");
    require_refusal(unread, "inotify", "with events that were not read");
    require_refusal(datagrams, "socket", "a socket (udp");
    close(release[1]);
    REQUIRE(waitpid(child, NULL, 0) == child);
}

static void turns_placeholders_into_nothing(void)
{
    int pair[2], idle[2], set = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data = {.u32 = 9}}, got;
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0 && pipe(idle) == 0);
    REQUIRE(epoll_ctl(set, EPOLL_CTL_ADD, pair[0], &event) == 0);
    const uint32_t placeholders[] = {(uint32_t)pair[0], (uint32_t)pair[1]};
    save_all(placeholders, 2);
    REQUIRE(tables.save.problem_count == 0);
    close_everything();
    restore_all();
    struct stat stat;
    char byte;
    REQUIRE(fstat(pair[1], &stat) == 0 && S_ISCHR(stat.st_mode) &&
            fcntl(pair[1], F_GETFD) == FD_CLOEXEC);
    REQUIRE(epoll_wait(set, &got, 1, 0) == 1 && got.data.u32 == 9 && read(pair[0], &byte, 1) == 0);
    REQUIRE(epoll_ctl(set, EPOLL_CTL_MOD, pair[0], &event) == 0);
}

static void points_aliases_at_the_new_standard_streams(void)
{
    int old[2], new[2];
    char byte;
    int kept = fcntl(0, F_DUPFD_CLOEXEC, 300);
    REQUIRE(pipe(old) == 0 && dup2(old[0], 0) == 0);
    close(old[0]);
    int alias = dup(0);
    REQUIRE(fcntl(0, F_SETFL, O_NONBLOCK) == 0);
    const uint32_t gone[] = {(uint32_t)old[1], (uint32_t)kept};
    save_all(gone, 2);
    REQUIRE(tables.save.problem_count == 0 && saved(alias)->kind == CRAC_FD_ALIAS &&
            saved(alias)->value == 0);
    close(old[1]);
    close(alias);
    REQUIRE(pipe(new) == 0 && dup2(new[0], 0) == 0);
    int writer = at(new[1], 301);
    close(new[0]);
    kept = at(fcntl(kept, F_DUPFD_CLOEXEC, 302), 303);
    restore_all();
    REQUIRE(write(writer, "n", 1) == 1 && read(alias, &byte, 1) == 1 && byte == 'n');
    REQUIRE(fcntl(0, F_GETFL) & O_NONBLOCK);
    dup2(kept, 0);
}

/* Restores a watched standard input, a pipe, as something else: what epoll_wait() and read() make
 * of it. */
static ssize_t watch_other_input(int input, char *text, size_t size)
{
    int old[2], set = epoll_create1(0), kept = fcntl(0, F_DUPFD_CLOEXEC, 300);
    struct epoll_event event = {.events = EPOLLIN}, got;
    REQUIRE(pipe(old) == 0 && dup2(old[0], 0) == 0 &&
            epoll_ctl(set, EPOLL_CTL_ADD, 0, &event) == 0);
    const uint32_t gone[] = {(uint32_t)old[0], (uint32_t)old[1], (uint32_t)kept, (uint32_t)input};
    save_all(gone, 4);
    REQUIRE(tables.save.problem_count == 0);
    kept = at(kept, 601);
    REQUIRE(dup2(input, 0) == 0);
    restore_all();
    REQUIRE(epoll_wait(set, &got, 1, 0) == 1);
    ssize_t length = read(0, text, size);
    REQUIRE(epoll_ctl(set, EPOLL_CTL_MOD, 0, &event) == 0);
    dup2(kept, 0);
    close_everything();
    return length;
}

static void keeps_a_watched_input_watchable(void)
{
    char text[16];
    REQUIRE(watch_other_input(open("/dev/null", O_RDONLY), text, sizeof(text)) == 0);
    char path[] = "/tmp/objects-roundtrip-XXXXXX";
    int file = mkstemp(path);
    REQUIRE(file >= 0 && unlink(path) == 0 && write(file, "content", 7) == 7 &&
            lseek(file, 3, SEEK_SET) == 3);
    REQUIRE(watch_other_input(file, text, sizeof(text)) == 4 && memcmp(text, "tent", 4) == 0);
}

static void writes_addresses_as_url_do(void)
{
    static const char *const texts[] = {
        "::",          "::1",    "2001:db8::1",      "2001:0:0:1::1",
        "fe80::1:2:3", "1::2:0", "::ffff:127.0.0.1", "1:2:3:4:5:6:7:8"};
    char expected[80], got[80];
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(80)};
        REQUIRE(inet_pton(AF_INET6, texts[i], &address.sin6_addr) == 1);
        snprintf(expected, sizeof(expected), "[%s]:80", texts[i]);
        socket_address_text(&address, sizeof(address), got, sizeof(got));
        if (strcmp(expected, got))
            fail("%s is written as %s", expected, got);
    }
}

static const struct {
    const char *name;
    void (*run)(void);
} scenarios[] = {
    {"the bytes in pipes survive", keeps_the_bytes_in_pipes},
    {"full pipes survive", keeps_pipes_that_are_full},
    {"pipes with one end survive", keeps_pipes_with_one_end},
    {"crossed numbers survive", keeps_numbers_that_are_crossed},
    {"duplicates of one object survive", keeps_duplicates_of_one_object},
    {"event counters survive", keeps_event_counters},
    {"registrations with epoll sets survive", keeps_registrations_with_epoll_sets},
    {"unreachable registrations are dropped", drops_registrations_that_nobody_can_reach},
    {"tcp servers survive", keeps_tcp_servers},
    {"unix servers survive", keeps_unix_servers},
    {"a live server keeps its address", leaves_an_address_to_its_live_server},
    {"missing files are created at the end", creates_missing_files_at_the_end},
    {"devices survive", keeps_devices},
    {"file watchers without watches survive", keeps_watchers_without_watches},
    {"pairs of sockets survive", keeps_pairs_of_sockets},
    {"full pairs of sockets survive", keeps_pairs_that_are_full},
    {"pairs of sockets stay shut down", keeps_pairs_that_are_shut_down},
    {"rings survive", keeps_rings},
    {"a working ring is noticed", notices_that_a_ring_works},
    {"pairs of sockets with more than bytes are refused", refuses_pairs_with_more_than_bytes},
    {"what has a life elsewhere is refused", refuses_what_has_a_life_elsewhere},
    {"placeholders become nothing", turns_placeholders_into_nothing},
    {"aliases follow the standard streams", points_aliases_at_the_new_standard_streams},
    {"a watched standard input stays watchable", keeps_a_watched_input_watchable},
    {"addresses are written as in a URL", writes_addresses_as_url_do},
};

int main(void)
{
    size_t count = sizeof(scenarios) / sizeof(scenarios[0]);
    signal(SIGPIPE, SIG_IGN);
    close_everything();
    for (size_t i = 0; i < count; i++) {
        scenario = scenarios[i].name;
        scenarios[i].run();
        close_everything();
    }
    printf("%zu scenarios held\n", count);
    return 0;
}
