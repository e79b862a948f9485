/*
 * The verbs of crac-criu.
 *
 *   crac-criu run PROGRAM [ARGUMENTS]
 *   crac-criu restore PID CRIU [ARGUMENTS]
 */
#include "criu.h"

static const char USAGE[] = "crac-criu is started by crac run --engine criu and by crac restore.";

_Noreturn void fail(enum status status, const char *sentence, long error)
{
    char buffer[512];
    struct text text = TEXT_IN(buffer);

    text_add(&text, "crac: ");
    text_add(&text, sentence);
    if (error) {
        text_add(&text, ": ");
        text_add(&text, errno_text(-error));
        text_add(&text, ".");
    }
    text_add(&text, "\n");
    sys(SYS_write, 2, text.start, text.used);
    for (;;)
        sys(SYS_exit_group, status);
}

/* Called by _start with the initial stack. */
__attribute__((used)) _Noreturn void criu_main(uint64_t *stack);

_Noreturn void criu_main(uint64_t *stack)
{
    int count = (int)stack[0];
    char **words = (char **)(stack + 1), **environment = words + count + 1;

    if (count > 2 && text_equal(words[1], "run"))
        run_without_io_uring(words + 2, environment);
    if (count > 3 && text_equal(words[1], "restore"))
        restore(words + 2, environment);
    fail(STATUS_USAGE, USAGE, 0);
}
