/*
 * Errors of the agent: a phase, an errno and one sentence, filled where a step fails and passed up
 * unchanged until outcome.c makes a JavaScript error of it.
 */
#include "agent.h"

int error_set(struct crac_error *error, const char *phase, long negated_errno, const char *what,
              const char *subject)
{
    struct text message = TEXT_IN(error->message);

    error->phase = phase;
    error->error = -negated_errno;
    text_add(&message, what);
    text_add(&message, " ");
    text_add(&message, subject);
    if (negated_errno) {
        text_add(&message, ": ");
        text_add(&message, errno_text(-negated_errno));
    }
    return -1;
}
