/*
 * What can be known before a checkpoint: which descriptors are open, and what the kernel lets this
 * process do.
 */
#include "module.h"
#include <stdio.h>
#include <sys/utsname.h>
#include "../image/cpu.h"
#include "agent.h"

static napi_value description_value(napi_env env, const struct crac_description *description)
{
    napi_value object;

    napi_create_object(env, &object);
    set_property(env, object, "fd", number_value(env, description->fd));
    set_property(env, object, "kind", text_value(env, description->kind));
    set_property(env, object, "target", text_value(env, description->target));
    set_property(env, object, "travels", boolean_value(env, description->travels));
    if (description->protocol) {
        set_property(env, object, "protocol", text_value(env, description->protocol));
        set_property(env, object, "localAddress", text_value(env, description->local));
        set_property(env, object, "remoteAddress", text_value(env, description->remote));
    }
    return object;
}

napi_value call_descriptors(napi_env env, napi_callback_info info)
{
    napi_value array;
    uint32_t count = 0, fds[4096];
    struct crac_description description;
    size_t found = objects_list(fds, sizeof fds / sizeof *fds);

    napi_create_array(env, &array);
    for (size_t i = 0; i < found; i++)
        if (objects_describe(fds[i], &description) == 0)
            napi_set_element(env, array, count++, description_value(env, &description));
    return array;
}

/* Whether the kernel lets this process have an io_uring. */
static int has_io_uring(void)
{
    uint32_t parameters[30] = {0};
    long ring = sys(SYS_io_uring_setup, 1, parameters);

    if (sys_failed(ring))
        return 0;
    sys(SYS_close, ring);
    return 1;
}

/* Whether a file of /proc/self can be opened; else the sentence that says so is added. */
static void probe_file(napi_env env, napi_value problems, const char *path, const char *advice)
{
    char buffer[256];
    struct text sentence = TEXT_IN(buffer);
    long file = sys(SYS_open, path, 0);
    uint32_t length;

    if (!sys_failed(file)) {
        sys(SYS_close, file);
        return;
    }
    text_add(&sentence, "cannot open ");
    text_add(&sentence, path);
    text_add(&sentence, " (");
    text_add(&sentence, errno_text(-file));
    text_add(&sentence, "): ");
    text_add(&sentence, advice);
    napi_get_array_length(env, problems, &length);
    napi_set_element(env, problems, length, text_value(env, sentence.start));
}

napi_value call_probe(napi_env env, napi_callback_info info)
{
    napi_value object, problems;
    struct utsname name;
    uint32_t length;

    napi_create_object(env, &object);
    napi_create_array(env, &problems);
    if (sys(SYS_getpid) != sys(SYS_gettid))
        napi_set_element(env, problems, 0,
                         text_value(env, "JavaScript does not run on the process's main thread"));
    probe_file(env, problems, "/proc/self/pagemap",
               "mount /proc, and start the process without setuid programs");
    probe_file(env, problems, "/proc/self/mem",
               "mount /proc, and start the process without setuid programs");
    probe_file(env, problems, "/proc/self/task", "mount /proc");
    if (!mapped_possible()) {
        napi_get_array_length(env, problems, &length);
        napi_set_element(
            env, problems, length,
            text_value(env, "libc's madvise can't be intercepted: use a glibc of 2.31 or newer"));
    }
    set_property(env, object, "problems", problems);
    set_property(env, object, "kernel",
                 text_value(env, uname(&name) == 0 ? name.release : "unknown"));
    set_property(env, object, "ioUring", boolean_value(env, has_io_uring()));
    set_property(env, object, "pagemapScan", boolean_value(env, pages_can_scan()));
    set_property(env, object, "clockWaits", boolean_value(env, clock_prepare() == 0));
    set_property(env, object, "pkeys", number_value(env, process_pkeys()));
    return object;
}

napi_value call_cpu_features(napi_env env, napi_callback_info info)
{
    struct crac_cpu cpu;
    char digits[sizeof cpu.features * 2 + 1];

    cpu_read_features(&cpu);
    for (size_t i = 0; i < sizeof cpu.features; i++)
        snprintf(digits + 2 * i, 3, "%02x", ((const uint8_t *)cpu.features)[i]);
    return text_value(env, digits);
}
