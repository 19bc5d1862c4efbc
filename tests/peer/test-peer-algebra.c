/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirt's own cases of compare, update, baseline, has-feature and translate. */
#include "conf/error.h"
#include "drivers/cpu/cpu.h"
#include "tests/peer/peer.h"

#include <string.h>

#define FOLDER "compare-baseline"

/* Model lists of the table's head. */
static const struct {
    const char *name;
    const char *models[4];
} model_lists[] = {
    { "haswell", { "SandyBridge", "Haswell" } },        { "model486", { "486" } },
    { "models", { "qemu64", "core2duo", "Nehalem" } },  { "nomodel", { "nomodel" } },
    { "ppc_models", { "POWER6", "POWER7", "POWER8" } },
};

static char *
read_case(const char *arch, const char *name)
{
    g_autofree char *file = g_strdup_printf(FOLDER "/%s-%s.xml", arch, name);

    return peer_read_xml(file);
}

static VirtCpuDef *
read_def(const char *arch, const char *name)
{
    g_autofree char *xml = read_case(arch, name);
    g_autoptr(GError) error = NULL;
    VirtCpuDef *def = virtcpu_def_parse(xml, VIRTCPU_DEF_AUTO, &error);

    g_assert_no_error(error);
    return def;
}

static VirtCpuArch
arch_of(char *const *row)
{
    return virtcpu_arch_from_string(row[1]);
}

/* libvirt since 10.1 writes clusters='1' where nobody asked for clusters; we, like older ones, do
 * not: their schema has no such attribute. */
static void
assert_answer(const VirtCpuDef *def, const char *arch, const char *name)
{
    g_autofree char *expected = read_case(arch, name);
    g_auto(GStrv) parts = g_strsplit(expected, " clusters='1'", -1);
    g_autofree char *without_clusters = g_strjoinv("", parts);
    g_autofree char *xml = virtcpu_def_to_xml(def);

    g_assert_cmpstr(xml, ==, without_clusters);
}

static VirtCpuCompareResult
result_of(const char *word)
{
    static const char *const words[] = { "incompatible", "identical", "superset" };

    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        if (g_str_equal(words[i], word)) {
            return (VirtCpuCompareResult)i;
        }
    }
    return VIRTCPU_COMPARE_ERROR;
}

static void
assert_compared(const char *arch, const char *host_name, const char *cpu_name, const char *word)
{
    g_autoptr(VirtCpuDef) host = read_def(arch, host_name);
    g_autoptr(VirtCpuDef) cpu = read_def(arch, cpu_name);
    VirtCpuCompareResult expected = result_of(word);
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) strict = NULL;

    g_assert_cmpint(virtcpu_cpu_compare_defs(host, cpu, FALSE, &error), ==, expected);
    g_assert_true((error != NULL) == (expected == VIRTCPU_COMPARE_ERROR));
    if (expected == VIRTCPU_COMPARE_INCOMPATIBLE) {
        g_assert_cmpint(virtcpu_cpu_compare_defs(host, cpu, TRUE, &strict), ==,
                        VIRTCPU_COMPARE_ERROR);
        g_assert_error(strict, VIRTCPU_ERROR, VIRTCPU_ERR_CPU_INCOMPATIBLE);
    }
}

static void
test_compare(gconstpointer data)
{
    char *const *row = data;

    assert_compared(row[1], row[2], row[3], row[4]);
}

static void
test_update(gconstpointer data)
{
    char *const *row = data;
    g_autofree char *answer = g_strdup_printf("%s+%s", row[2], row[3]);
    g_autoptr(VirtCpuDef) host = read_def(row[1], row[2]);
    g_autoptr(VirtCpuDef) guest = read_def(row[1], row[3]);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDef) updated = virtcpu_cpu_update(arch_of(row), guest, host, &error);

    g_assert_no_error(error);
    assert_answer(updated, row[1], answer);
    if (row[4] != NULL) {
        assert_compared(row[1], row[2], answer, row[4]);
    }
}

static void
test_baseline(gconstpointer data)
{
    char *const *row = data;
    gboolean expand = strstr(row[3], "expand_features") != NULL;
    gboolean migratable = strstr(row[3], "migratable") != NULL;
    const VirtCpuBaselineOptions options = { .expand_features = expand, .migratable = migratable };
    g_autofree char *name = g_strdup_printf("baseline-%s", row[2]);
    g_autofree char *answer = g_strdup_printf("%s-%s", name,
                                              expand       ? "expanded"
                                              : migratable ? "migratable"
                                                           : "result");
    g_autofree char *xml = read_case(row[1], name);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) cpus = virtcpu_def_parse_all(xml, &error);
    g_autoptr(VirtCpuDef) def = NULL;

    g_assert_no_error(error);
    def = virtcpu_cpu_baseline(VIRTCPU_ARCH_NONE, cpus, &options, &error);
    if (g_str_equal(row[4], "0")) {
        g_assert_no_error(error);
        assert_answer(def, row[1], answer);
    } else {
        g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_OPERATION_FAILED);
    }
}

static void
test_has_feature(gconstpointer data)
{
    char *const *row = data;
    g_autoptr(VirtCpuDef) host = read_def(row[1], row[2]);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpu) cpu = virtcpu_cpu_new(arch_of(row), host, &error);
    gboolean has = FALSE;

    g_assert_no_error(error);
    if (g_str_equal(row[4], "FAIL")) {
        g_assert_false(virtcpu_cpu_has_feature(cpu, row[3], &has, &error));
        g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INTERNAL_ERROR);
    } else {
        g_assert_true(virtcpu_cpu_has_feature(cpu, row[3], &has, &error));
        g_assert_true(has == g_str_equal(row[4], "YES"));
    }
}

static GPtrArray *
make_models(const char *list)
{
    GPtrArray *models = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(model_lists); i++) {
        if (!g_str_equal(model_lists[i].name, list)) {
            continue;
        }
        models = g_ptr_array_new_with_free_func((GDestroyNotify)virtcpu_hv_model_free);
        for (const char *const *name = model_lists[i].models; *name != NULL; name++) {
            VirtCpuHvModel *model = g_new0(VirtCpuHvModel, 1);

            model->name = g_strdup(*name);
            g_ptr_array_add(models, model);
        }
    }
    return models;
}

/* What a guest of the definition gets; a host that cannot run it, or a model that cannot be had,
 * gives NULL. */
static VirtCpuDef *
make_guest_cpu(char *const *row, const GPtrArray *models, GError **error)
{
    g_autoptr(VirtCpuDef) host = read_def(row[1], row[2]);
    g_autoptr(VirtCpuDef) guest = read_def(row[1], row[3]);
    g_autoptr(VirtCpuDef) updated = NULL;

    if (virtcpu_cpu_compare_defs(host, guest, TRUE, error) == VIRTCPU_COMPARE_ERROR) {
        return NULL;
    }
    updated = virtcpu_cpu_update(arch_of(row), guest, host, error);
    return updated != NULL ? virtcpu_cpu_translate(arch_of(row), updated, models, error) : NULL;
}

static void
test_guest_cpu(gconstpointer data)
{
    char *const *row = data;
    g_autoptr(GPtrArray) models = make_models(row[4]);
    g_autofree char *answer =
        g_strdup_printf("%s+%s%s%s-result", row[2], row[3], models != NULL ? "," : "",
                        models != NULL ? row[4] : "");
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDef) guest = make_guest_cpu(row, models, &error);

    if (g_str_equal(row[5], "0")) {
        g_assert_no_error(error);
        assert_answer(guest, row[1], answer);
    } else {
        g_assert_null(guest);
        g_assert_nonnull(error);
    }
}

static void
test_validate_features(gconstpointer data)
{
    char *const *row = data;
    g_autoptr(VirtCpuDef) guest = read_def(row[1], row[2]);
    g_autoptr(GError) error = NULL;
    gboolean valid = virtcpu_cpu_validate_features(arch_of(row), guest, &error);

    g_assert_true(valid == g_str_equal(row[3], "0"));
    g_assert_true(valid == (error == NULL));
}

static const struct {
    const char *name;
    GTestDataFunc function;
} operations[] = {
    { "baseline", test_baseline },
    { "compare", test_compare },
    { "guestcpu", test_guest_cpu },
    { "hasfeature", test_has_feature },
    { "update", test_update },
    { "update_only", test_update },
    { "validatefeatures", test_validate_features },
};

static void
add_row(char **row)
{
    g_autofree char *words = g_strjoinv("/", row + 2);
    g_autofree char *path = g_strdup_printf("/peer/algebra/%s/%s/%s", row[0], row[1], words);

    for (gsize i = 0; i < G_N_ELEMENTS(operations); i++) {
        if (g_str_equal(operations[i].name, row[0])) {
            g_test_add_data_func(path, row, operations[i].function);
            return;
        }
    }
    g_error("unknown operation %s", row[0]);
}

static void
test_absent(void)
{
    g_test_skip("no peer data: set VIRTCPU_TEST_SHARED");
}

int
main(int argc, char **argv)
{
    g_autoptr(GPtrArray) rows = NULL;

    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions();
    rows = peer_read_table(FOLDER "/cases.tsv", FALSE);
    if (rows == NULL) {
        g_test_add_func("/peer/algebra", test_absent);
    }
    for (guint i = 0; rows != NULL && i < rows->len; i++) {
        add_row(g_ptr_array_index(rows, i));
    }
    return g_test_run();
}
