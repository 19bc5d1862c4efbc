/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Machine types and models: equal contents are one, and a file that lies is not believed. */
#include "conf/error.h"
#include "drivers/cpu/cpu.h"
#include "drivers/qemu/matrix.h"

#define DEFINITIONS "[{\"name\": \"old\"}, {\"name\": \"new\"}, {\"name\": \"odd\"}]"

static GPtrArray *
models_of(const char *definitions)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuJson) json = virtcpu_json_parse(definitions, -1, &error);
    GPtrArray *models = virtcpu_hv_models_from_json(json, &error);

    g_assert_no_error(error);
    return models;
}

static void
add(VirtCpuQemuMatrix *matrix, const char *machine, const char *answers)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuJson) json = virtcpu_json_parse(answers, -1, &error);

    g_assert_no_error(error);
    g_assert_true(virtcpu_qemu_matrix_add(matrix, machine, json, &error));
    g_assert_no_error(error);
}

/* pc-2 differs from pc-1 in one property of one model; the order of properties means nothing */
static VirtCpuQemuMatrix *
make_matrix(void)
{
    g_autoptr(GPtrArray) models = models_of(DEFINITIONS);
    VirtCpuQemuMatrix *matrix = virtcpu_qemu_matrix_new(models);

    add(matrix, "pc-1",
        "[{\"name\": \"old\", \"props\": {\"aes\": true, \"level\": 4, \"id\": \"a=b\"}},"
        " {\"name\": \"new\", \"props\": {\"aes\": false, \"level\": 5}}, \"too odd\"]");
    add(matrix, "pc-2",
        "[{\"name\": \"old\", \"props\": {\"id\": \"a=b\", \"level\": 4, \"aes\": true}},"
        " {\"name\": \"new\", \"props\": {\"aes\": false, \"level\": 6}}, \"too odd\"]");
    return matrix;
}

static void
check_content(const VirtCpuQemuMatrix *matrix, const char *machine, const char *model,
              const char *expected)
{
    int cell = virtcpu_qemu_matrix_cell(matrix, machine, model);
    g_autoptr(VirtCpuJson) props = NULL;
    g_autofree char *text = NULL;

    g_assert_cmpint(cell, >=, 0);
    props = virtcpu_qemu_matrix_props(matrix, (guint)cell);
    text = virtcpu_json_format(props, FALSE);
    g_assert_cmpstr(text, ==, expected);
}

static void
check_matrix(const VirtCpuQemuMatrix *matrix)
{
    g_assert_cmpuint(virtcpu_qemu_matrix_size(matrix), ==, 2);
    g_assert_cmpuint(virtcpu_qemu_matrix_contents(matrix), ==, 3);
    g_assert_cmpint(virtcpu_qemu_matrix_cell(matrix, "pc-1", "old"), ==,
                    virtcpu_qemu_matrix_cell(matrix, "pc-2", "old"));
    check_content(matrix, "pc-2", "old", "{\"aes\":true,\"id\":\"a=b\",\"level\":4}");
    check_content(matrix, "pc-1", "new", "{\"aes\":false,\"level\":5}");
    check_content(matrix, "pc-2", "new", "{\"aes\":false,\"level\":6}");
    g_assert_cmpint(virtcpu_qemu_matrix_cell(matrix, "pc-1", "odd"), ==, VIRTCPU_QEMU_MATRIX_NONE);
    g_assert_cmpstr(virtcpu_qemu_matrix_refusal(matrix, "pc-1", "odd"), ==, "too odd");
    g_assert_null(virtcpu_qemu_matrix_refusal(matrix, "pc-1", "old"));
    g_assert_cmpint(virtcpu_qemu_matrix_cell(matrix, "pc-3", "old"), ==, VIRTCPU_QEMU_MATRIX_NONE);
    g_assert_cmpint(virtcpu_qemu_matrix_cell(matrix, "pc-1", "none"), ==, VIRTCPU_QEMU_MATRIX_NONE);
}

static void
test_fold(void)
{
    g_autoptr(VirtCpuQemuMatrix) matrix = make_matrix();

    check_matrix(matrix);
}

static void
test_answers(void)
{
    static const char *const bad[] = {
        "{}",
        "[]",
        "[\"a\", \"b\", 3]",
        "[\"a\", {\"name\": \"new\"}, \"c\"]",
        "[{\"props\": []}, \"b\", \"c\"]",
        "[\"a\", \"b\", \"c\", \"d\"]",
    };
    g_autoptr(VirtCpuQemuMatrix) matrix = make_matrix();

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(VirtCpuJson) json = virtcpu_json_parse(bad[i], -1, NULL);

        g_assert_false(virtcpu_qemu_matrix_add(matrix, "pc-3", json, &error));
        g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INTERNAL_ERROR);
    }
    check_matrix(matrix);
}

/* A matrix that is filled cell by cell, kept in between, and filled on. */
static void
test_cells(void)
{
    g_autoptr(GPtrArray) models = models_of(DEFINITIONS);
    g_autoptr(VirtCpuQemuMatrix) matrix = virtcpu_qemu_matrix_new(models);
    g_autoptr(VirtCpuQemuMatrix) other = virtcpu_qemu_matrix_new(models);
    g_autoptr(VirtCpuQemuMatrix) back = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuJson) props = virtcpu_json_parse("{\"0x1.0.eax\": \"0x1\"}", -1, &error);
    g_autoptr(VirtCpuJson) json = NULL;

    virtcpu_qemu_matrix_set(matrix, "pc-1", "new", props, NULL);
    virtcpu_qemu_matrix_set(matrix, "pc-1", "odd", NULL, "it died");
    virtcpu_qemu_matrix_set(matrix, "pc-1", "unheard of", props, NULL);
    g_assert_false(virtcpu_qemu_matrix_knows(matrix, "pc-1", "old"));
    g_assert_false(virtcpu_qemu_matrix_knows(matrix, "pc-2", "new"));
    g_assert_true(virtcpu_qemu_matrix_knows(matrix, "pc-1", "odd"));
    g_assert_cmpint(virtcpu_qemu_matrix_cell(matrix, "pc-1", "old"), ==, VIRTCPU_QEMU_MATRIX_NONE);
    g_assert_null(virtcpu_qemu_matrix_refusal(matrix, "pc-1", "old"));

    json = virtcpu_qemu_matrix_to_json(matrix);
    back = virtcpu_qemu_matrix_from_json(models, json, &error);
    g_assert_no_error(error);
    virtcpu_qemu_matrix_set(other, "pc-1", "old", NULL, "refused");
    virtcpu_qemu_matrix_set(other, "pc-1", "odd", NULL, "not taken over");
    virtcpu_qemu_matrix_merge(back, other);
    g_assert_cmpstr(virtcpu_qemu_matrix_refusal(back, "pc-1", "old"), ==, "refused");
    g_assert_cmpstr(virtcpu_qemu_matrix_refusal(back, "pc-1", "odd"), ==, "it died");
    check_content(back, "pc-1", "new", "{\"0x1.0.eax\":\"0x1\"}");
}

static void
test_merge(void)
{
    g_autoptr(GPtrArray) models = models_of(DEFINITIONS);
    g_autoptr(GPtrArray) others = models_of("[{\"name\": \"old\"}]");
    g_autoptr(VirtCpuQemuMatrix) from = make_matrix();
    g_autoptr(VirtCpuQemuMatrix) matrix = virtcpu_qemu_matrix_new(models);
    g_autoptr(VirtCpuQemuMatrix) other = virtcpu_qemu_matrix_new(others);

    add(matrix, "pc-2",
        "[{\"props\": {\"level\": 4, \"id\": \"a=b\", \"aes\": true}},"
        " {\"props\": {\"level\": 6, \"aes\": false}}, \"too odd\"]");
    virtcpu_qemu_matrix_merge(matrix, from);
    check_matrix(matrix);
    virtcpu_qemu_matrix_merge(other, from);
    g_assert_cmpuint(virtcpu_qemu_matrix_size(other), ==, 0);
}

static void
test_json(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) models = models_of(DEFINITIONS);
    g_autoptr(VirtCpuQemuMatrix) matrix = make_matrix();
    g_autoptr(VirtCpuJson) json = virtcpu_qemu_matrix_to_json(matrix);
    g_autoptr(VirtCpuQemuMatrix) again = virtcpu_qemu_matrix_from_json(models, json, &error);

    g_assert_no_error(error);
    check_matrix(again);
}

/* A good document with one member replaced. */
typedef struct {
    const char *label, *member, *value;
} LieRow;

static const LieRow lies[] = {
    { "other-models", "models", "[\"old\", \"new\", \"odder\"]" },
    { "fewer-models", "models", "[\"old\", \"new\"]" },
    { "no-models", "models", "null" },
    { "pair-number", "pairs", "[1, 2, 3, 4, 5, 6]" },
    { "pair-without-value", "pairs", "[\"a=1\", \"b=1\", \"c=1\", \"d=1\", \"e=1\", \"f\"]" },
    { "pair-of-no-json", "pairs", "[\"a=1\", \"b=1\", \"c=1\", \"d=1\", \"e=1\", \"f=no\"]" },
    { "pair-twice", "pairs", "[\"a=1\", \"b=1\", \"c=1\", \"d=1\", \"e=1\", \"a=1\"]" },
    { "set-of-too-much", "sets", "[\"07\", \"18\", \"40\"]" },
    { "set-too-long", "sets", "[\"07\", \"18\", \"2801\"]" },
    { "set-cut", "sets", "[\"07\", \"18\", \"2\"]" },
    { "set-no-hex", "sets", "[\"0g\", \"18\", \"28\"]" },
    { "set-twice", "sets", "[\"07\", \"07\", \"28\"]" },
    { "refusal-number", "refusals", "[1]" },
    { "cell-too-high", "machines", "{\"pc\": [0, 3, 1]}" },
    { "cell-too-low", "machines", "{\"pc\": [0, 1, -2]}" },
    { "cell-no-number", "machines", "{\"pc\": [0, 1, \"2\"]}" },
    { "row-cut", "machines", "{\"pc\": [0, 1]}" },
    { "rows-of-no-object", "machines", "[[0, 1, 2]]" },
};

static void
test_lie(gconstpointer data)
{
    const LieRow *row = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) models = models_of(DEFINITIONS);
    g_autoptr(VirtCpuQemuMatrix) matrix = make_matrix();
    g_autoptr(VirtCpuJson) json = virtcpu_qemu_matrix_to_json(matrix);

    virtcpu_json_set(json, row->member, virtcpu_json_parse(row->value, -1, NULL));
    g_assert_null(virtcpu_qemu_matrix_from_json(models, json, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INTERNAL_ERROR);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/matrix/fold", test_fold);
    g_test_add_func("/matrix/answers", test_answers);
    g_test_add_func("/matrix/cells", test_cells);
    g_test_add_func("/matrix/merge", test_merge);
    g_test_add_func("/matrix/json", test_json);
    for (gsize i = 0; i < G_N_ELEMENTS(lies); i++) {
        g_autofree char *path = g_strdup_printf("/matrix/lie/%s", lies[i].label);

        g_test_add_data_func(path, &lies[i], test_lie);
    }
    return g_test_run();
}
