/*
 * The settings that a terminal gets back when the process ends: terminal.c.
 */
#ifndef CRAC_TERMINAL_H
#define CRAC_TERMINAL_H

#include <node_api.h>

/* Before an image, while no raw mode is on: finds the notes of what standard input shall get back.
 */
napi_value terminal_remember(napi_env env, napi_callback_info info);
/*
 * After a restore, before raw mode is on again: makes the notes those of the terminal that is
 * standard input now. Takes the number under which the old one was open.
 */
napi_value terminal_adopt(napi_env env, napi_callback_info info);

#endif
