/*
 * What checkpoint() is asked for: JavaScript's object -> struct crac_request.
 *
 * The copies that the request points to are owned here.
 */
#include "module.h"
#include <stdlib.h>
#include <string.h>
#include "agent.h"

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

/* Where the program was told to listen, or 0. */
static uint32_t environment_port(void)
{
    const char *text = getenv("PORT");
    char *end;
    unsigned long port = text ? strtoul(text, &end, 10) : 0;

    return port > 0 && port <= UINT16_MAX && *end == 0 ? (uint32_t)port : 0;
}

/* One hexadecimal digit, 0 for anything else. */
static uint32_t digit_value(char digit)
{
    return digit >= '0' && digit <= '9'   ? (uint32_t)(digit - '0')
           : digit >= 'a' && digit <= 'f' ? (uint32_t)(digit - 'a' + 10)
                                          : 0;
}

/* The bytes that `text` names by hexadecimal digits, zeros behind them; all ones for an empty text.
 */
static void parse_features(const char *text, uint32_t words[CRAC_CPU_WORDS])
{
    int has_limit = *text != 0;

    for (int i = 0; i < CRAC_CPU_WORDS; i++) {
        words[i] = has_limit ? 0 : UINT32_MAX;
        for (int shift = 0; shift < 32 && text[0] && text[1]; shift += 8, text += 2)
            words[i] |= (digit_value(text[0]) << 4 | digit_value(text[1])) << shift;
    }
}

/*
 * What a checkpoint was called with. It is given back at the next one and not before: what frees
 * memory touches many pages, which matters in a restored process.
 */
static struct {
    char *id, *directory, *fault, *manifest, *tags, *score, *cpu_limit;
    uint32_t *placeholders, *reopened, *unchecked, *closed;
    struct secret *secrets;
} call;

static void forget_call(void)
{
    free(call.id);
    free(call.directory);
    free(call.fault);
    free(call.manifest);
    free(call.tags);
    free(call.score);
    free(call.cpu_limit);
    free(call.placeholders);
    free(call.secrets);
    free(call.reopened);
    free(call.unchecked);
    free(call.closed);
    memset(&call, 0, sizeof call);
}

const char *read_request(napi_env env, napi_value argument, struct crac_request *request)
{
    static uint8_t id[16];
    uint32_t placeholder_count, secret_count;
    double timeout = 0;
    size_t size;

    forget_call();
    call.id = get_text(env, argument, "id", &size);
    call.directory = get_text(env, argument, "directory", &size);
    call.fault = get_text(env, argument, "fault", &size);
    call.tags = get_text(env, argument, "tags", &request->tags_size);
    call.score = get_text(env, argument, "score", &request->score_size);
    call.cpu_limit = get_text(env, argument, "cpuFeatures", &size);
    call.manifest = get_text(env, argument, "manifest", &size);
    call.placeholders =
        get_numbers(env, get_property(env, argument, "placeholders"), &placeholder_count);
    call.reopened =
        get_numbers(env, get_property(env, argument, "reopened"), &request->reopened_count);
    call.unchecked =
        get_numbers(env, get_property(env, argument, "unchecked"), &request->unchecked_count);
    call.closed = get_numbers(env, get_property(env, argument, "closed"), &request->closed_count);
    if (!call.id || !call.directory || !call.fault || !call.manifest || !call.tags || !call.score ||
        !call.cpu_limit || !call.placeholders || !call.reopened || !call.unchecked || !call.closed)
        return "out of memory before the checkpoint";
    call.secrets = get_secrets(env, get_property(env, argument, "secrets"), &secret_count);
    if (!call.secrets)
        return "the secrets take more than 1 MiB together";
    request->reopened = call.reopened;
    request->unchecked = call.unchecked;
    request->closed = call.closed;
    napi_get_value_double(env, get_property(env, argument, "stopTimeout"), &timeout);
    parse_id(call.id, id);
    request->id = id;
    request->directory = call.directory;
    request->manifest = call.manifest;
    request->manifest_size = size;
    request->tags = call.tags;
    request->score = call.score;
    parse_features(call.cpu_limit, request->cpu_limit);
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
