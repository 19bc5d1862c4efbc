/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON text to values and back, over yajl's callbacks and generator. */
#include "conf/error.h"
#include "conf/i18n.h"
#include "conf/json.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <yajl/yajl_gen.h>
#include <yajl/yajl_parse.h>

G_DEFINE_AUTO_CLEANUP_FREE_FUNC(yajl_handle, yajl_free, NULL)
G_DEFINE_AUTO_CLEANUP_FREE_FUNC(yajl_gen, yajl_gen_free, NULL)

typedef struct {
    VirtCpuJson *root;
    VirtCpuJson *open[VIRTCPU_JSON_MAX_DEPTH]; /* arrays and objects not yet closed */
    char *keys[VIRTCPU_JSON_MAX_DEPTH];        /* the key read last in each, until its value */
    unsigned depth;
    unsigned values;
    const char *reason; /* untranslated: why we stopped yajl; NULL when it stopped itself */
} Reader;

static void
reader_clear(Reader *reader)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(reader->keys); i++) {
        g_free(reader->keys[i]);
    }
    virtcpu_json_free(reader->root);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reader, reader_clear)

/* Stop parsing for @reason; 0 is what yajl takes for "cancel". */
static int
refuse(Reader *reader, const char *reason)
{
    reader->reason = reason;
    return 0;
}

/* Put @value (transfer full) where the reader stands. */
static int
take(Reader *reader, VirtCpuJson *value)
{
    VirtCpuJson *parent = reader->depth > 0 ? reader->open[reader->depth - 1] : NULL;

    if (parent == NULL) {
        reader->root = value;
    } else if (virtcpu_json_kind(parent) == VIRTCPU_JSON_ARRAY) {
        virtcpu_json_append(parent, value);
    } else {
        g_autofree char *key = g_steal_pointer(&reader->keys[reader->depth - 1]);

        virtcpu_json_set(parent, key, value);
    }
    return ++reader->values <= VIRTCPU_JSON_MAX_VALUES
               ? 1
               : refuse(reader, N_("there are too many values"));
}

static int
take_open(Reader *reader, VirtCpuJson *value)
{
    if (reader->depth == VIRTCPU_JSON_MAX_DEPTH) {
        virtcpu_json_free(value);
        return refuse(reader, N_("values are nested too deep"));
    }
    if (!take(reader, value)) {
        return 0;
    }
    reader->open[reader->depth++] = value;
    return 1;
}

static int
on_null(void *ctx)
{
    return take(ctx, virtcpu_json_new_null());
}

static int
on_boolean(void *ctx, int value)
{
    return take(ctx, virtcpu_json_new_bool(value));
}

/* Numbers come as text so that 64-bit ones stay exact. */
static int
on_number(void *ctx, const char *text, size_t length)
{
    g_autofree char *copy = g_strndup(text, length);
    gboolean whole = strpbrk(copy, ".eE") == NULL;
    double number;

    errno = 0;
    if (!whole) {
        number = g_ascii_strtod(copy, NULL);
        return isfinite(number) ? take(ctx, virtcpu_json_new_double(number))
                                : refuse(ctx, N_("a number is out of range"));
    }
    if (copy[0] == '-') {
        gint64 value = g_ascii_strtoll(copy, NULL, 10);

        return errno == 0 ? take(ctx, virtcpu_json_new_int(value))
                          : refuse(ctx, N_("a number is out of range"));
    } else {
        guint64 value = g_ascii_strtoull(copy, NULL, 10);

        return errno == 0 ? take(ctx, virtcpu_json_new_uint(value))
                          : refuse(ctx, N_("a number is out of range"));
    }
}

static int
on_string(void *ctx, const unsigned char *text, size_t length)
{
    g_autofree char *copy = NULL;

    if (memchr(text, '\0', length) != NULL) {
        return refuse(ctx, N_("a string contains NUL"));
    }
    copy = g_strndup((const char *)text, length);
    return take(ctx, virtcpu_json_new_string(copy));
}

static int
on_start_map(void *ctx)
{
    return take_open(ctx, virtcpu_json_new_object());
}

static int
on_key(void *ctx, const unsigned char *text, size_t length)
{
    Reader *reader = ctx;
    g_autofree char *key = NULL;

    if (memchr(text, '\0', length) != NULL) {
        return refuse(reader, N_("a key contains NUL"));
    }
    key = g_strndup((const char *)text, length);
    if (virtcpu_json_get(reader->open[reader->depth - 1], key) != NULL) {
        return refuse(reader, N_("a key is repeated"));
    }
    reader->keys[reader->depth - 1] = g_steal_pointer(&key);
    return 1;
}

static int
on_start_array(void *ctx)
{
    return take_open(ctx, virtcpu_json_new_array());
}

static int
on_end(void *ctx)
{
    Reader *reader = ctx;

    reader->depth--;
    return 1;
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_start_map,
    .yajl_map_key = on_key,
    .yajl_end_map = on_end,
    .yajl_start_array = on_start_array,
    .yajl_end_array = on_end,
};

static void
set_parse_error(yajl_handle handle, const Reader *reader, size_t place, GError **error)
{
    unsigned char *words;
    g_autofree char *text = NULL;

    if (reader->reason != NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, _("cannot read JSON at byte %zu: %s"),
                          place, _(reader->reason));
        return;
    }
    words = yajl_get_error(handle, 0, NULL, 0);
    text = g_strstrip(g_strdup((const char *)words));
    yajl_free_error(handle, words);
    virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, _("cannot read JSON at byte %zu: %s"),
                      place, text);
}

VirtCpuJson *
virtcpu_json_parse(const char *text, gssize length, GError **error)
{
    g_auto(Reader) reader = { 0 };
    g_auto(yajl_handle) handle = NULL;
    size_t size = length < 0 ? strlen(text) : (size_t)length;

    if (size > VIRTCPU_JSON_MAX_BYTES) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("cannot read JSON of %zu bytes: the limit is %u"), size,
                          VIRTCPU_JSON_MAX_BYTES);
        return NULL;
    }
    handle = yajl_alloc(&callbacks, NULL, &reader);
    if (yajl_parse(handle, (const unsigned char *)text, size) != yajl_status_ok) {
        set_parse_error(handle, &reader, yajl_get_bytes_consumed(handle), error);
        return NULL;
    }
    if (yajl_complete_parse(handle) != yajl_status_ok) {
        set_parse_error(handle, &reader, size, error);
        return NULL;
    }
    return g_steal_pointer(&reader.root);
}

static void write_value(yajl_gen gen, const VirtCpuJson *json);

static void
write_text(yajl_gen gen, const char *text)
{
    yajl_gen_string(gen, (const unsigned char *)text, strlen(text));
}

static void
write_int(yajl_gen gen, const VirtCpuJson *json)
{
    char text[32];
    guint64 large = 0;
    gint64 value = 0;

    if (virtcpu_json_to_int(json, &value)) {
        g_snprintf(text, sizeof(text), "%" G_GINT64_FORMAT, value);
    } else {
        virtcpu_json_to_uint(json, &large);
        g_snprintf(text, sizeof(text), "%" G_GUINT64_FORMAT, large);
    }
    yajl_gen_number(gen, text, strlen(text));
}

/* With a point or exponent, so that it is read back as the kind it was. */
static void
write_double(yajl_gen gen, const VirtCpuJson *json)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE + 2];
    double number = 0;

    virtcpu_json_to_double(json, &number);
    g_ascii_dtostr(text, G_ASCII_DTOSTR_BUF_SIZE, number);
    if (strpbrk(text, ".e") == NULL) {
        g_strlcat(text, ".0", sizeof(text));
    }
    yajl_gen_number(gen, text, strlen(text));
}

static void
write_array(yajl_gen gen, const VirtCpuJson *json)
{
    yajl_gen_array_open(gen);
    for (gsize i = 0; i < virtcpu_json_size(json); i++) {
        write_value(gen, virtcpu_json_at(json, i));
    }
    yajl_gen_array_close(gen);
}

static void
write_object(yajl_gen gen, const VirtCpuJson *json)
{
    yajl_gen_map_open(gen);
    for (gsize i = 0; i < virtcpu_json_size(json); i++) {
        write_text(gen, virtcpu_json_key_at(json, i));
        write_value(gen, virtcpu_json_at(json, i));
    }
    yajl_gen_map_close(gen);
}

static void
write_value(yajl_gen gen, const VirtCpuJson *json)
{
    switch (virtcpu_json_kind(json)) {
    case VIRTCPU_JSON_NULL:
        yajl_gen_null(gen);
        break;
    case VIRTCPU_JSON_BOOL:
        yajl_gen_bool(gen, virtcpu_json_is_true(json));
        break;
    case VIRTCPU_JSON_INT:
        write_int(gen, json);
        break;
    case VIRTCPU_JSON_DOUBLE:
        write_double(gen, json);
        break;
    case VIRTCPU_JSON_STRING:
        write_text(gen, virtcpu_json_to_string(json));
        break;
    case VIRTCPU_JSON_ARRAY:
        write_array(gen, json);
        break;
    case VIRTCPU_JSON_OBJECT:
        write_object(gen, json);
        break;
    }
}

char *
virtcpu_json_format(const VirtCpuJson *json, gboolean pretty)
{
    g_auto(yajl_gen) gen = yajl_gen_alloc(NULL);
    const unsigned char *text = NULL;
    size_t length = 0;

    yajl_gen_config(gen, yajl_gen_beautify, pretty);
    yajl_gen_config(gen, yajl_gen_indent_string, "  ");
    write_value(gen, json);
    yajl_gen_get_buf(gen, &text, &length);
    return g_strndup((const char *)text, length);
}

gboolean
virtcpu_json_equal(const VirtCpuJson *a, const VirtCpuJson *b)
{
    g_autofree char *left = NULL;
    g_autofree char *right = NULL;

    if (virtcpu_json_kind(a) != virtcpu_json_kind(b)) {
        return FALSE;
    }
    if (virtcpu_json_kind(a) == VIRTCPU_JSON_BOOL) {
        return virtcpu_json_is_true(a) == virtcpu_json_is_true(b);
    }
    left = virtcpu_json_format(a, FALSE);
    right = virtcpu_json_format(b, FALSE);
    return g_str_equal(left, right);
}

char *
virtcpu_json_to_option(const VirtCpuJson *json)
{
    const char *text = virtcpu_json_to_string(json);

    if (virtcpu_json_kind(json) == VIRTCPU_JSON_BOOL) {
        return g_strdup(virtcpu_json_is_true(json) ? "on" : "off");
    }
    return text != NULL ? g_strdup(text) : virtcpu_json_format(json, FALSE);
}
