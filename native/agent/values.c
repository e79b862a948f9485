/*
 * JavaScript's values: made from what the agent knows, and read as what it takes.
 *
 * Nothing is checked: the TypeScript that calls has done that.
 */
#include "module.h"
#include <stdlib.h>
#include <string.h>

napi_value text_value(napi_env env, const char *text)
{
    napi_value value;
    napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value);
    return value;
}

napi_value number_value(napi_env env, double number)
{
    napi_value value;
    napi_create_double(env, number, &value);
    return value;
}

napi_value boolean_value(napi_env env, int boolean)
{
    napi_value value;
    napi_get_boolean(env, boolean != 0, &value);
    return value;
}

void set_property(napi_env env, napi_value object, const char *name, napi_value value)
{
    napi_set_named_property(env, object, name, value);
}

napi_value get_property(napi_env env, napi_value object, const char *name)
{
    napi_value value;
    napi_get_named_property(env, object, name, &value);
    return value;
}

char *get_text(napi_env env, napi_value object, const char *name, size_t *size)
{
    napi_value value = get_property(env, object, name);
    char *text;

    napi_get_value_string_utf8(env, value, NULL, 0, size);
    text = malloc(*size + 1);
    if (text)
        napi_get_value_string_utf8(env, value, text, *size + 1, size);
    return text;
}

int get_boolean(napi_env env, napi_value object, const char *name)
{
    bool boolean = false;
    napi_get_value_bool(env, get_property(env, object, name), &boolean);
    return boolean;
}

uint32_t *get_numbers(napi_env env, napi_value array, uint32_t *count)
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

napi_value texts_value(napi_env env, const char *texts, uint32_t count)
{
    napi_value array;

    napi_create_array_with_length(env, count, &array);
    for (uint32_t i = 0; i < count; i++, texts += strlen(texts) + 1)
        napi_set_element(env, array, i, text_value(env, texts));
    return array;
}

char **get_texts(napi_env env, napi_value array)
{
    uint32_t count = 0;
    napi_value element;
    size_t size;

    napi_get_array_length(env, array, &count);
    char **texts = calloc(count + 1, sizeof *texts);
    for (uint32_t i = 0; texts && i < count; i++) {
        napi_get_element(env, array, i, &element);
        napi_get_value_string_utf8(env, element, NULL, 0, &size);
        texts[i] = malloc(size + 1);
        if (!texts[i])
            break;
        napi_get_value_string_utf8(env, element, texts[i], size + 1, &size);
    }
    return texts;
}
