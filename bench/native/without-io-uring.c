/*
 * without-io-uring: runs a program for which the kernel has no io_uring.
 *
 *   without-io-uring PROGRAM [ARGS...]
 *
 * A seccomp filter answers ENOSYS to the three io_uring system calls, and the program is executed
 * in this process. CRIU cannot dump io_uring rings, which every Node from 22 on opens where it can.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct sock_filter filter[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, __NR_io_uring_setup, 0, 2),
    BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, __NR_io_uring_register, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

int main(int argc, char **argv)
{
    struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};
    if (argc < 2) {
        fprintf(stderr, "Usage: without-io-uring PROGRAM [ARGS...]\n");
        return 64;
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        perror("without-io-uring: the filter cannot be installed");
        return 71;
    }
    execvp(argv[1], argv + 1);
    perror(argv[1]);
    return 127;
}
