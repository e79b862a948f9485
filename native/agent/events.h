/*
 * Descriptors that Node has no call for: events of the kernel (events.c), unix sockets over which
 * others are passed (passing.c), and counters that are mapped (counter.c).
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

/* connectUnix(path): a socket that is connected to a path, or behind a zero to an abstract name. */
napi_value passing_connect(napi_env env, napi_callback_info info);
/* receive(fd, bytes, passed): reads into `bytes` and returns their number; -1 when nothing has
 * come. The number of descriptors that came along and they themselves go into `passed`. */
napi_value passing_receive(napi_env env, napi_callback_info info);

/* mapCounter(fd): the address at which the counter of a file is mapped; 0 where it can't be. */
napi_value counter_map(napi_env env, napi_callback_info info);
/* readCounter(address): what it shows now. */
napi_value counter_read(napi_env env, napi_callback_info info);
/* unmapCounter(address): nobody reads it any more. */
napi_value counter_unmap(napi_env env, napi_callback_info info);

#endif
