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
    else if (text_equal(words[0], "--cwd"))
        return command->cwd_image = parse_cwd(words[1]), 2;
    else if (text_starts(words[0], "--cwd="))
        command->cwd_image = parse_cwd(words[0] + 6);
    else
        fail(STATUS_USAGE, "unknown option '", words[0], "'. Try --help.");
    return 1;
}

/* Options may stand before and behind the directory; what follows "--" is the program's. */
void command_parse(int count, char **words, struct command *command)
{
    char **word = words + (count > 0);

    command->environment = words + count + 1;
    while (*word && !text_equal(*word, "--")) {
        if (text_starts(*word, "-")) {
            word += take_option(word, command);
        } else if (command->directory) {
            fail(STATUS_USAGE, "more than one image was named: '", command->directory, "' and '",
                 *word, "'. Put arguments for the program behind --.");
        } else {
            command->directory = *word++;
        }
    }
    if (*word) {
        command->has_arguments = 1;
        word++;
    }
    command->arguments = word;
    if (!command->directory || !*command->directory)
        fail(STATUS_USAGE, "no image was named. Usage: crac-launcher [options] DIR [-- "
                           "argument...]");
}
