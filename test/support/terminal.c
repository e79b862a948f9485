/*
 * terminal ENDS [COLUMNSxROWS] COMMAND [ARGUMENT...]: runs a command whose standard streams are of
 * chosen kinds, and connects them with the standard streams of this program.
 *
 * ENDS has a letter for each of the three: t a pseudo-terminal (one for all of them), p a pipe, s a
 * TCP socket, c closed, - this program's own.
 *
 *        our 0 ──> pipe or terminal ──> 0 command 1 ──> pipe or terminal ──> our 1
 *                                                 2 ──> pipe ──────────────> our 2
 *
 * The terminal neither echoes nor translates line ends unless TERMINAL=usual is in the environment.
 * The end of our own input closes the pipe, and types ^D on the terminal.
 *
 * Descriptor 3, where it is open, takes requests, a byte each: + makes the terminal ten columns
 * wider, ? answers with a line about its mode. When the command has ended, "ended" with its mode
 * is written there, too. The exit status is the command's, or 128 and its signal.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define CONTROL 3
#define END_OF_INPUT 4 /* ^D */

/* What flows from one descriptor to another; closed when `from` is -1. */
struct flow {
    int from, to;
    int closes; /* `to` ends with `from` */
};

static int master = -1, slave = -1, has_control;
static struct winsize size = {.ws_col = 80, .ws_row = 24};

static void die(const char *what)
{
    fprintf(stderr, "terminal: %s: %s\n", what, strerror(errno));
    exit(125);
}

static void open_terminal(void)
{
    struct termios settings;

    master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0)
        die("cannot open a terminal");
    slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0 || tcgetattr(slave, &settings) != 0)
        die("cannot open a terminal");
    const char *kind = getenv("TERMINAL");
    if (!kind || strcmp(kind, "usual") != 0) {
        settings.c_lflag &= ~(tcflag_t)ECHO;
        settings.c_oflag &= ~(tcflag_t)OPOST;
        tcsetattr(slave, TCSANOW, &settings);
    }
    ioctl(master, TIOCSWINSZ, &size);
}

/* A TCP connection within this machine. */
static int connect_sockets(int ends[2])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 1) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0)
        return -1;
    ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(ends[0], (struct sockaddr *)&address, length) != 0)
        return -1;
    ends[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    close(listener);
    return ends[1] < 0 ? -1 : 0;
}

/* The two ends of a pipe or of a connection; none for other kinds. */
static void connect_ends(char kind, int ends[2])
{
    if (kind == 'p' && pipe2(ends, O_CLOEXEC) != 0)
        die("cannot make a pipe");
    if (kind == 's' && connect_sockets(ends) != 0)
        die("cannot connect a socket");
}

static int has_two_ends(char kind)
{
    return kind == 'p' || kind == 's';
}

/* Writes all of it. */
static void put(int fd, const char *data, ssize_t length)
{
    while (length > 0) {
        ssize_t done = write(fd, data, (size_t)length);
        if (done < 0 && errno != EINTR && errno != EAGAIN)
            return;
        if (done > 0) {
            data += done;
            length -= done;
        }
    }
}

static void tell_mode(const char *beginning)
{
    struct termios settings = {0};
    char line[64];
    const char *mode = "none", *echo = "";

    if (slave >= 0 && tcgetattr(slave, &settings) == 0) {
        mode = settings.c_lflag & ICANON ? "cooked" : "raw";
        echo = settings.c_lflag & ECHO ? " echo" : "";
    }
    put(CONTROL, line, snprintf(line, sizeof line, "%s%s%s\n", beginning, mode, echo));
}

static void take_request(void)
{
    char request;

    if (read(CONTROL, &request, 1) != 1)
        return;
    if (request == '+') {
        size.ws_col += 10;
        ioctl(master, TIOCSWINSZ, &size);
    } else {
        tell_mode("");
    }
}

/* In the child: becomes the command. */
static void run(char **command, const char *ends, int pipes[3][2])
{
    setsid();
    if (slave >= 0)
        ioctl(slave, TIOCSCTTY, 0);
    for (int fd = 0; fd < 3; fd++) {
        if (ends[fd] == 't')
            dup2(slave, fd);
        else if (has_two_ends(ends[fd]))
            dup2(pipes[fd][fd != 0], fd);
        else if (ends[fd] == 'c')
            close(fd);
    }
    close_range(3, ~0u, 0);
    execvp(command[0], command);
    _exit(127);
}

/* Moves what is there: whether the flow goes on. */
static int move(struct flow *flow)
{
    static char buffer[65536];
    ssize_t got = read(flow->from, buffer, sizeof buffer);

    if (got > 0) {
        put(flow->to, buffer, got);
        return 1;
    }
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return 1;
    if (flow->to == master)
        put(master, (char[]){END_OF_INPUT}, 1);
    else if (flow->closes)
        close(flow->to);
    flow->from = -1;
    return 0;
}

/* Moves data until the command has ended and all that it wrote is out: its status. */
static int relay(pid_t child, struct flow flows[4])
{
    int status = 0, has_ended = 0;

    for (;;) {
        struct pollfd polls[5];
        for (int i = 0; i < 4; i++)
            polls[i] = (struct pollfd){.fd = flows[i].from, .events = POLLIN};
        polls[4] = (struct pollfd){.fd = has_control ? CONTROL : -1, .events = POLLIN};
        int ready = poll(polls, 5, has_ended ? 0 : 20);
        for (int i = 0; i < 4; i++)
            if (polls[i].revents)
                move(&flows[i]);
        if (polls[4].revents & POLLIN)
            take_request();
        else if (polls[4].revents)
            has_control = 0;
        int is_idle = ready <= 0 || (!polls[1].revents && !polls[2].revents && !polls[3].revents);
        if (has_ended && is_idle)
            break;
        if (!has_ended && waitpid(child, &status, WNOHANG) == child)
            has_ended = 1;
    }
    if (has_control)
        tell_mode("ended ");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
    int pipes[3][2], at = 2;

    if (argc < 3 || strlen(argv[1]) != 3)
        return 64;
    unsigned short columns, rows;
    if (sscanf(argv[2], "%hux%hu", &columns, &rows) == 2) {
        size = (struct winsize){.ws_col = columns, .ws_row = rows};
        at++;
    }
    const char *ends = argv[1];
    has_control = fcntl(CONTROL, F_GETFD) >= 0;
    if (!has_control) /* nothing else gets its number */
        dup2(open("/dev/null", O_RDWR), CONTROL);
    if (strchr(ends, 't'))
        open_terminal();
    for (int fd = 0; fd < 3; fd++)
        connect_ends(ends[fd], pipes[fd]);
    signal(SIGPIPE, SIG_IGN);
    pid_t child = fork();
    if (child < 0)
        die("cannot fork");
    if (child == 0) {
        signal(SIGPIPE, SIG_DFL);
        run(argv + at, ends, pipes);
    }
    struct flow flows[4] = {{-1, -1, 0}, {-1, 1, 0}, {-1, 1, 0}, {-1, 2, 0}};
    for (int fd = 0; fd < 3; fd++)
        if (has_two_ends(ends[fd]))
            close(pipes[fd][fd != 0]);
    if (has_two_ends(ends[0]) || ends[0] == 't')
        flows[0] = (struct flow){0, ends[0] == 't' ? master : pipes[0][1], 1};
    if (master >= 0)
        flows[1].from = master;
    if (has_two_ends(ends[1]))
        flows[2].from = pipes[1][0];
    if (has_two_ends(ends[2]))
        flows[3].from = pipes[2][0];
    return relay(child, flows);
}
