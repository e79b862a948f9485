/*
 * crac-criu: what the CRIU engine (src/engines/criu/) needs of the kernel and Node.js cannot ask
 * for.
 *
 *   main.c              the verbs
 *   without-io-uring.c  runs a program that makes no io_uring, which CRIU could not write
 *   servant.c           runs CRIU for a process that must not do so itself
 *   restore.c           has CRIU restore a process and wakes it up
 *   stand-for.c         stands for a child until that ends
 *
 * A freestanding program like the launcher: no libc, no memory but the stack.
 */
#ifndef CRAC_CRIU_H
#define CRAC_CRIU_H

#include "../arch/x86_64/syscall.h"
#include "../image/text.h"

/* Exit statuses of the program itself. */
enum status { STATUS_USAGE = 64, STATUS_REFUSED = 71 };

/* main.c: writes "crac: ", the sentence and the text of a negated errno (unless it is 0), and ends.
 */
_Noreturn void fail(enum status status, const char *sentence, long error);

/* without-io-uring.c: becomes the program `words`. */
_Noreturn void run_without_io_uring(char **words, char **environment);

/* servant.c */
void set_signal_mask(uint64_t mask);
/* Sends the signal of native/agent/suspend.h: 0, or a negated errno. */
long send_word(long process, int value);
/* Starts a program with no signal blocked and its output going to a descriptor: its number, or a
 * negated errno. */
long start_program(char **words, char **environment, int output);
/* Does what a keeper asks for, who has the command in its descriptor `fd`. */
void serve(long keeper, int fd, char **environment);
/* Makes the servant of this process: its number, or a negated errno. All signals must be blocked.
 */
long servant_start(char **environment);

/* stand-for.c: all signals must be blocked. */
_Noreturn void stand_for(long process, char **environment);

/* restore.c: `words` are the number of the process and the command line of CRIU. */
_Noreturn void restore(char **words, char **environment);

#endif
