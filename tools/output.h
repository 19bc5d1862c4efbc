/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the verbs print. */
#pragma once

#include "conf/cpu-def.h"
#include "conf/json.h"

/* @def as JSON: keys named as the elements and attributes of <cpu> (transfer full). */
VirtCpuJson *tool_output_def(const VirtCpuDef *def) G_GNUC_WARN_UNUSED_RESULT;

/* Print every VirtCpuDef of @defs: as XML one after another, or, when @json, as one object, or as
 * an array of them when they are not one. */
void tool_output_print_defs(const GPtrArray *defs, gboolean json);

/* Print @json, indented, with a line end. */
void tool_output_print_json(const VirtCpuJson *json);

/* Print @words (NULL-terminated) with a space between two and a line end. */
void tool_output_print_words(const char *const *words);

/* The whole number at @key of @document, an answer; 0 when there is none. */
gint64 tool_output_int(const VirtCpuJson *document, const char *key);

/* Write @text to @file. Errors: SYSTEM_ERROR naming it. @error may be NULL. */
gboolean tool_output_write(const char *file, const char *text,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
