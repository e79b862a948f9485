/*
 * Events of the kernel that Node has no call for. JavaScript's face of them is in events.c.
 */
#ifndef CRAC_EVENTS_H
#define CRAC_EVENTS_H

#include <node_api.h>

/* openUevents(): a descriptor on which the kernel tells of its devices; throws what it refuses. */
napi_value events_open(napi_env env, napi_callback_info info);
/* watchReadable(fd, callback): calls it whenever there is something to read, and never keeps the
 * process alive. */
napi_value events_watch(napi_env env, napi_callback_info info);
/* unwatchReadable(fd): before the descriptor is closed. */
napi_value events_unwatch(napi_env env, napi_callback_info info);

#endif
