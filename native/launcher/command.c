/*
 * The command line. Nothing is allocated: all texts stay where the kernel put them.
 */
#include "../image/cpu.h"
#include "launcher.h"

static const char HELP[] =
    "Usage: crac-launcher [options] DIR... [-- argument...]\n"
    "\n"
    "Restores the process whose image is in DIR. Arguments behind -- replace the program's own.\n"
    "Of several images the first that can be restored is taken; a DIR without an image stands for\n"
    "those in its directories, the newest first.\n"
    "\n"
    "  --eager                copy all pages now instead of mapping them from the image\n"
    "  --newest               try the newest of several images first\n"
    "  --score METRIC         try the image with the highest number in its file 'score' first\n"
    "  --require-label LABEL  refuse images without this label: name=value, name=$VARIABLE or "
    "NAME;\n"
    "                         may be given several times, as CRAC_REQUIRED_IMAGE_LABELS may be "
    "set\n"
    "  --check-cpu-features compatible|exact|skip\n"
    "                         the processor must have all that the image may use (default), "
    "exactly\n"
    "                         that, or is not looked at\n"
    "  --trust-owner          accept an image that belongs to another user\n"
    "  --cwd restorer|image   working directory of the restored process (default: restorer)\n"
    "  --env replace|merge|image\n"
    "                         environment: the restorer's (default), both with the restorer's\n"
    "                         counting, or that of the checkpoint\n"
    "  --listen OLD=NEW       a server listens elsewhere; both a PORT, an ADDRESS:PORT or a "
    "/path;\n"
    "                         may be given several times\n"
    "  --reuse-port           share the ports with other processes that do the same\n"
    "  --descriptors N=HOW,...\n"
    "                         files of the image that are not opened again (close), only where "
    "they\n"
    "                         are what they were (reopen), or in any case (ignore); crac restore\n"
    "                         --policies FILE finds the numbers\n"
    "  --otherwise N[,M]      when the image can't be restored, run the last N words of this "
    "command line\n"
    "                         instead; the last M of them are the restored program's arguments\n"
    "  --clock wall|freeze|host\n"
    "                         monotonic time of the restored process: advances by the wall clock,\n"
    "                         goes on from where it stopped, or is this machine's (default: wall)\n"
    "  --start COMMAND...     close the descriptors that this command inherited and become that "
    "one\n"
    "  --verify               check the structure and all checksums of the image, restore nothing\n"
    "  --cpu-features         show what this processor offers, as images record it\n"
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

/* Prints what the processor offers, in the form of crac run --cpu-features, and ends with success.
 */
static _Noreturn void show_features(void)
{
    struct crac_cpu cpu;
    const char *digits;

    cpu_read_features(&cpu);
    digits = hexdump((const uint8_t *)cpu.features, sizeof cpu.features);
    sys(SYS_write, 1, digits, text_length(digits));
    sys(SYS_write, 1, "\n", 1);
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

/* The value of an option whose name is `name`: behind "=", or the next word. */
static const char *value_of(char **words, const char *name, int *taken)
{
    size_t length = text_length(name);
    const char *value = words[0][length] == '=' ? words[0] + length + 1 : words[1];

    *taken = words[0][length] == '=' ? 1 : 2;
    if (!value || !*value)
        fail(STATUS_USAGE, name, " needs a value. Try --help.");
    return value;
}

static int is_option(const char *word, const char *name)
{
    size_t length = text_length(name);

    return text_starts(word, name) && (word[length] == 0 || word[length] == '=');
}

static enum cpu_check parse_cpu_check(const char *value)
{
    if (text_equal(value, "compatible"))
        return CPU_COMPATIBLE;
    if (text_equal(value, "exact"))
        return CPU_EXACT;
    if (text_equal(value, "skip"))
        return CPU_SKIP;
    fail(STATUS_USAGE, "--check-cpu-features needs 'compatible', 'exact' or 'skip', not '", value,
         "'. Try --help.");
}

/* Takes an option by which an image is chosen or refused: how many words it consists of, 0 for
 * others. */
static int take_choice(char **words, struct command *command)
{
    int taken = 1;

    if (text_equal(words[0], "--newest"))
        command->newest = 1;
    else if (text_equal(words[0], "--cpu-features"))
        show_features();
    else if (text_equal(words[0], "--in-order"))
        command->in_order = 1;
    else if (is_option(words[0], "--score"))
        command->score = value_of(words, "--score", &taken);
    else if (is_option(words[0], "--check-cpu-features"))
        command->cpu_check = parse_cpu_check(value_of(words, "--check-cpu-features", &taken));
    else if (is_option(words[0], "--require-label") && command->label_count < MOST_OPTIONS)
        command->labels[command->label_count++] = value_of(words, "--require-label", &taken);
    else
        return 0;
    return taken;
}

/* Takes the option at *words: how many words it consists of. */
static int take_option(char **words, struct command *command)
{
    int taken = take_choice(words, command);

    if (taken)
        return taken;
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
    else if (is_option(words[0], "--policies"))
        return command->policies = value_of(words, "--policies", &taken), taken;
    else if (text_starts(words[0], "--descriptors="))
        command->descriptors = words[0] + 14;
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

static void keep_options(char **words, int count, struct command *command)
{
    if (command->option_count + (size_t)count > MOST_OPTIONS)
        fail(STATUS_USAGE, "more than ", decimal(MOST_OPTIONS),
             " words of options were given. Try --help.");
    for (int i = 0; i < count; i++)
        command->options[command->option_count++] = words[i];
}

static void keep_directory(char *word, struct command *command)
{
    if (command->directory_count == MOST_CANDIDATES)
        fail(STATUS_USAGE, "more than ", decimal(MOST_CANDIDATES),
             " images were named. Put arguments for the program behind --.");
    command->directories[command->directory_count++] = word;
}

/* Options may stand before and behind the directories; what follows "--" is the program's. */
void command_parse(int count, char **words, struct command *command)
{
    char **word = words + (count > 0), **end = words + count;

    command->self = count > 0 ? words[0] : "";
    command->environment = words + count + 1;
    while (word < end && !text_equal(*word, "--")) {
        if (text_starts(*word, "-")) {
            int taken = take_option(word, command);
            if (!text_equal(*word, "--in-order"))
                keep_options(word, taken, command);
            word += taken;
            end = find_end(words, count, word, command);
        } else {
            keep_directory(*word++, command);
        }
    }
    if (word < end && command->otherwise_count)
        fail(STATUS_USAGE, "-- cannot stand beside --otherwise. Try --help.");
    command->rest = word;
    if (word < end) {
        command->has_arguments = 1;
        word++;
    }
    command->arguments = command->otherwise_count ? words + count - command->argument_count : word;
    command->otherwise = end;
    command->directory = command->directories[0];
    if (!command->directory || !*command->directory)
        fail(STATUS_USAGE, "no image was named. Usage: crac restore [options] DIR... [-- "
                           "arguments]");
    if (command->policies && !command->descriptors)
        fail(STATUS_USAGE, "--policies is carried out by crac restore, which reads the rules in ",
             command->policies, ".");
}
