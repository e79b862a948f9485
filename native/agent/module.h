/*
 * The parts of the agent's JavaScript face.
 *
 *   module.c   registers the exports, and holds those that only unwrap, call and wrap
 *   values.c   JavaScript's values
 *   request.c  what checkpoint() is asked for
 *   outcome.c  how a checkpoint ended
 *   probe.c    what can be known before a checkpoint
 *   memory.c   what is asked about memory
 *
 * These files speak to JavaScript in doubles, so they are compiled with vector registers. Nothing
 * in them runs while the world is stopped.
 */
#ifndef CRAC_MODULE_H
#define CRAC_MODULE_H

#include <node_api.h>
#include <stddef.h>
#include <stdint.h>

#define NS_PER_MS 1e6

struct crac_error;
struct crac_handoff;
struct crac_request;
struct crac_result;

/* values.c */
napi_value text_value(napi_env env, const char *text);
napi_value number_value(napi_env env, double number);
napi_value boolean_value(napi_env env, int boolean);
/* `count` texts, one after the other, as an array. */
napi_value texts_value(napi_env env, const char *texts, uint32_t count);
void set_property(napi_env env, napi_value object, const char *name, napi_value value);
napi_value get_property(napi_env env, napi_value object, const char *name);
/* A copy of a string property, owned by the caller (free). */
char *get_text(napi_env env, napi_value object, const char *name, size_t *size);
int get_boolean(napi_env env, napi_value object, const char *name);
/* A copy of an array of numbers, owned by the caller (free). */
uint32_t *get_numbers(napi_env env, napi_value array, uint32_t *count);
/* Copies of an array of strings, ended by NULL and owned by the caller (free); NULL without memory.
 */
char **get_texts(napi_env env, napi_value array);

/* request.c: reads the argument of checkpoint(): NULL, or why it is not possible. What the request
 * points to stays until the next one is read. */
const char *read_request(napi_env env, napi_value argument, struct crac_request *request);

/* outcome.c */
/* What the restore brought, as an object; made only for those who ask. */
napi_value call_brought(napi_env env, napi_callback_info info);
/* Before a checkpoint: what tell_arrival() compares with. */
void remember_resolv_conf(void);
/*
 * Tells of a restore without making any object, since each of V8's functions lies on a page of code
 * that a restored process has not touched yet. The fields are those of ARRIVAL in
 * src/binding/binding.ts.
 */
void tell_arrival(double *arrival, const struct crac_handoff *handoff, uint64_t restored_at);
napi_value writing_value(napi_env env, const struct crac_result *result);
/* Throws an Error with code, phase, errno and, where there are any, problems. */
napi_value throw_error(napi_env env, const struct crac_error *error,
                       const struct crac_result *result);

/* probe.c */
napi_value call_descriptors(napi_env env, napi_callback_info info);
napi_value call_probe(napi_env env, napi_callback_info info);
/* What the processor offers, as hexadecimal digits. */
napi_value call_cpu_features(napi_env env, napi_callback_info info);

/* memory.c */
/* Gives free memory back: V8's, then that of libc's allocator; only glibc has a call for it. */
napi_value call_trim(napi_env env, napi_callback_info info);
napi_value call_limit_heap(napi_env env, napi_callback_info info);
napi_value call_gather(napi_env env, napi_callback_info info);
napi_value call_set_flags_later(napi_env env, napi_callback_info info);

#endif
