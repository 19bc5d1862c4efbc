/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON values over yajl: QMP messages, cache files, --json output. */
#pragma once

#include <glib.h>

/* Values nested deeper than this are refused (the deepest QMP reply of QEMU 11 has 9 levels). */
#define VIRTCPU_JSON_MAX_DEPTH 64
/* Longer texts are refused (the longest QMP reply, query-qmp-schema, has 0.3 MB). */
#define VIRTCPU_JSON_MAX_BYTES (64u * 1024 * 1024)
/* Texts with more values are refused: a value of two bytes takes far more when it is read. */
#define VIRTCPU_JSON_MAX_VALUES (1024u * 1024)

typedef enum {
    VIRTCPU_JSON_NULL,
    VIRTCPU_JSON_BOOL,
    VIRTCPU_JSON_INT, /* fits gint64, or guint64 above it (see virtcpu_json_to_uint) */
    VIRTCPU_JSON_DOUBLE,
    VIRTCPU_JSON_STRING,
    VIRTCPU_JSON_ARRAY,
    VIRTCPU_JSON_OBJECT, /* keeps the order of insertion */
} VirtCpuJsonKind;

/* One value and all below it. Built by one owner, then const; no thread may write a shared one. */
typedef struct _VirtCpuJson VirtCpuJson;

/* Parse exactly one value from @text (@length bytes, -1: NUL-terminated). Refuses trailing bytes,
 * invalid UTF-8, NUL in strings, repeated keys, numbers out of range and whatever is over the
 * limits above. Returns (transfer full), or NULL with
 * INTERNAL_ERROR saying what is wrong and at which byte. Any thread. */
VirtCpuJson *virtcpu_json_parse(const char *text, gssize length,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Free @json (may be NULL) and all below it. */
void virtcpu_json_free(VirtCpuJson *json);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuJson, virtcpu_json_free)

/* A deep copy (transfer full). */
VirtCpuJson *virtcpu_json_copy(const VirtCpuJson *json) G_GNUC_WARN_UNUSED_RESULT;

/* Make values (transfer full). Strings are copied and must be UTF-8. */
VirtCpuJson *virtcpu_json_new_null(void) G_GNUC_WARN_UNUSED_RESULT;
/* A bool. */
VirtCpuJson *virtcpu_json_new_bool(gboolean value) G_GNUC_WARN_UNUSED_RESULT;
/* A signed integer. */
VirtCpuJson *virtcpu_json_new_int(gint64 value) G_GNUC_WARN_UNUSED_RESULT;
/* An unsigned integer, exact up to G_MAXUINT64. */
VirtCpuJson *virtcpu_json_new_uint(guint64 value) G_GNUC_WARN_UNUSED_RESULT;
/* A finite number that is not whole. */
VirtCpuJson *virtcpu_json_new_double(double value) G_GNUC_WARN_UNUSED_RESULT;
/* A string; @value must not be NULL. */
VirtCpuJson *virtcpu_json_new_string(const char *value) G_GNUC_WARN_UNUSED_RESULT;
/* An empty array. */
VirtCpuJson *virtcpu_json_new_array(void) G_GNUC_WARN_UNUSED_RESULT;
/* An array of @values (NULL-terminated; NULL: none). */
VirtCpuJson *virtcpu_json_new_strings(const char *const *values) G_GNUC_WARN_UNUSED_RESULT;
/* An empty object. */
VirtCpuJson *virtcpu_json_new_object(void) G_GNUC_WARN_UNUSED_RESULT;

/* Put @value (transfer full) into object @object under @key, replacing one already there. Returns
 * the stored value (transfer none) so that nested objects are built in place. */
VirtCpuJson *virtcpu_json_set(VirtCpuJson *object, const char *key, VirtCpuJson *value);

/* Shorthands for the above. A NULL string sets nothing. */
void virtcpu_json_set_string(VirtCpuJson *object, const char *key, const char *value);
/* Put an integer. */
void virtcpu_json_set_int(VirtCpuJson *object, const char *key, gint64 value);
/* Put a bool. */
void virtcpu_json_set_bool(VirtCpuJson *object, const char *key, gboolean value);

/* Append @value (transfer full) to @array. Returns it (transfer none). */
VirtCpuJson *virtcpu_json_append(VirtCpuJson *array, VirtCpuJson *value);

/* Take member @key out of @object (transfer full), leaving null in its place; NULL when absent. */
VirtCpuJson *virtcpu_json_take(VirtCpuJson *object, const char *key) G_GNUC_WARN_UNUSED_RESULT;

/* The kind of @json; NULL counts as VIRTCPU_JSON_NULL. */
VirtCpuJsonKind virtcpu_json_kind(const VirtCpuJson *json);

/* Member @key of @object (transfer none), or NULL when absent or @object (may be NULL) is none. */
const VirtCpuJson *virtcpu_json_get(const VirtCpuJson *object, const char *key);

/* Member @key as a string (transfer none), or NULL when absent or of another kind. */
const char *virtcpu_json_get_string(const VirtCpuJson *object, const char *key);

/* Member @key as an integer into @value. FALSE, @value untouched, when absent, other, or too big.
 */
gboolean virtcpu_json_get_int(const VirtCpuJson *object, const char *key, gint64 *value);

/* Member @key as a bool, or @fallback when absent or of another kind. */
gboolean virtcpu_json_get_bool(const VirtCpuJson *object, const char *key, gboolean fallback);

/* @json as a string (transfer none), NULL when it is none. */
const char *virtcpu_json_to_string(const VirtCpuJson *json);

/* @json as an integer; FALSE when it is none or does not fit. */
gboolean virtcpu_json_to_int(const VirtCpuJson *json, gint64 *value);

/* @json as an unsigned integer; FALSE when it is none or negative. */
gboolean virtcpu_json_to_uint(const VirtCpuJson *json, guint64 *value);

/* @json, a whole number or not, as a double; FALSE when it is no number. */
gboolean virtcpu_json_to_double(const VirtCpuJson *json, double *value);

/* @json as a bool; FALSE for anything but true. */
gboolean virtcpu_json_is_true(const VirtCpuJson *json);

/* Members of an array or object; 0 for others and NULL. */
gsize virtcpu_json_size(const VirtCpuJson *json);

/* Member @index of an array or object (transfer none); NULL out of range. */
const VirtCpuJson *virtcpu_json_at(const VirtCpuJson *json, gsize index);

/* The key of member @index of an object (transfer none); NULL out of range. */
const char *virtcpu_json_key_at(const VirtCpuJson *json, gsize index);

/* TRUE when @a and @b (NULL counts as null) are of one kind and of the same content, the members of
 * objects in the same order. */
gboolean virtcpu_json_equal(const VirtCpuJson *a, const VirtCpuJson *b);

/* The text of @json, one line, or indented by two spaces when @pretty (transfer full). */
char *virtcpu_json_format(const VirtCpuJson *json, gboolean pretty) G_GNUC_WARN_UNUSED_RESULT;

/* @json, a scalar, as options of QEMU's command line have it: "on" or "off", a text as it is, a
 * number (transfer full). */
char *virtcpu_json_to_option(const VirtCpuJson *json) G_GNUC_WARN_UNUSED_RESULT;
