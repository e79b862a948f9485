/*
 * A checkpoint that another program makes of this process.
 *
 *   suspend.c    the story
 *   stand-ins.c  descriptors that must not be in the image
 *   keeper.c     the process outside of the tree that starts the program, and keeps what this one
 *                takes back when it goes on
 *
 *     process                              keeper                    program
 *     stops the world
 *     forks ─────────────────────────────> lets go of what
 *     conceals secrets, lays stand-ins     is not kept
 *     lets the keeper go ────────────────> starts it ──────────────> writes the process,
 *     waits for SUSPEND_SIGNAL             waits for its end <────── lets it go on
 *       <───────────────────────────────── says how it ended
 *     takes back and releases
 *
 *     restored process                     restorer
 *       <───────────────────────────────── says which of its descriptors holds what it brings
 *     takes that and the standard streams
 *     new random numbers, releases
 *
 * The program lets the process go on in any case. Whether it ends then is its own affair, so it
 * does so with a status of its own.
 */
#ifndef CRAC_SUSPEND_H
#define CRAC_SUSPEND_H

#include "agent.h"

/* Tells the waiting main thread how things stand, with a value; the first real-time signals are
 * libc's. */
#define SUSPEND_SIGNAL 36

/* Values of the signal. From 0 on: number of the sender's descriptor with what a restore brings. */
#define SUSPEND_WRITTEN (-1)
#define SUSPEND_FAILED(status) (-2 - (int)(status)) /* status as of wait(2) */

/* What another program shall do. */
struct crac_suspension {
    const struct crac_request *request;
    char *const *command; /* its words; the first one is the path of an executable */
    char *const *environment;
    int servant; /* process that runs it (native/criu/servant.c); 0: the keeper does */
};

/* How it ended. */
struct crac_suspended {
    enum crac_status status; /* CRAC_WRITING: this process goes on, and the image is on disk */
    int brought;             /* CRAC_RESTORED: descriptor with what the restore brought, or -1 */
    int program_status;      /* CRAC_FAILED: as of wait(2), or -1 when the program did not run */
    uint64_t pause;          /* ns for which the threads were stopped */
    struct crac_error error;
};

void crac_suspend(const struct crac_suspension *suspension, struct crac_suspended *result);

/* stand-ins.c */
/* Decides whose places are taken: 0, or a negated errno. */
CRAC_MUST_CHECK long stand_ins_list(const struct crac_request *request);
/* Takes them. 0, or a negated errno. */
CRAC_MUST_CHECK long stand_ins_lay(const struct workspace *w);
/* In a process that goes on: gets the originals from the keeper. 0, or a negated errno. */
CRAC_MUST_CHECK long stand_ins_take_back(const struct workspace *w, long keeper);
/* In a restored process: gets the standard streams of the restorer and opens files again. 0, or a
 * negated errno; -ESTALE for a file that has changed. */
CRAC_MUST_CHECK long stand_ins_take_over(const struct workspace *w, long restorer);
/* The path of the file because of which that failed, or NULL. */
const char *stand_ins_blamed(void);
/* Closes all other descriptors, but for one: in the keeper. */
void stand_ins_close_others(int kept);

/* keeper.c */
/* Makes the keeper, which waits until keeper_go(): a number for that, or a negated errno. */
CRAC_MUST_CHECK long keeper_start(const struct crac_suspension *suspension);
void keeper_go(long number);

#endif
