/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The matrix in the cache: its columns ("models"), "pairs" as their texts, "sets" in hexadecimal,
 * "refusals", and under "machines" a row of numbers each, null for a cell that is not known. */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/matrix-priv.h"

#include <string.h>

static const char hex_digits[] = "0123456789abcdef";

/* ---- writing ---- */

static VirtCpuJson *
write_strings(const VirtCpuPool *pool)
{
    VirtCpuJson *array = virtcpu_json_new_array();

    for (guint i = 0; i < pool->values->len; i++) {
        virtcpu_json_append(array, virtcpu_json_new_string(g_ptr_array_index(pool->values, i)));
    }
    return array;
}

static VirtCpuJson *
write_set(GBytes *set)
{
    gsize length;
    const guint8 *bits = g_bytes_get_data(set, &length);
    g_autoptr(GString) text = g_string_sized_new(length * 2);

    for (gsize i = 0; i < length; i++) {
        g_string_append_c(text, hex_digits[bits[i] >> 4]);
        g_string_append_c(text, hex_digits[bits[i] & 0xf]);
    }
    return virtcpu_json_new_string(text->str);
}

static VirtCpuJson *
write_sets(const VirtCpuPool *sets)
{
    VirtCpuJson *array = virtcpu_json_new_array();

    for (guint i = 0; i < sets->values->len; i++) {
        virtcpu_json_append(array, write_set(g_ptr_array_index(sets->values, i)));
    }
    return array;
}

static VirtCpuJson *
write_row(const gint *row, guint length)
{
    VirtCpuJson *array = virtcpu_json_new_array();

    for (guint i = 0; i < length; i++) {
        virtcpu_json_append(array, row[i] == VIRTCPU_QEMU_MATRIX_UNKNOWN
                                       ? virtcpu_json_new_null()
                                       : virtcpu_json_new_int(row[i]));
    }
    return array;
}

VirtCpuJson *
virtcpu_qemu_matrix_to_json(const VirtCpuQemuMatrix *matrix)
{
    VirtCpuJson *json = virtcpu_json_new_object();
    VirtCpuJson *machines;
    GHashTableIter iter;
    gpointer machine, row;

    virtcpu_json_set(json, "models", write_strings(&matrix->models));
    virtcpu_json_set(json, "pairs", write_strings(&matrix->pairs));
    virtcpu_json_set(json, "sets", write_sets(&matrix->sets));
    virtcpu_json_set(json, "refusals", write_strings(&matrix->refusals));
    machines = virtcpu_json_set(json, "machines", virtcpu_json_new_object());
    g_hash_table_iter_init(&iter, matrix->rows);
    while (g_hash_table_iter_next(&iter, &machine, &row)) {
        virtcpu_json_set(machines, machine, write_row(row, matrix->models.values->len));
    }
    return json;
}

/* ---- reading: the file may have been tampered with ---- */

/* FALSE when @strings are not what @pool holds already. */
static gboolean
check_models(const VirtCpuPool *pool, const VirtCpuJson *strings)
{
    gboolean same = virtcpu_json_size(strings) == pool->values->len;

    for (guint i = 0; same && i < pool->values->len; i++) {
        same = g_strcmp0(virtcpu_json_to_string(virtcpu_json_at(strings, i)),
                         g_ptr_array_index(pool->values, i)) == 0;
    }
    return same;
}

/* FALSE when one is no string or comes twice. */
static gboolean
read_strings(VirtCpuPool *pool, const VirtCpuJson *strings)
{
    for (gsize i = 0; i < virtcpu_json_size(strings); i++) {
        const char *text = virtcpu_json_to_string(virtcpu_json_at(strings, i));

        if (text == NULL || virtcpu_pool_add(pool, g_strdup(text)) != i) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
check_pairs(const VirtCpuPool *pairs)
{
    for (guint i = 0; i < pairs->values->len; i++) {
        const char *text = g_ptr_array_index(pairs->values, i);
        const char *value = strchr(text, '=');
        g_autoptr(VirtCpuJson) json =
            value != NULL ? virtcpu_json_parse(value + 1, -1, NULL) : NULL;

        if (json == NULL) {
            return FALSE;
        }
    }
    return TRUE;
}

/* NULL when @text is no hexadecimal, or names pairs that are none of the @pairs. */
static GBytes *
read_set(const char *text, guint pairs)
{
    gsize length = text != NULL ? strlen(text) : 0;
    g_autoptr(GByteArray) bits = g_byte_array_new();

    if (text == NULL || length % 2 != 0 || length / 2 > (pairs + 7) / 8) {
        return NULL;
    }
    for (gsize i = 0; i < length; i += 2) {
        gint high = g_ascii_xdigit_value(text[i]);
        gint low = g_ascii_xdigit_value(text[i + 1]);
        guint8 byte = (guint8)(high << 4 | low);

        if (high < 0 || low < 0 || (i * 4 + 8 > pairs && byte >> (pairs - i * 4) != 0)) {
            return NULL;
        }
        g_byte_array_append(bits, &byte, 1);
    }
    return g_byte_array_free_to_bytes(g_steal_pointer(&bits));
}

static gboolean
read_sets(VirtCpuQemuMatrix *matrix, const VirtCpuJson *sets)
{
    for (gsize i = 0; i < virtcpu_json_size(sets); i++) {
        GBytes *set =
            read_set(virtcpu_json_to_string(virtcpu_json_at(sets, i)), matrix->pairs.values->len);

        if (set == NULL || virtcpu_pool_add(&matrix->sets, set) != i) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
read_row(VirtCpuQemuMatrix *matrix, const char *machine, const VirtCpuJson *cells)
{
    guint count = matrix->models.values->len;
    g_autofree gint *row = g_new(gint, count);

    if (virtcpu_json_size(cells) != count) {
        return FALSE;
    }
    for (guint i = 0; i < count; i++) {
        const VirtCpuJson *value = virtcpu_json_at(cells, i);
        gint64 cell;

        if (virtcpu_json_kind(value) == VIRTCPU_JSON_NULL) {
            row[i] = VIRTCPU_QEMU_MATRIX_UNKNOWN;
            continue;
        }
        if (!virtcpu_json_to_int(value, &cell) || cell >= matrix->sets.values->len ||
            cell < -(gint64)matrix->refusals.values->len) {
            return FALSE;
        }
        row[i] = (gint)cell;
    }
    g_hash_table_replace(matrix->rows, g_strdup(machine), g_steal_pointer(&row));
    return TRUE;
}

static gboolean
read_rows(VirtCpuQemuMatrix *matrix, const VirtCpuJson *machines)
{
    if (virtcpu_json_kind(machines) != VIRTCPU_JSON_OBJECT) {
        return FALSE;
    }
    for (gsize i = 0; i < virtcpu_json_size(machines); i++) {
        if (!read_row(matrix, virtcpu_json_key_at(machines, i), virtcpu_json_at(machines, i))) {
            return FALSE;
        }
    }
    return TRUE;
}

VirtCpuQemuMatrix *
virtcpu_qemu_matrix_from_json(const GPtrArray *models, const VirtCpuJson *json, GError **error)
{
    g_autoptr(VirtCpuQemuMatrix) matrix = virtcpu_qemu_matrix_new(models);

    if (check_models(&matrix->models, virtcpu_json_get(json, "models")) &&
        read_strings(&matrix->pairs, virtcpu_json_get(json, "pairs")) &&
        check_pairs(&matrix->pairs) && read_sets(matrix, virtcpu_json_get(json, "sets")) &&
        read_strings(&matrix->refusals, virtcpu_json_get(json, "refusals")) &&
        read_rows(matrix, virtcpu_json_get(json, "machines"))) {
        return g_steal_pointer(&matrix);
    }
    virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                      _("this is no matrix of machine types and CPU models"));
    return NULL;
}
