/*
 * The JavaScript face of the agent. Boring on purpose: unwrap, call crac_*, wrap. Arguments are
 * validated by the TypeScript that calls; src/binding/binding.ts says what each export takes and
 * returns.
 *
 * The exports that need more than that lie in the files that module.h lists.
 */
#define _GNU_SOURCE
#include "module.h"
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "agent.h"
#include "events.h"
#include "random.h"
#include "suspend.h"
#include "v8-layout.h"
#include "output.h"
#include "terminal.h"
#include "v8-learn.h"

static napi_value call_checkpoint(napi_env env, napi_callback_info info)
{
    size_t count = 1;
    napi_value argument;
    struct crac_request request = {0};
    static struct crac_result result;
    void *arrival = NULL;

    napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
    const char *problem = read_request(env, argument, &request);
    if (!problem && napi_get_typedarray_info(env, get_property(env, argument, "arrival"), NULL,
                                             NULL, &arrival, NULL, NULL) != napi_ok)
        problem = "out of memory before the checkpoint";
    if (problem) {
        napi_throw_error(env, "ERR_CRAC_ENGINE", problem);
        return NULL;
    }
    loop_resume_listeners(NULL);
    remember_resolv_conf();
    memset(&result, 0, sizeof result);
    crac_checkpoint(&request, &result);
    if (result.status == CRAC_RESTORED) {
        tell_arrival(arrival, origin_handoff(), result.restored_at);
        return NULL;
    }
    return result.status == CRAC_WRITING ? writing_value(env, &result)
                                         : throw_error(env, &result.error, &result);
}

/* Throws why another program made no image. */
static napi_value throw_suspended(napi_env env, const struct crac_suspended *result)
{
    napi_value error;

    throw_error(env, &result->error, NULL);
    if (napi_get_and_clear_last_exception(env, &error) == napi_ok) {
        set_property(env, error, "status", number_value(env, result->program_status));
        napi_throw(env, error);
    }
    return NULL;
}

/* What the program was started with is given back by the next checkpoint, as in request.c. */
static napi_value call_suspend(napi_env env, napi_callback_info info)
{
    size_t count = 1;
    napi_value argument;
    static struct crac_request request;
    static struct crac_suspended result;
    static char **command;
    double servant = 0;

    napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
    for (char **word = command; word && *word; word++)
        free(*word);
    free(command);
    command = get_texts(env, get_property(env, argument, "command"));
    memset(&request, 0, sizeof request);
    memset(&result, 0, sizeof result);
    const char *problem =
        command ? read_request(env, argument, &request) : "out of memory before the checkpoint";
    if (problem) {
        napi_throw_error(env, "ERR_CRAC_ENGINE", problem);
        return NULL;
    }
    napi_get_value_double(env, get_property(env, argument, "servant"), &servant);
    loop_resume_listeners(NULL);
    const struct crac_suspension suspension = {&request, command, environ, (int)servant};
    crac_suspend(&suspension, &result);
    if (result.status == CRAC_FAILED)
        return throw_suspended(env, &result);
    napi_value outcome;
    napi_create_object(env, &outcome);
    set_property(env, outcome, "brought",
                 number_value(env, result.status == CRAC_RESTORED ? result.brought : -1));
    set_property(env, outcome, "pause", number_value(env, (double)result.pause / NS_PER_MS));
    return outcome;
}

/* Ends the process at once, as after an image of our own. */
static napi_value call_leave(napi_env env, napi_callback_info info)
{
    sys(SYS_exit_group, 0);
    return NULL;
}

/* Makes the process's environment what the restore says; what must be told of that (agent.h). */
static napi_value call_adopt_environment(napi_env env, napi_callback_info info)
{
    size_t count = 1;
    napi_value argument;
    bool rehearsed = true;

    napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
    napi_get_value_bool(env, argument, &rehearsed);
    return number_value(env, rehearsed ? 0 : environment_adopt(origin_handoff()));
}

/* The kernel's own answer, which the restored process has no cached copy of. */
static napi_value call_pid(napi_env env, napi_callback_info info)
{
    return number_value(env, (double)sys(SYS_getpid));
}

static napi_value call_writer(napi_env env, napi_callback_info info)
{
    size_t count = 1;
    napi_value argument, value;
    int32_t pid = 0;
    struct crac_error error = {0};

    napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
    napi_get_value_int32(env, argument, &pid);
    int state = writer_poll(pid, &error);
    if (state < 0)
        return throw_error(env, &error, NULL);
    if (state == 0)
        napi_get_null(env, &value);
    else
        napi_get_undefined(env, &value);
    return value;
}

static void *event_loop(napi_env env)
{
    struct uv_loop_s *loop = NULL;
    napi_get_uv_event_loop(env, &loop);
    return loop;
}

/* Calls a function while Node counts sockets and the like as such that keep the process alive. */
static napi_value call_with_all_handles(napi_env env, napi_callback_info info)
{
    size_t count = 1;
    napi_value function, undefined, value = NULL;

    napi_get_cb_info(env, info, &count, &function, NULL, NULL);
    napi_get_undefined(env, &undefined);
    struct loop_handles *handles = loop_reference(event_loop(env));
    napi_call_function(env, undefined, function, 0, NULL, &value);
    loop_unreference(handles);
    return value;
}

static napi_value call_requests(napi_env env, napi_callback_info info)
{
    return number_value(env, loop_requests(event_loop(env)));
}

static napi_value call_pause_listeners(napi_env env, napi_callback_info info)
{
    size_t count = 1;
    napi_value argument;
    uint32_t fd_count;

    napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
    uint32_t *fds = get_numbers(env, argument, &fd_count);
    if (fds)
        loop_pause_listeners(event_loop(env), fds, fd_count);
    free(fds);
    return NULL;
}

static napi_value call_resume_listeners(napi_env env, napi_callback_info info)
{
    loop_resume_listeners(event_loop(env));
    return NULL;
}

static napi_value call_set_locale(napi_env env, napi_callback_info info)
{
    size_t count = 1, size;
    napi_value argument;
    char name[64];

    napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
    if (napi_get_value_string_utf8(env, argument, name, sizeof name, &size) == napi_ok)
        locale_set(name);
    return NULL;
}

static napi_value call_locale_changed(napi_env env, napi_callback_info info)
{
    locale_changed();
    return NULL;
}

static napi_value call_time_zone_changed(napi_env env, napi_callback_info info)
{
    time_zone_changed();
    return NULL;
}

static napi_value state_value(napi_env env, enum random_state state)
{
    static const char *const names[] = {[RANDOM_OFF] = "off",
                                        [RANDOM_OURS] = "ours",
                                        [RANDOM_FIPS] = "fips",
                                        [RANDOM_FOREIGN] = "foreign",
                                        [RANDOM_MISSING] = "missing"};
    return text_value(env, names[state]);
}

/* With arguments: what the generator is wanted for. */
static napi_value call_random(napi_env env, napi_callback_info info)
{
    size_t count = 2;
    napi_value arguments[2];
    bool renewing = false, pools = false;

    napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
    if (count == 0)
        return state_value(env, random_state());
    napi_get_value_bool(env, arguments[0], &renewing);
    napi_get_value_bool(env, arguments[1], &pools);
    return state_value(env, random_install(renewing, pools));
}

static napi_value call_reseed(napi_env env, napi_callback_info info)
{
    return boolean_value(env, random_reseed() == 0);
}

/* With the milliseconds that stopping all threads may take. */
static napi_value call_renew(napi_env env, napi_callback_info info)
{
    size_t count = 1;
    napi_value argument;
    double milliseconds = 0;
    struct crac_error error = {0};

    napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
    napi_get_value_double(env, argument, &milliseconds);
    return crac_renew((uint64_t)(milliseconds * NS_PER_MS), &error) == 0
               ? NULL
               : throw_error(env, &error, NULL);
}

static napi_value call_pools(napi_env env, napi_callback_info info)
{
    uint32_t sizes[512];
    size_t count = pools_refilled(sizes, sizeof sizes / sizeof *sizes);
    napi_value array;

    napi_create_array(env, &array);
    for (uint32_t i = 0; i < count; i++)
        napi_set_element(env, array, i, number_value(env, sizes[i]));
    return array;
}

static napi_value call_stop_watchers(napi_env env, napi_callback_info info)
{
    return number_value(env, (double)watchers_stop(event_loop(env)));
}

struct failed_watchers {
    napi_env env;
    napi_value array;
    uint32_t count;
};

static void add_failed_watcher(void *argument, const char *path, int error)
{
    struct failed_watchers *list = argument;
    napi_value object;

    napi_create_object(list->env, &object);
    set_property(list->env, object, "path", text_value(list->env, path));
    set_property(list->env, object, "reason", text_value(list->env, errno_text(-error)));
    napi_set_element(list->env, list->array, list->count++, object);
}

static napi_value call_start_watchers(napi_env env, napi_callback_info info)
{
    struct failed_watchers list = {.env = env};

    napi_create_array(env, &list.array);
    watchers_start(event_loop(env), add_failed_watcher, &list);
    return list.array;
}

NAPI_MODULE_INIT()
{
    const napi_property_descriptor functions[] = {
        {"checkpoint", NULL, call_checkpoint, NULL, NULL, NULL, napi_default, NULL},
        {"suspend", NULL, call_suspend, NULL, NULL, NULL, napi_default, NULL},
        {"leave", NULL, call_leave, NULL, NULL, NULL, napi_default, NULL},
        {"pid", NULL, call_pid, NULL, NULL, NULL, napi_default, NULL},
        {"brought", NULL, call_brought, NULL, NULL, NULL, napi_default, NULL},
        {"adoptEnvironment", NULL, call_adopt_environment, NULL, NULL, NULL, napi_default, NULL},
        {"writer", NULL, call_writer, NULL, NULL, NULL, napi_default, NULL},
        {"descriptors", NULL, call_descriptors, NULL, NULL, NULL, napi_default, NULL},
        {"probe", NULL, call_probe, NULL, NULL, NULL, napi_default, NULL},
        {"cpuFeatures", NULL, call_cpu_features, NULL, NULL, NULL, napi_default, NULL},
        {"withAllHandles", NULL, call_with_all_handles, NULL, NULL, NULL, napi_default, NULL},
        {"stopWatchers", NULL, call_stop_watchers, NULL, NULL, NULL, napi_default, NULL},
        {"startWatchers", NULL, call_start_watchers, NULL, NULL, NULL, napi_default, NULL},
        {"requests", NULL, call_requests, NULL, NULL, NULL, napi_default, NULL},
        {"pauseListeners", NULL, call_pause_listeners, NULL, NULL, NULL, napi_default, NULL},
        {"resumeListeners", NULL, call_resume_listeners, NULL, NULL, NULL, napi_default, NULL},
        {"learnGenerators", NULL, v8_learn_generators, NULL, NULL, NULL, napi_default, NULL},
        {"pipe", NULL, output_pipe, NULL, NULL, NULL, napi_default, NULL},
        {"wakeOutput", NULL, output_wake, NULL, NULL, NULL, napi_default, NULL},
        {"rememberTerminal", NULL, terminal_remember, NULL, NULL, NULL, napi_default, NULL},
        {"adoptTerminal", NULL, terminal_adopt, NULL, NULL, NULL, napi_default, NULL},
        {"trim", NULL, call_trim, NULL, NULL, NULL, napi_default, NULL},
        {"setLocale", NULL, call_set_locale, NULL, NULL, NULL, napi_default, NULL},
        {"limitHeap", NULL, call_limit_heap, NULL, NULL, NULL, napi_default, NULL},
        {"gather", NULL, call_gather, NULL, NULL, NULL, napi_default, NULL},
        {"setFlagsLater", NULL, call_set_flags_later, NULL, NULL, NULL, napi_default, NULL},
        {"localeChanged", NULL, call_locale_changed, NULL, NULL, NULL, napi_default, NULL},
        {"timeZoneChanged", NULL, call_time_zone_changed, NULL, NULL, NULL, napi_default, NULL},
        {"random", NULL, call_random, NULL, NULL, NULL, napi_default, NULL},
        {"reseed", NULL, call_reseed, NULL, NULL, NULL, napi_default, NULL},
        {"renew", NULL, call_renew, NULL, NULL, NULL, napi_default, NULL},
        {"openUevents", NULL, events_open, NULL, NULL, NULL, napi_default, NULL},
        {"watchReadable", NULL, events_watch, NULL, NULL, NULL, napi_default, NULL},
        {"unwatchReadable", NULL, events_unwatch, NULL, NULL, NULL, napi_default, NULL},
        {"connectUnix", NULL, passing_connect, NULL, NULL, NULL, napi_default, NULL},
        {"receive", NULL, passing_receive, NULL, NULL, NULL, napi_default, NULL},
        {"mapCounter", NULL, counter_map, NULL, NULL, NULL, napi_default, NULL},
        {"readCounter", NULL, counter_read, NULL, NULL, NULL, napi_default, NULL},
        {"unmapCounter", NULL, counter_unmap, NULL, NULL, NULL, napi_default, NULL},
        {"pools", NULL, call_pools, NULL, NULL, NULL, napi_default, NULL},
    };
    static int reserved; /* several realms of one process load the same agent */

    if (!reserved) {
        if (reserve_range() != 0) {
            napi_throw_error(
                env, "ERR_CRAC_ADDRESS_RANGE",
                "Cannot load the checkpoint agent: the addresses that it reserves are occupied; "
                "another copy of node-crac's agent may be loaded already.");
            return NULL;
        }
        reserved = 1;
        mapped_prepare();
        owners_prepare();
        v8_prepare();
    }
    napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions);
    return exports;
}
