/*
 * stopwatch: starts a program and tells when it did something.
 *
 *   stopwatch [--until byte|answer|exit] [--http PORT PATH] [--fifo FILE] [--end kill|wait]
 * [--limit MS] -- PROGRAM [ARGS...]
 *
 * The clock (CLOCK_MONOTONIC) starts right before posix_spawn. This process is small and has
 * nothing to copy, so that starting a child from it costs what the kernel charges and no more. It
 * then waits for byte    the first byte on the program's standard output (or on FILE, when --fifo
 * names one), answer  a complete HTTP answer from 127.0.0.1:PORT; refused connections are tried
 * again every 100 us, exit    the end of the program, and ends the program (kill, the default) or
 * waits for its end (wait).
 *
 * It prints one line of JSON, times in nanoseconds since the start and -1 for what did not happen,
 * then the raw payload: the HTTP answer with its head, or what the program wrote. Exit status 0
 * when the event was seen, 1 when it was not, 64 when called wrongly. The program's standard input
 * is /dev/null, its standard error is ours.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAYLOAD_SIZE = 4 << 20, RETRY_NANOSECONDS = 100000, MARK = 4 };

enum event { UNTIL_BYTE, UNTIL_MARK, UNTIL_ANSWER, UNTIL_EXIT };

static const char *const event_names[] = {"byte", "mark", "answer", "exit"};

struct options {
    enum event until;
    pid_t victim;
    int port;
    const char *path;
    const char *fifo;
    long limit_ms;
    char **command;
};

struct measurement {
    struct timespec start;
    int64_t first_byte, last_byte, connected, answer, exited;
    int status;
    pid_t pid;
    char *payload;
    size_t length;
};

extern char **environ;

static void refuse(const char *sentence)
{
    fprintf(stderr, "stopwatch: %s\n", sentence);
    exit(64);
}

/* Nanoseconds since the program was started. */
static int64_t elapsed(const struct measurement *m)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)(now.tv_sec - m->start.tv_sec) * 1000000000 + (now.tv_nsec - m->start.tv_nsec);
}

static const char *value(char ***arg)
{
    if (*++*arg == NULL)
        refuse("an option has no value");
    return **arg;
}

static enum event parse_event(const char *name)
{
    for (int i = UNTIL_BYTE; i <= UNTIL_EXIT; i++)
        if (!strcmp(name, event_names[i]))
            return (enum event)i;
    refuse("unknown event");
    return UNTIL_EXIT;
}

static struct options parse(char **arg)
{
    struct options o = {.until = UNTIL_EXIT, .path = "/", .limit_ms = 60000};
    for (; *arg && strcmp(*arg, "--"); arg++) {
        if (!strcmp(*arg, "--until")) {
            o.until = parse_event(value(&arg));
        } else if (!strcmp(*arg, "--http")) {
            o.port = atoi(value(&arg));
            o.path = value(&arg);
        } else if (!strcmp(*arg, "--fifo")) {
            o.fifo = value(&arg);
        } else if (!strcmp(*arg, "--kill")) {
            o.victim = atoi(value(&arg));
        } else if (!strcmp(*arg, "--limit")) {
            o.limit_ms = atol(value(&arg));
        } else {
            refuse("unknown option");
        }
    }
    if (*arg == NULL || arg[1] == NULL)
        refuse("no program given");
    o.command = arg + 1;
    return o;
}

/* Starts the program with its output on a pipe; gives the end to read from. */
static int start(const struct options *o, struct measurement *m)
{
    int ends[2];
    posix_spawn_file_actions_t actions;
    if (pipe2(ends, O_CLOEXEC) != 0)
        refuse("no pipe");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    clock_gettime(CLOCK_MONOTONIC, &m->start);
    int error = posix_spawnp(&m->pid, o->command[0], &actions, NULL, o->command, environ);
    if (error != 0) {
        fprintf(stderr, "stopwatch: %s: %s\n", o->command[0], strerror(error));
        exit(1);
    }
    close(ends[1]);
    if (o->fifo == NULL)
        return ends[0];
    int fifo = open(o->fifo, O_RDWR | O_CLOEXEC);
    if (fifo < 0)
        refuse("the FIFO cannot be opened");
    return fifo;
}

/* Reads once; false at the end of the stream. */
static bool take(int fd, struct measurement *m)
{
    ssize_t n = read(fd, m->payload + m->length, PAYLOAD_SIZE - m->length);
    if (n <= 0)
        return false;
    m->last_byte = elapsed(m);
    if (m->first_byte < 0)
        m->first_byte = m->last_byte;
    m->length += (size_t)n;
    return true;
}

/* A connection to the port, or -1 while nobody listens there. */
static int connect_once(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Whether the bytes are a complete answer: all of Content-Length, or the end of the connection. */
static bool is_complete(const char *bytes, size_t length, bool at_end)
{
    const char *body = memmem(bytes, length, "\r\n\r\n", 4);
    if (body == NULL)
        return at_end;
    const char *field = memmem(bytes, (size_t)(body - bytes), "\r\nContent-Length:", 17);
    if (field == NULL)
        field = memmem(bytes, (size_t)(body - bytes), "\r\ncontent-length:", 17);
    if (field == NULL)
        return at_end;
    return at_end || (size_t)(bytes + length - (body + 4)) >= strtoul(field + 17, NULL, 10);
}

/* Notes the first byte of the program's output and forgets what it writes; gives -1 at its end, for
 * poll to skip it. */
static int drain(int output, struct measurement *m)
{
    char bytes[4096];
    if (read(output, bytes, sizeof bytes) <= 0)
        return -1;
    if (m->first_byte < 0)
        m->first_byte = elapsed(m);
    return output;
}

/* Sends the request and reads the whole answer; false when the connection broke before any. */
static bool ask(int fd, const struct options *o, struct measurement *m, struct pollfd *output)
{
    char request[1024];
    int size = snprintf(request, sizeof request,
                        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n",
                        o->path, o->port);
    if (write(fd, request, (size_t)size) != size)
        return false;
    m->length = 0;
    for (;;) {
        struct pollfd both[] = {{.fd = fd, .events = POLLIN}, *output};
        poll(both, 2, (int)o->limit_ms);
        if (both[1].revents)
            output->fd = drain(output->fd, m);
        if (!both[0].revents)
            continue;
        ssize_t n = read(fd, m->payload + m->length, PAYLOAD_SIZE - m->length);
        if (n > 0)
            m->length += (size_t)n;
        if (n < 0 || m->length == 0)
            return false;
        if (is_complete(m->payload, m->length, n == 0)) {
            m->answer = elapsed(m);
            return true;
        }
    }
}

/* Asks until the server answers or the time is over. */
static void wait_for_answer(const struct options *o, struct measurement *m, int output)
{
    struct pollfd pipe_end = {.fd = output, .events = POLLIN};
    const struct timespec pause = {.tv_nsec = RETRY_NANOSECONDS};
    while (m->answer < 0 && elapsed(m) < o->limit_ms * 1000000) {
        int fd = connect_once(o->port);
        if (fd >= 0) {
            m->connected = elapsed(m);
            ask(fd, o, m, &pipe_end);
            close(fd);
        } else if (ppoll(&pipe_end, 1, &pause, NULL) > 0) {
            pipe_end.fd = drain(output, m);
        }
    }
}

/* Whether the output holds what is waited for. */
static bool has_event(const struct options *o, const struct measurement *m)
{
    if (o->until == UNTIL_BYTE)
        return m->first_byte >= 0;
    return o->until == UNTIL_MARK && m->length > 0 && m->payload[m->length - 1] == MARK;
}

/* Reads the program's output until the event or its end. */
static void wait_for_output(const struct options *o, struct measurement *m, int output)
{
    struct pollfd pipe_end = {.fd = output, .events = POLLIN};
    while (elapsed(m) < o->limit_ms * 1000000) {
        if (poll(&pipe_end, 1, 1000) > 0 && !take(output, m))
            return;
        if (has_event(o, m))
            return;
    }
}

static void finish(const struct options *o, struct measurement *m)
{
    bool is_late = elapsed(m) >= o->limit_ms * 1000000;
    if (is_late || (o->until != UNTIL_EXIT && o->victim == 0))
        kill(m->pid, SIGKILL);
    waitpid(m->pid, &m->status, 0);
    m->exited = elapsed(m);
    if (o->victim > 0 && kill(o->victim, SIGKILL) == 0)
        waitpid(o->victim, NULL, 0);
}

static bool was_seen(const struct options *o, const struct measurement *m)
{
    if (o->until == UNTIL_ANSWER)
        return m->answer >= 0;
    return o->until == UNTIL_EXIT ? WIFEXITED(m->status) : has_event(o, m);
}

int main(int argc, char **argv)
{
    struct options o = parse(argv + (argc > 0));
    struct measurement m = {
        .first_byte = -1, .last_byte = -1, .connected = -1, .answer = -1, .exited = -1};
    m.payload = calloc(1, PAYLOAD_SIZE);
    signal(SIGPIPE, SIG_IGN);
    syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
    /* What the program leaves behind becomes a child of ours, so that we see it end. */
    if (o.victim > 0)
        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    int output = start(&o, &m);
    if (o.until == UNTIL_ANSWER)
        wait_for_answer(&o, &m, output);
    else
        wait_for_output(&o, &m, output);
    finish(&o, &m);
    printf("{\"pid\":%d,\"firstByte\":%lld,\"lastByte\":%lld,\"connected\":%lld,\"answer\":%lld,"
           "\"exit\":%lld,"
           "\"code\":%d,\"signal\":%d}\n",
           m.pid, (long long)m.first_byte, (long long)m.last_byte, (long long)m.connected,
           (long long)m.answer, (long long)m.exited,
           WIFEXITED(m.status) ? WEXITSTATUS(m.status) : -1,
           WIFSIGNALED(m.status) ? WTERMSIG(m.status) : 0);
    fflush(stdout);
    for (size_t done = 0; done < m.length;) {
        ssize_t n = write(1, m.payload + done, m.length - done);
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    return was_seen(&o, &m) ? 0 : 1;
}
