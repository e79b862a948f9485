/*
 * The command line. Nothing is allocated: all texts stay where the kernel put them.
 */
#include "launcher.h"

static const char HELP[] =
    "Usage: crac-launcher [options] DIR [-- argument...]\n"
    "\n"
    "Restores the process whose image is in DIR. Arguments behind -- replace the program's own.\n"
    "\n"
    "  --eager                copy all pages now instead of mapping them from the image\n"
    "  --trust-owner          accept an image that belongs to another user\n"
    "  --cwd restorer|image   working directory of the restored process (default: restorer)\n"
    "  --env replace|merge|image\n"
    "                         environment: the restorer's (default), both with the restorer's\n"
    "                         counting, or that of the checkpoint\n"
    "  --listen OLD=NEW       a server listens elsewhere; both a PORT, an ADDRESS:PORT or a "
    "/path;\n"
    "                         may be given several times\n"
    "  --reuse-port           share the ports with other processes that do the same\n"
    "  --otherwise N[,M]      when the image can't be restored, run the last N words of this "
    "command line\n"
    "                         instead; the last M of them are the restored program's arguments\n"
    "  --clock wall|freeze|host\n"
    "                         monotonic time of the restored process: advances by the wall clock,\n"
    "                         goes on from where it stopped, or is this machine's (default: wall)\n"
    "  --start COMMAND...     close the descriptors that this command inherited and become that "
    "one\n"
    "  --verify               check the structure and all checksums of the image, restore nothing\n"
    "  --help                 show this text\n"
    "\n"
    "Exit status: the restored process's own, or 64 usage, 65 damaged image, 66 no image,\n"
    "71 the operating system refused, 77 foreign image, 78 a constraint of the image is not met.\n";

/* Prints the help on standard output and ends with success. */
static _Noreturn void show_help(void)
{
    sys(SYS_write, 1, HELP, sizeof HELP - 1);
    for (;;)
        sys(SYS_exit_group, 0);
}

/* 1 for the image's directory, 0 for the restorer's. */
static int parse_cwd(const char *value)
{
    if (value && text_equal(value, "image"))
        return 1;
    if (value && text_equal(value, "restorer"))
        return 0;
    fail(STATUS_USAGE, "--cwd needs 'restorer' or 'image', not '", value ? value : "",
         "'. Try --help.");
}

/* "7,2": how many words at the end of the command line are another command, and how many of those
 * are arguments. */
static void parse_otherwise(const char *value, struct command *command)
{
    const char *cursor = value ? value : "";

    command->otherwise_count = text_number(&cursor, 10);
    if (*cursor == ',') {
        cursor++;
        command->has_arguments = 1;
        command->argument_count = text_number(&cursor, 10);
    }
    if (*cursor || command->otherwise_count == 0 ||
        command->argument_count >= command->otherwise_count)
        fail(STATUS_USAGE,
             "--otherwise needs a number of words, and behind a comma a smaller one, not '",
             value ? value : "", "'. Try --help.");
}

/* What becomes of the restorer's environment. */
static enum environment_policy parse_env(const char *value)
{
    if (value && text_equal(value, "replace"))
        return ENV_REPLACE;
    if (value && text_equal(value, "merge"))
        return ENV_MERGE;
    if (value && text_equal(value, "image"))
        return ENV_IMAGE;
    fail(STATUS_USAGE, "--env needs 'replace', 'merge' or 'image', not '", value ? value : "",
         "'. Try --help.");
}

/* Names of `enum crac_clock_policy`. */
static const char *const CLOCKS[CRAC_CLOCK_POLICIES] = {"wall", "freeze", "host"};

static void parse_clock(const char *value, struct command *command)
{
    for (int i = 0; i < CRAC_CLOCK_POLICIES; i++) {
        if (value && text_equal(value, CLOCKS[i])) {
            command->clock = (enum crac_clock_policy)i;
            command->clock_named = 1;
            return;
        }
    }
    fail(STATUS_USAGE, "--clock needs 'wall', 'freeze' or 'host', not '", value ? value : "",
         "'. Try --help.");
}

/* Takes the option at *words: how many words it consists of. */
static int take_option(char **words, struct command *command)
{
    if (text_equal(words[0], "--eager"))
        command->eager = 1;
    else if (text_equal(words[0], "--trust-owner"))
        command->trust_owner = 1;
    else if (text_equal(words[0], "--verify"))
        command->verify = 1;
    else if (text_equal(words[0], "--help"))
        show_help();
    else if (text_equal(words[0], "--start"))
        start_command(words + 1, command->environment);
    else if (text_equal(words[0], "--cwd"))
        return command->cwd_image = parse_cwd(words[1]), 2;
    else if (text_equal(words[0], "--clock"))
        return parse_clock(words[1], command), 2;
    else if (text_starts(words[0], "--clock="))
        parse_clock(words[0] + 8, command);
    else if (text_starts(words[0], "--cwd="))
        command->cwd_image = parse_cwd(words[0] + 6);
    else if (text_equal(words[0], "--env"))
        return command->env = parse_env(words[1]), 2;
    else if (text_starts(words[0], "--env="))
        command->env = parse_env(words[0] + 6);
    else if (text_equal(words[0], "--listen"))
        return listen_parse(words[1], &command->listening), 2;
    else if (text_starts(words[0], "--listen="))
        listen_parse(words[0] + 9, &command->listening);
    else if (text_equal(words[0], "--reuse-port"))
        command->listening.reuse_port = 1;
    else if (text_equal(words[0], "--otherwise"))
        return parse_otherwise(words[1], command), 2;
    else
        fail(STATUS_USAGE, "unknown option '", words[0], "'. Try --help.");
    return 1;
}

/* Where the words end that are about the image: the other command follows. */
static char **find_end(char **words, int count, char **word, const struct command *command)
{
    if (command->otherwise_count > (uint64_t)(words + count - word))
        fail(STATUS_USAGE, "--otherwise names more words than there are. Try --help.");
    return words + count - command->otherwise_count;
}

/* Options may stand before and behind the directory; what follows "--" is the program's. */
void command_parse(int count, char **words, struct command *command)
{
    char **word = words + (count > 0), **end = words + count;

    command->self = count > 0 ? words[0] : "";
    command->environment = words + count + 1;
    while (word < end && !text_equal(*word, "--")) {
        if (text_starts(*word, "-")) {
            word += take_option(word, command);
            end = find_end(words, count, word, command);
        } else if (command->directory) {
            fail(STATUS_USAGE, "more than one image was named: '", command->directory, "' and '",
                 *word, "'. Put arguments for the program behind --.");
        } else {
            command->directory = *word++;
        }
    }
    if (word < end && command->otherwise_count)
        fail(STATUS_USAGE, "-- cannot stand beside --otherwise. Try --help.");
    if (word < end) {
        command->has_arguments = 1;
        word++;
    }
    command->arguments = command->otherwise_count ? words + count - command->argument_count : word;
    command->otherwise = end;
    if (!command->directory || !*command->directory)
        fail(STATUS_USAGE, "no image was named. Usage: crac restore [options] DIR [-- "
                           "arguments]");
}
