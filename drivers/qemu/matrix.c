/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/cpu/cpu.h"
#include "drivers/qemu/matrix-priv.h"

#include <string.h>

/* ---- values kept once ---- */

static void
pool_init(VirtCpuPool *pool, GHashFunc hash, GEqualFunc equal, GDestroyNotify free_value)
{
    pool->values = g_ptr_array_new_with_free_func(free_value);
    pool->numbers = g_hash_table_new(hash, equal);
    pool->free_value = free_value;
}

static void
pool_clear(VirtCpuPool *pool)
{
    g_hash_table_unref(pool->numbers);
    g_ptr_array_unref(pool->values);
}

static gboolean
pool_find(const VirtCpuPool *pool, gconstpointer value, guint *number)
{
    gpointer found;

    if (!g_hash_table_lookup_extended(pool->numbers, value, NULL, &found)) {
        return FALSE;
    }
    *number = GPOINTER_TO_UINT(found);
    return TRUE;
}

guint
virtcpu_pool_add(VirtCpuPool *pool, gpointer value)
{
    guint number;

    if (pool_find(pool, value, &number)) {
        pool->free_value(value);
        return number;
    }
    number = pool->values->len;
    g_ptr_array_add(pool->values, value);
    g_hash_table_insert(pool->numbers, value, GUINT_TO_POINTER(number));
    return number;
}

/* ---- the matrix ---- */

VirtCpuQemuMatrix *
virtcpu_qemu_matrix_new(const GPtrArray *models)
{
    VirtCpuQemuMatrix *matrix = g_new0(VirtCpuQemuMatrix, 1);

    pool_init(&matrix->models, g_str_hash, g_str_equal, g_free);
    for (guint i = 0; i < models->len; i++) {
        const VirtCpuHvModel *model = g_ptr_array_index(models, i);

        virtcpu_pool_add(&matrix->models, g_strdup(model->name));
    }
    pool_init(&matrix->pairs, g_str_hash, g_str_equal, g_free);
    pool_init(&matrix->sets, g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref);
    pool_init(&matrix->refusals, g_str_hash, g_str_equal, g_free);
    matrix->rows = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return matrix;
}

void
virtcpu_qemu_matrix_free(VirtCpuQemuMatrix *matrix)
{
    if (matrix == NULL) {
        return;
    }
    pool_clear(&matrix->models);
    pool_clear(&matrix->pairs);
    pool_clear(&matrix->sets);
    pool_clear(&matrix->refusals);
    g_hash_table_unref(matrix->rows);
    g_free(matrix);
}

/* The text of a pair into @text; most values are bools, and there are very many. */
static void
format_pair(GString *text, const char *name, const VirtCpuJson *value)
{
    g_string_assign(text, name);
    if (virtcpu_json_kind(value) == VIRTCPU_JSON_BOOL) {
        g_string_append(text, virtcpu_json_is_true(value) ? "=true" : "=false");
    } else {
        g_autofree char *json = virtcpu_json_format(value, FALSE);

        g_string_append_printf(text, "=%s", json);
    }
}

static void
set_bit(GByteArray *bits, guint number)
{
    guint old = bits->len;

    if (number / 8 >= old) {
        g_byte_array_set_size(bits, number / 8 + 1);
        memset(bits->data + old, 0, bits->len - old);
    }
    bits->data[number / 8] |= (guint8)(1u << number % 8);
}

/* The number of the content @props. */
static guint
add_props(VirtCpuQemuMatrix *matrix, const VirtCpuJson *props)
{
    g_autoptr(GString) text = g_string_new(NULL);
    GByteArray *bits = g_byte_array_new();

    for (gsize i = 0; i < virtcpu_json_size(props); i++) {
        guint number;

        format_pair(text, virtcpu_json_key_at(props, i), virtcpu_json_at(props, i));
        if (!pool_find(&matrix->pairs, text->str, &number)) {
            number = virtcpu_pool_add(&matrix->pairs, g_strdup(text->str));
        }
        set_bit(bits, number);
    }
    return virtcpu_pool_add(&matrix->sets, g_byte_array_free_to_bytes(bits));
}

static gboolean
check_answers(const VirtCpuQemuMatrix *matrix, const VirtCpuJson *answers, GError **error)
{
    gboolean good = virtcpu_json_kind(answers) == VIRTCPU_JSON_ARRAY &&
                    virtcpu_json_size(answers) == matrix->models.values->len;

    for (gsize i = 0; good && i < virtcpu_json_size(answers); i++) {
        const VirtCpuJson *answer = virtcpu_json_at(answers, i);

        good = virtcpu_json_to_string(answer) != NULL ||
               virtcpu_json_kind(virtcpu_json_get(answer, "props")) == VIRTCPU_JSON_OBJECT;
    }
    if (!good) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("QEMU's answers about its CPU models are not one for each of %u"),
                          matrix->models.values->len);
    }
    return good;
}

gboolean
virtcpu_qemu_matrix_add(VirtCpuQemuMatrix *matrix, const char *machine, const VirtCpuJson *answers,
                        GError **error)
{
    gint *row;

    if (!check_answers(matrix, answers, error)) {
        return FALSE;
    }
    row = g_new(gint, matrix->models.values->len);
    for (gsize i = 0; i < virtcpu_json_size(answers); i++) {
        const VirtCpuJson *answer = virtcpu_json_at(answers, i);
        const char *refusal = virtcpu_json_to_string(answer);

        row[i] = refusal != NULL ? ~(gint)virtcpu_pool_add(&matrix->refusals, g_strdup(refusal))
                                 : (gint)add_props(matrix, virtcpu_json_get(answer, "props"));
    }
    g_hash_table_replace(matrix->rows, g_strdup(machine), row);
    return TRUE;
}

/* The row of @machine, made when missing. */
static gint *
get_row(VirtCpuQemuMatrix *matrix, const char *machine)
{
    gint *row = g_hash_table_lookup(matrix->rows, machine);

    if (row == NULL) {
        row = g_new(gint, matrix->models.values->len);
        for (guint i = 0; i < matrix->models.values->len; i++) {
            row[i] = VIRTCPU_QEMU_MATRIX_UNKNOWN;
        }
        g_hash_table_insert(matrix->rows, g_strdup(machine), row);
    }
    return row;
}

void
virtcpu_qemu_matrix_set(VirtCpuQemuMatrix *matrix, const char *machine, const char *model,
                        const VirtCpuJson *props, const char *refusal)
{
    guint column;

    if (pool_find(&matrix->models, model, &column)) {
        get_row(matrix, machine)[column] =
            props != NULL ? (gint)add_props(matrix, props)
                          : ~(gint)virtcpu_pool_add(&matrix->refusals, g_strdup(refusal));
    }
}

/* ---- looking things up ---- */

/* The cell, FALSE when there is none. */
static gboolean
find_cell(const VirtCpuQemuMatrix *matrix, const char *machine, const char *model, gint *cell)
{
    const gint *row = g_hash_table_lookup(matrix->rows, machine);
    guint column;

    if (row == NULL || !pool_find(&matrix->models, model, &column)) {
        return FALSE;
    }
    *cell = row[column];
    return *cell != VIRTCPU_QEMU_MATRIX_UNKNOWN;
}

gboolean
virtcpu_qemu_matrix_knows(const VirtCpuQemuMatrix *matrix, const char *machine, const char *model)
{
    gint cell;

    return find_cell(matrix, machine, model, &cell);
}

gboolean
virtcpu_qemu_matrix_has(const VirtCpuQemuMatrix *matrix, const char *machine)
{
    return g_hash_table_contains(matrix->rows, machine);
}

guint
virtcpu_qemu_matrix_size(const VirtCpuQemuMatrix *matrix)
{
    return g_hash_table_size(matrix->rows);
}

int
virtcpu_qemu_matrix_cell(const VirtCpuQemuMatrix *matrix, const char *machine, const char *model)
{
    gint cell;

    return find_cell(matrix, machine, model, &cell) && cell >= 0 ? cell : VIRTCPU_QEMU_MATRIX_NONE;
}

const char *
virtcpu_qemu_matrix_refusal(const VirtCpuQemuMatrix *matrix, const char *machine, const char *model)
{
    gint cell;

    return find_cell(matrix, machine, model, &cell) && cell < 0
               ? g_ptr_array_index(matrix->refusals.values, ~cell)
               : NULL;
}

guint
virtcpu_qemu_matrix_contents(const VirtCpuQemuMatrix *matrix)
{
    return matrix->sets.values->len;
}

static int
compare_texts(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The texts of the pairs in content number @content, sorted (transfer container). */
static GPtrArray *
list_pairs(const VirtCpuQemuMatrix *matrix, guint content)
{
    gsize length;
    const guint8 *bits = g_bytes_get_data(g_ptr_array_index(matrix->sets.values, content), &length);
    GPtrArray *texts = g_ptr_array_new();

    for (guint i = 0; i < length * 8; i++) {
        if (bits[i / 8] & 1u << i % 8) {
            g_ptr_array_add(texts, g_ptr_array_index(matrix->pairs.values, i));
        }
    }
    g_ptr_array_sort(texts, compare_texts);
    return texts;
}

/* Back from a pair's text; most are bools, for which a parser is much. */
static VirtCpuJson *
parse_value(const char *text)
{
    if (g_str_equal(text, "true") || g_str_equal(text, "false")) {
        return virtcpu_json_new_bool(*text == 't');
    }
    return virtcpu_json_parse(text, -1, NULL);
}

VirtCpuJson *
virtcpu_qemu_matrix_props(const VirtCpuQemuMatrix *matrix, guint content)
{
    g_autoptr(GPtrArray) texts = list_pairs(matrix, content);
    VirtCpuJson *props = virtcpu_json_new_object();

    for (guint i = 0; i < texts->len; i++) {
        const char *text = g_ptr_array_index(texts, i);
        const char *value = strchr(text, '=') + 1;
        g_autofree char *name = g_strndup(text, (gsize)(value - 1 - text));

        virtcpu_json_set(props, name, parse_value(value));
    }
    return props;
}

/* ---- taking over ---- */

static gboolean
has_same_models(const VirtCpuQemuMatrix *a, const VirtCpuQemuMatrix *b)
{
    const GPtrArray *x = a->models.values;
    const GPtrArray *y = b->models.values;
    gboolean same = x->len == y->len;

    for (guint i = 0; same && i < x->len; i++) {
        same = g_str_equal(g_ptr_array_index(x, i), g_ptr_array_index(y, i));
    }
    return same;
}

/* The number in @matrix of each of @from's strings (transfer full). */
static guint *
translate_strings(VirtCpuPool *pool, const VirtCpuPool *from)
{
    guint *numbers = g_new(guint, from->values->len);

    for (guint i = 0; i < from->values->len; i++) {
        numbers[i] = virtcpu_pool_add(pool, g_strdup(g_ptr_array_index(from->values, i)));
    }
    return numbers;
}

/* The number in @matrix of each of @from's contents, whose pairs have the numbers @pairs there
 * (transfer full). */
static guint *
translate_sets(VirtCpuQemuMatrix *matrix, const VirtCpuQemuMatrix *from, const guint *pairs)
{
    guint *numbers = g_new(guint, from->sets.values->len);

    for (guint i = 0; i < from->sets.values->len; i++) {
        GByteArray *bits = g_byte_array_new();
        gsize length;
        const guint8 *old = g_bytes_get_data(g_ptr_array_index(from->sets.values, i), &length);

        for (guint j = 0; j < length * 8; j++) {
            if (old[j / 8] & 1u << j % 8) {
                set_bit(bits, pairs[j]);
            }
        }
        numbers[i] = virtcpu_pool_add(&matrix->sets, g_byte_array_free_to_bytes(bits));
    }
    return numbers;
}

void
virtcpu_qemu_matrix_merge(VirtCpuQemuMatrix *matrix, const VirtCpuQemuMatrix *from)
{
    g_autofree guint *pairs = NULL;
    g_autofree guint *sets = NULL;
    g_autofree guint *refusals = NULL;
    GHashTableIter iter;
    gpointer machine, row;

    if (!has_same_models(matrix, from)) {
        return;
    }
    pairs = translate_strings(&matrix->pairs, &from->pairs);
    sets = translate_sets(matrix, from, pairs);
    refusals = translate_strings(&matrix->refusals, &from->refusals);
    g_hash_table_iter_init(&iter, from->rows);
    while (g_hash_table_iter_next(&iter, &machine, &row)) {
        const gint *old = row;
        gint *cells = get_row(matrix, machine);

        for (guint i = 0; i < matrix->models.values->len; i++) {
            if (cells[i] == VIRTCPU_QEMU_MATRIX_UNKNOWN && old[i] != VIRTCPU_QEMU_MATRIX_UNKNOWN) {
                cells[i] = old[i] < 0 ? ~(gint)refusals[~old[i]] : (gint)sets[old[i]];
            }
        }
    }
}
