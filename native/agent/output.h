/*
 * Streams whose descriptor becomes another kind of file: output.c.
 */
#ifndef CRAC_OUTPUT_H
#define CRAC_OUTPUT_H

#include <node_api.h>

/* The ends of a new pipe, first the one to read from; none when there can be none. */
napi_value output_pipe(napi_env env, napi_callback_info info);
/* Has libuv write what it holds for a descriptor: a number to close when that is done, or -1. */
napi_value output_wake(napi_env env, napi_callback_info info);

#endif
