/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/input.h"

#include <string.h>

/* The end of the string that begins at @at: behind its closing quote, or the end of the text. */
static const char *
skip_string(const char *at)
{
    for (at++; *at != '\0' && *at != '"'; at++) {
        if (*at == '\\' && at[1] != '\0') {
            at++;
        }
    }
    return *at == '"' ? at + 1 : at;
}

/* The end of the array or object at @at, by its brackets alone: whether what is between them is
 * JSON is for the parser to say. A value cut short goes to the end of the text. */
static const char *
skip_value(const char *at)
{
    unsigned depth = 0;

    while (*at != '\0') {
        if (*at == '"') {
            at = skip_string(at);
            continue;
        }
        if (*at == '{' || *at == '[') {
            depth++;
        } else if ((*at == '}' || *at == ']') && depth-- <= 1) {
            return at + 1;
        }
        at++;
    }
    return at;
}

static unsigned
line_of(const char *text, const char *at)
{
    unsigned line = 1;

    for (; text < at; text++) {
        line += *text == '\n';
    }
    return line;
}

GPtrArray *
tool_input_json(const char *text, GError **error)
{
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func((GDestroyNotify)virtcpu_json_free);
    const char *at = text + strspn(text, " \t\r\n");

    while (*at != '\0') {
        const char *end = *at == '{' || *at == '[' ? skip_value(at) : at + strlen(at);
        VirtCpuJson *value = virtcpu_json_parse(at, end - at, error);

        if (value == NULL) {
            g_prefix_error(error, "JSON value %u, from line %u: ", values->len + 1,
                           line_of(text, at));
            return NULL;
        }
        g_ptr_array_add(values, value);
        at = end + strspn(end, " \t\r\n");
    }
    return g_steal_pointer(&values);
}
