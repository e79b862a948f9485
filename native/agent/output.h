/*
 * Data that a stream still holds when its pipe or socket has become a file: output.c.
 */
#ifndef CRAC_OUTPUT_H
#define CRAC_OUTPUT_H

#include <node_api.h>

/* Has libuv write what it holds for a descriptor: a number to close when that is done, or -1. */
napi_value output_wake(napi_env env, napi_callback_info info);

#endif
