/*
 * How a checkpoint ended: what a restore brought, a child that writes, or an error.
 */
#include "module.h"
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include "agent.h"

/* What the restore brought, as an object; made only for those who ask. */
static napi_value brought_value(napi_env env, const struct crac_handoff *handoff)
{
    const char *texts = (const char *)handoff;
    napi_value object;

    napi_create_object(env, &object);
    set_property(env, object, "args",
                 texts_value(env, texts + handoff->arguments, handoff->argument_count));
    set_property(env, object, "env",
                 texts_value(env, texts + handoff->environment, handoff->environment_count));
    set_property(env, object, "cwd", text_value(env, texts + handoff->cwd));
    set_property(env, object, "directory", text_value(env, texts + handoff->directory));
    return object;
}

/* A restore that brought nothing: V8 learns the shape of the object here, not in a restored
 * process. */
static const struct {
    struct crac_handoff handoff;
    char text[8];
} nothing = {
    .handoff = {.argument_count = 1,
                .arguments = sizeof(struct crac_handoff),
                .environment_count = 1,
                .environment = sizeof(struct crac_handoff),
                .cwd = sizeof(struct crac_handoff),
                .directory = sizeof(struct crac_handoff)},
};

napi_value call_brought(napi_env env, napi_callback_info info)
{
    return brought_value(env, origin.restored ? origin_handoff() : &nothing.handoff);
}

/* What tells a file and its content from others. */
struct file_state {
    uint64_t device, inode, size, seconds, nanoseconds;
};

/* /etc/resolv.conf at the checkpoint. */
static struct file_state resolv_conf;

static struct file_state look_at_resolv_conf(void)
{
    struct stat status;

    if (sys(SYS_stat, "/etc/resolv.conf", &status) != 0)
        return (struct file_state){0};
    return (struct file_state){status.st_dev, status.st_ino, (uint64_t)status.st_size,
                               (uint64_t)status.st_mtim.tv_sec, (uint64_t)status.st_mtim.tv_nsec};
}

void remember_resolv_conf(void)
{
    resolv_conf = look_at_resolv_conf();
}

static int same_file(const struct file_state *a, struct file_state b)
{
    return a->device == b.device && a->inode == b.inode && a->size == b.size &&
           a->seconds == b.seconds && a->nanoseconds == b.nanoseconds;
}

/* How much the restorer wants to be told: 2 for debug, 1 for info, 0 for less. */
static int log_level(const struct crac_handoff *handoff)
{
    if (environment_says(handoff, "CRAC_LOG", "debug"))
        return 2;
    return environment_says(handoff, "CRAC_LOG", "info");
}

/* By the clock that libc, and so Node, reads: it may differ from the kernel's (clock.c). */
static double monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / NS_PER_MS;
}

void tell_arrival(double *arrival, const struct crac_handoff *handoff, uint64_t restored_at)
{
    arrival[0] = (double)sys(SYS_getpid);
    arrival[1] = (double)handoff->flags;
    arrival[2] = (double)handoff->started_realtime / NS_PER_MS;
    arrival[3] = (double)(restored_at - handoff->started_monotonic) / NS_PER_MS;
    arrival[4] = environment_differs(handoff);
    arrival[5] = environment_says(handoff, "CRAC_SELF_TEST", NULL);
    arrival[6] = !text_equal((const char *)handoff + handoff->cwd, origin_cwd());
    arrival[7] = (double)handoff->away / NS_PER_MS;
    arrival[8] = (double)handoff->away_monotonic / NS_PER_MS;
    arrival[9] = log_level(handoff);
    arrival[10] = same_file(&resolv_conf, look_at_resolv_conf());
    arrival[11] = environment_says(handoff, "NODE_EXTRA_CA_CERTS", NULL) ||
                  environment_says(handoff, "SSL_CERT_FILE", NULL);
    arrival[12] = environment_keeps(handoff, "NODE_OPTIONS");
    arrival[13] = monotonic_ms();
}

static napi_value problems_value(napi_env env, const struct crac_result *result)
{
    napi_value array;
    uint32_t count =
        result->problem_count < CRAC_MAX_PROBLEMS ? result->problem_count : CRAC_MAX_PROBLEMS;

    napi_create_array_with_length(env, count, &array);
    for (uint32_t i = 0; i < count; i++) {
        const struct crac_problem *problem = &result->problems[i];
        napi_value object;
        napi_create_object(env, &object);
        set_property(env, object, "fd",
                     number_value(env, problem->fd == CRAC_NONE ? -1 : (double)problem->fd));
        set_property(env, object, "target", text_value(env, problem->target));
        set_property(env, object, "message", text_value(env, problem->message));
        napi_set_element(env, array, i, object);
    }
    return array;
}

napi_value throw_error(napi_env env, const struct crac_error *error,
                       const struct crac_result *result)
{
    napi_value object;

    napi_create_error(env, text_value(env, "ERR_CRAC_ENGINE"), text_value(env, error->message),
                      &object);
    set_property(env, object, "phase", text_value(env, error->phase ? error->phase : "collect"));
    set_property(env, object, "errno", number_value(env, (double)error->error));
    if (result)
        set_property(env, object, "problems", problems_value(env, result));
    napi_throw(env, object);
    return NULL;
}

napi_value writing_value(napi_env env, const struct crac_result *result)
{
    napi_value object;

    napi_create_object(env, &object);
    set_property(env, object, "pid", number_value(env, result->writer));
    set_property(env, object, "pause", number_value(env, (double)result->pause / NS_PER_MS));
    return object;
}
