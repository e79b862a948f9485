/*
 * The JavaScript face of the agent. Boring on purpose: unwrap, call crac_*, wrap. Arguments are
 * validated by the TypeScript that calls; src/binding/binding.ts says what each export takes and
 * returns.
 */
#include <dlfcn.h>
#include <node_api.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "agent.h"
#include "random.h"
#include "v8-layout.h"
#include "output.h"
#include "terminal.h"
#include "v8-learn.h"

#define NS_PER_MS 1e6

static napi_value text_value(napi_env env, const char *text)
{
    napi_value value;
    napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value);
    return value;
}

static napi_value number_value(napi_env env, double number)
{
    napi_value value;
    napi_create_double(env, number, &value);
    return value;
}

static napi_value boolean_value(napi_env env, int boolean)
{
    napi_value value;
    napi_get_boolean(env, boolean != 0, &value);
    return value;
}

static void set(napi_env env, napi_value object, const char *name, napi_value value)
{
    napi_set_named_property(env, object, name, value);
}

static napi_value get(napi_env env, napi_value object, const char *name)
{
    napi_value value;
    napi_get_named_property(env, object, name, &value);
    return value;
}

/* A copy of a string property, owned by the caller (free). */
static char *get_text(napi_env env, napi_value object, const char *name, size_t *size)
{
    napi_value value = get(env, object, name);
    char *text;

    napi_get_value_string_utf8(env, value, NULL, 0, size);
    text = malloc(*size + 1);
    if (text)
        napi_get_value_string_utf8(env, value, text, *size + 1, size);
    return text;
}

static int get_boolean(napi_env env, napi_value object, const char *name)
{
    bool boolean = false;
    napi_get_value_bool(env, get(env, object, name), &boolean);
    return boolean;
}

/* A copy of an array of numbers, owned by the caller (free). */
static uint32_t *get_numbers(napi_env env, napi_value array, uint32_t *count)
{
    napi_value element;
    uint32_t *numbers;

    napi_get_array_length(env, array, count);
    numbers = calloc(*count + 1, sizeof *numbers);
    for (uint32_t i = 0; numbers && i < *count; i++) {
        napi_get_element(env, array, i, &element);
        napi_get_value_uint32(env, element, &numbers[i]);
    }
    return numbers;
}

/* Where the typed arrays of an array lie, owned by the caller (free); NULL when they are too large
 * together. They must not be detached before the checkpoint has ended. */
static struct secret *get_secrets(napi_env env, napi_value array, uint32_t *count)
{
    napi_value element;
    struct secret *secrets;
    size_t total = 0;

    napi_get_array_length(env, array, count);
    secrets = calloc(*count + 1, sizeof *secrets);
    for (uint32_t i = 0; secrets && i < *count; i++) {
        napi_get_element(env, array, i, &element);
        napi_get_typedarray_info(env, element, NULL, &secrets[i].size, (void **)&secrets[i].bytes,
                                 NULL, NULL);
        total += secrets[i].size;
    }
    if (total <= CRAC_MAX_SECRETS)
        return secrets;
    free(secrets);
    return NULL;
}

/* The 16 bytes of a UUID, whose 32 digits may have dashes between them. */
static void parse_id(const char *text, uint8_t id[16])
{
    int digits = 0;

    for (; *text && digits < 32; text++) {
        int value = *text >= '0' && *text <= '9'   ? *text - '0'
                    : *text >= 'a' && *text <= 'f' ? *text - 'a' + 10
                                                   : -1;
        if (value >= 0) {
            id[digits / 2] = (uint8_t)(id[digits / 2] << 4 | value);
            digits++;
        }
    }
}

/* `count` texts, one after the other, as an array. */
static napi_value texts_value(napi_env env, const char *texts, uint32_t count)
{
    napi_value array;

    napi_create_array_with_length(env, count, &array);
    for (uint32_t i = 0; i < count; i++, texts += strlen(texts) + 1)
        napi_set_element(env, array, i, text_value(env, texts));
    return array;
}

/* What the restore brought, as an object; made only for those who ask. */
static napi_value brought_value(napi_env env, const struct crac_handoff *handoff)
{
    const char *texts = (const char *)handoff;
    napi_value object;

    napi_create_object(env, &object);
    set(env, object, "args", texts_value(env, texts + handoff->arguments, handoff->argument_count));
    set(env, object, "env",
        texts_value(env, texts + handoff->environment, handoff->environment_count));
    set(env, object, "cwd", text_value(env, texts + handoff->cwd));
    set(env, object, "directory", text_value(env, texts + handoff->directory));
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

static napi_value call_brought(napi_env env, napi_callback_info info)
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

static int same_file(const struct file_state *a, struct file_state b)
{
    return a->device == b.device && a->inode == b.inode && a->size == b.size &&
           a->seconds == b.seconds && a->nanoseconds == b.nanoseconds;
}

/*
 * Tells of a restore without making any object, since each of V8's functions lies on a page of code
 * that a restored process has not touched yet. The fields are those of ARRIVAL in
 * src/binding/binding.ts.
 */
static void tell_arrival(double *arrival, const struct crac_handoff *handoff, uint64_t restored_at)
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
    arrival[9] = environment_says(handoff, "CRAC_LOG", "debug");
    arrival[10] = same_file(&resolv_conf, look_at_resolv_conf());
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
        set(env, object, "fd",
            number_value(env, problem->fd == CRAC_NONE ? -1 : (double)problem->fd));
        set(env, object, "target", text_value(env, problem->target));
        set(env, object, "message", text_value(env, problem->message));
        napi_set_element(env, array, i, object);
    }
    return array;
}

/* Throws an Error with code, phase, errno and, where there are any, problems. */
static napi_value throw_error(napi_env env, const struct crac_error *error,
                              const struct crac_result *result)
{
    napi_value object;

    napi_create_error(env, text_value(env, "ERR_CRAC_ENGINE"), text_value(env, error->message),
                      &object);
    set(env, object, "phase", text_value(env, error->phase ? error->phase : "collect"));
    set(env, object, "errno", number_value(env, (double)error->error));
    if (result)
        set(env, object, "problems", problems_value(env, result));
    napi_throw(env, object);
    return NULL;
}

static napi_value writing_value(napi_env env, const struct crac_result *result)
{
    napi_value object;

    napi_create_object(env, &object);
    set(env, object, "pid", number_value(env, result->writer));
    set(env, object, "pause", number_value(env, (double)result->pause / NS_PER_MS));
    return object;
}

/* Where the program was told to listen, or 0. */
static uint32_t environment_port(void)
{
    const char *text = getenv("PORT");
    char *end;
    unsigned long port = text ? strtoul(text, &end, 10) : 0;

    return port > 0 && port <= UINT16_MAX && *end == 0 ? (uint32_t)port : 0;
}

/*
 * What a checkpoint was called with. It is given back at the next one and not before: what frees
 * memory touches many pages, which matters in a restored process.
 */
static struct {
    char *id, *directory, *fault, *manifest;
    uint32_t *placeholders, *reopened, *unchecked, *closed;
    struct secret *secrets;
    struct crac_result result;
} call;

static void forget_call(void)
{
    free(call.id);
    free(call.directory);
    free(call.fault);
    free(call.manifest);
    free(call.placeholders);
    free(call.secrets);
    free(call.reopened);
    free(call.unchecked);
    free(call.closed);
    memset(&call, 0, sizeof call);
}

/* Reads the argument of checkpoint(): NULL, or why it is not possible. */
static const char *read_request(napi_env env, napi_value argument, struct crac_request *request)
{
    static uint8_t id[16];
    uint32_t placeholder_count, secret_count;
    double timeout = 0;
    size_t size;

    forget_call();
    call.id = get_text(env, argument, "id", &size);
    call.directory = get_text(env, argument, "directory", &size);
    call.fault = get_text(env, argument, "fault", &size);
    call.manifest = get_text(env, argument, "manifest", &size);
    call.placeholders = get_numbers(env, get(env, argument, "placeholders"), &placeholder_count);
    call.reopened = get_numbers(env, get(env, argument, "reopened"), &request->reopened_count);
    call.unchecked = get_numbers(env, get(env, argument, "unchecked"), &request->unchecked_count);
    call.closed = get_numbers(env, get(env, argument, "closed"), &request->closed_count);
    if (!call.id || !call.directory || !call.fault || !call.manifest || !call.placeholders ||
        !call.reopened || !call.unchecked || !call.closed)
        return "out of memory before the checkpoint";
    call.secrets = get_secrets(env, get(env, argument, "secrets"), &secret_count);
    if (!call.secrets)
        return "the secrets take more than 1 MiB together";
    request->reopened = call.reopened;
    request->unchecked = call.unchecked;
    request->closed = call.closed;
    napi_get_value_double(env, get(env, argument, "stopTimeout"), &timeout);
    parse_id(call.id, id);
    request->id = id;
    request->directory = call.directory;
    request->manifest = call.manifest;
    request->manifest_size = size;
    request->fault = call.fault;
    request->keep_running = get_boolean(env, argument, "keepRunning");
    request->verify = get_boolean(env, argument, "verify");
    request->clock_policy =
        get_boolean(env, argument, "hostClock") ? CRAC_CLOCK_HOST : CRAC_CLOCK_WALL;
    request->placeholders = call.placeholders;
    request->placeholder_count = placeholder_count;
    request->secrets = call.secrets;
    request->secret_count = secret_count;
    request->stop_timeout = (uint64_t)(timeout * NS_PER_MS);
    request->environment_port = environment_port();
    return NULL;
}

static napi_value call_checkpoint(napi_env env, napi_callback_info info)
{
    size_t count = 1;
    napi_value argument;
    struct crac_request request = {0};
    void *arrival = NULL;

    napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
    const char *problem = read_request(env, argument, &request);
    if (!problem && napi_get_typedarray_info(env, get(env, argument, "arrival"), NULL, NULL,
                                             &arrival, NULL, NULL) != napi_ok)
        problem = "out of memory before the checkpoint";
    if (problem) {
        napi_throw_error(env, "ERR_CRAC_ENGINE", problem);
        return NULL;
    }
    loop_resume_listeners();
    resolv_conf = look_at_resolv_conf();
    crac_checkpoint(&request, &call.result);
    if (call.result.status == CRAC_RESTORED) {
        tell_arrival(arrival, origin_handoff(), call.result.restored_at);
        return NULL;
    }
    return call.result.status == CRAC_WRITING ? writing_value(env, &call.result)
                                              : throw_error(env, &call.result.error, &call.result);
}

/* Makes the process's environment what the restore says; what must be told of that (agent.h). */
static napi_value call_adopt_environment(napi_env env, napi_callback_info info)
{
    return number_value(env, origin.restored ? environment_adopt(origin_handoff()) : 0);
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

static napi_value description_value(napi_env env, const struct crac_description *description)
{
    napi_value object;

    napi_create_object(env, &object);
    set(env, object, "fd", number_value(env, description->fd));
    set(env, object, "kind", text_value(env, description->kind));
    set(env, object, "target", text_value(env, description->target));
    set(env, object, "travels", boolean_value(env, description->travels));
    if (description->protocol) {
        set(env, object, "protocol", text_value(env, description->protocol));
        set(env, object, "localAddress", text_value(env, description->local));
        set(env, object, "remoteAddress", text_value(env, description->remote));
    }
    return object;
}

static napi_value call_descriptors(napi_env env, napi_callback_info info)
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

static napi_value call_probe(napi_env env, napi_callback_info info)
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
    set(env, object, "problems", problems);
    set(env, object, "kernel", text_value(env, uname(&name) == 0 ? name.release : "unknown"));
    set(env, object, "ioUring", boolean_value(env, has_io_uring()));
    set(env, object, "pagemapScan", boolean_value(env, pages_can_scan()));
    set(env, object, "clockWaits", boolean_value(env, clock_prepare() == 0));
    set(env, object, "pkeys", number_value(env, process_pkeys()));
    return object;
}

/*
 * Has V8 collect all garbage, shrink the young generation and give free pages back, as an embedder
 * does when the system is short of memory. Node exports V8's functions for its addons, by their C++
 * names; where one is missing, nothing happens.
 */
static void trim_v8(void)
{
    void *(*current)(void) = (void *(*)(void))dlsym(RTLD_DEFAULT, "_ZN2v87Isolate10GetCurrentEv");
    void (*notify)(void *) =
        (void (*)(void *))dlsym(RTLD_DEFAULT, "_ZN2v87Isolate21LowMemoryNotificationEv");
    void *isolate = current && notify ? current() : NULL;

    if (isolate)
        notify(isolate);
}

/* Gives free memory back: V8's, then that of libc's allocator; only glibc has a call for it. */
static napi_value call_trim(napi_env env, napi_callback_info info)
{
    int (*trim)(size_t) = (int (*)(size_t))dlsym(RTLD_DEFAULT, "malloc_trim");

    trim_v8();
    if (trim)
        trim(0);
    return NULL;
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
    loop_reference(event_loop(env));
    napi_call_function(env, undefined, function, 0, NULL, &value);
    loop_unreference();
    return value;
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
    loop_resume_listeners();
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

static napi_value call_limit_heap(napi_env env, napi_callback_info info)
{
    size_t count = 1;
    napi_value argument;
    double bytes = 0;

    napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
    if (napi_get_value_double(env, argument, &bytes) == napi_ok && bytes > 0)
        heap_limit((size_t)bytes);
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
    watchers_stop(event_loop(env));
    return NULL;
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
    set(list->env, object, "path", text_value(list->env, path));
    set(list->env, object, "reason", text_value(list->env, errno_text(-error)));
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
        {"pid", NULL, call_pid, NULL, NULL, NULL, napi_default, NULL},
        {"brought", NULL, call_brought, NULL, NULL, NULL, napi_default, NULL},
        {"adoptEnvironment", NULL, call_adopt_environment, NULL, NULL, NULL, napi_default, NULL},
        {"writer", NULL, call_writer, NULL, NULL, NULL, napi_default, NULL},
        {"descriptors", NULL, call_descriptors, NULL, NULL, NULL, napi_default, NULL},
        {"probe", NULL, call_probe, NULL, NULL, NULL, napi_default, NULL},
        {"withAllHandles", NULL, call_with_all_handles, NULL, NULL, NULL, napi_default, NULL},
        {"stopWatchers", NULL, call_stop_watchers, NULL, NULL, NULL, napi_default, NULL},
        {"startWatchers", NULL, call_start_watchers, NULL, NULL, NULL, napi_default, NULL},
        {"pauseListeners", NULL, call_pause_listeners, NULL, NULL, NULL, napi_default, NULL},
        {"resumeListeners", NULL, call_resume_listeners, NULL, NULL, NULL, napi_default, NULL},
        {"learnGenerators", NULL, v8_learn_generators, NULL, NULL, NULL, napi_default, NULL},
        {"wakeOutput", NULL, output_wake, NULL, NULL, NULL, napi_default, NULL},
        {"rememberTerminal", NULL, terminal_remember, NULL, NULL, NULL, napi_default, NULL},
        {"adoptTerminal", NULL, terminal_adopt, NULL, NULL, NULL, napi_default, NULL},
        {"trim", NULL, call_trim, NULL, NULL, NULL, napi_default, NULL},
        {"setLocale", NULL, call_set_locale, NULL, NULL, NULL, napi_default, NULL},
        {"limitHeap", NULL, call_limit_heap, NULL, NULL, NULL, napi_default, NULL},
        {"localeChanged", NULL, call_locale_changed, NULL, NULL, NULL, napi_default, NULL},
        {"timeZoneChanged", NULL, call_time_zone_changed, NULL, NULL, NULL, napi_default, NULL},
        {"random", NULL, call_random, NULL, NULL, NULL, napi_default, NULL},
        {"reseed", NULL, call_reseed, NULL, NULL, NULL, napi_default, NULL},
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
