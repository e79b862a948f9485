/*
 * The part of learning V8's layout that runs JavaScript.
 */
#ifndef CRAC_V8_LEARN_H
#define CRAC_V8_LEARN_H

#include <node_api.h>

/*
 * Learns where V8 keeps the generators of Math.random(). Takes a function that makes a context and
 * returns its Math.random; src/binding/binding.ts says what it returns.
 */
napi_value v8_learn_generators(napi_env env, napi_callback_info info);

#endif
