/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decode: which model is chosen and why. */
#include "conf/error.h"
#include "drivers/cpu/cpu.h"

#include <string.h>

/* Data of @model with features added or, with '-', not added. */
static VirtCpuData *
make_data(const char *model, const char *vendor, const char *changes)
{
    g_autofree const char **names = virtcpu_cpu_model_features(VIRTCPU_ARCH_X86_64, model);
    g_auto(GStrv) words = g_strsplit(changes, " ", -1);
    VirtCpuData *data = virtcpu_cpu_data_new(VIRTCPU_ARCH_X86_64, NULL);

    for (gsize i = 0; names[i] != NULL; i++) {
        g_autofree char *minus = g_strconcat("-", names[i], NULL);

        if (!g_strv_contains((const char *const *)words, minus)) {
            virtcpu_cpu_data_add_feature(data, names[i]);
        }
    }
    for (gsize i = 0; words[i] != NULL && words[i][0] != '\0'; i++) {
        g_assert_true(words[i][0] == '-' || virtcpu_cpu_data_add_feature(data, words[i]));
    }
    if (vendor != NULL) {
        g_assert_true(virtcpu_cpu_data_set_vendor(data, vendor));
    }
    return data;
}

static VirtCpuDef *
decode(const VirtCpuData *data, const VirtCpuDecodeOptions *options)
{
    g_autoptr(GError) error = NULL;
    VirtCpuDef *def = virtcpu_cpu_decode(data, options, &error);

    g_assert_no_error(error);
    return def;
}

static void
test_shortest(void)
{
    const VirtCpuDecodeOptions host = { .type = VIRTCPU_DEF_HOST };
    const VirtCpuDecodeOptions guest = { .type = VIRTCPU_DEF_GUEST };
    g_autoptr(VirtCpuData) data = make_data("Westmere", "Intel", "vmx");
    g_autoptr(VirtCpuDef) a = decode(data, &host);
    g_autoptr(VirtCpuDef) b = decode(data, &guest);

    g_assert_cmpstr(a->model, ==, "Westmere-v1");
    g_assert_cmpint(a->arch, ==, VIRTCPU_ARCH_X86_64);
    g_assert_false(a->has_signature);
    g_assert_cmpstr(b->model, ==, "Westmere");
    g_assert_cmpint(b->fallback, ==, VIRTCPU_FALLBACK_FORBID);
    g_assert_cmpuint(b->features->len, ==, 1);
}

/* The family's model is taken though another gives a shorter list. */
static void
test_signature(void)
{
    const VirtCpuDecodeOptions options = { .type = VIRTCPU_DEF_GUEST };
    g_autoptr(VirtCpuData) data = make_data("Westmere", "Intel", "-aes");
    g_autoptr(VirtCpuDef) without = decode(data, &options);
    g_autoptr(VirtCpuDef) with = NULL;

    g_assert_cmpstr(without->model, ==, "Nehalem");
    virtcpu_cpu_data_set_signature(data, 6, 44, 2);
    with = decode(data, &options);
    g_assert_cmpstr(with->model, ==, "Westmere");
    g_assert_cmpint(virtcpu_def_find_feature(with, "aes")->policy, ==, VIRTCPU_POLICY_DISABLE);
}

/* One family and model number, three products by stepping. */
static void
test_stepping(void)
{
    static const struct {
        unsigned stepping;
        const char *model;
    } rows[] = {
        { 4, "Skylake-Server-IBRS" },
        { 7, "Cascadelake-Server" },
        { 11, "Cooperlake" },
    };
    const VirtCpuDecodeOptions options = { .type = VIRTCPU_DEF_GUEST };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(VirtCpuData) data = make_data("Skylake-Server-IBRS", "Intel", "");
        g_autoptr(VirtCpuDef) def = NULL;

        virtcpu_cpu_data_set_signature(data, 6, 85, rows[i].stepping);
        def = decode(data, &options);
        g_assert_cmpstr(def->model, ==, rows[i].model);
    }
}

static void
test_vendor(void)
{
    const VirtCpuDecodeOptions options = { .type = VIRTCPU_DEF_GUEST };
    g_autoptr(VirtCpuData) data = make_data("Westmere", "AMD", "");
    g_autoptr(VirtCpuDef) def = decode(data, &options);

    g_assert_cmpstr(virtcpu_cpu_model_vendor(VIRTCPU_ARCH_X86_64, def->model), !=, "Intel");
}

/* Haswell whose TSX is broken says it has it; nobody may rely on it. */
static void
test_tsx(void)
{
    const VirtCpuDecodeOptions options = { .type = VIRTCPU_DEF_GUEST };
    g_autoptr(VirtCpuData) data = make_data("Haswell", "Intel", "");
    g_autoptr(VirtCpuDef) broken = NULL;
    g_autoptr(VirtCpuDef) sound = NULL;

    virtcpu_cpu_data_set_signature(data, 6, 63, 3);
    broken = decode(data, &options);
    g_assert_cmpstr(broken->model, ==, "Haswell-noTSX");
    virtcpu_cpu_data_set_signature(data, 6, 63, 4);
    sound = decode(data, &options);
    g_assert_cmpstr(sound->model, ==, "Haswell");
}

static VirtCpuHvModel *
hv_model(const char *name, const char *blocker)
{
    VirtCpuHvModel *model = g_new0(VirtCpuHvModel, 1);

    model->name = g_strdup(name);
    if (blocker != NULL) {
        model->blockers = g_new0(char *, 2);
        model->blockers[0] = g_ref_string_new_intern(blocker);
    }
    return model;
}

/* Only what QEMU has; what blocks its model is disabled, though the map's model lacks it. */
static void
test_hv_models(void)
{
    g_autoptr(GPtrArray) models =
        g_ptr_array_new_with_free_func((GDestroyNotify)virtcpu_hv_model_free);
    VirtCpuDecodeOptions options = { .type = VIRTCPU_DEF_GUEST, .hv_models = models };
    const char *const none[] = { "Westmere", NULL };
    g_autoptr(VirtCpuData) data = make_data("Westmere", "Intel", "");
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDef) def = NULL;

    g_ptr_array_add(models, hv_model("Nehalem", "rdtscp"));
    g_ptr_array_add(models, hv_model("max", NULL));
    def = decode(data, &options);
    g_assert_cmpstr(def->model, ==, "Nehalem");
    g_assert_cmpint(virtcpu_def_find_feature(def, "aes")->policy, ==, VIRTCPU_POLICY_REQUIRE);
    g_assert_cmpint(virtcpu_def_find_feature(def, "rdtscp")->policy, ==, VIRTCPU_POLICY_DISABLE);
    options.models = none;
    g_assert_null(virtcpu_cpu_decode(data, &options, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INTERNAL_ERROR);
    g_assert_cmpstr(error->message, ==, "Cannot find suitable CPU model for given data");
}

static void
test_preferred(void)
{
    const char *const others[] = { "Nehalem", NULL };
    VirtCpuDecodeOptions options = { .type = VIRTCPU_DEF_GUEST, .preferred = "Penryn" };
    g_autoptr(VirtCpuData) data = make_data("Westmere", "Intel", "");
    g_autoptr(VirtCpuDef) def = decode(data, &options);
    g_autoptr(GError) error = NULL;

    g_assert_cmpstr(def->model, ==, "Penryn");
    options.models = others;
    g_assert_null(virtcpu_cpu_decode(data, &options, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_CONFIG_UNSUPPORTED);
    g_assert_nonnull(strstr(error->message, "Penryn"));
}

static void
test_migratable(void)
{
    VirtCpuDecodeOptions options = { .type = VIRTCPU_DEF_GUEST };
    g_autoptr(VirtCpuData) data = make_data("Westmere", "Intel", "invtsc vmx");
    g_autoptr(VirtCpuDef) all = decode(data, &options);
    g_autoptr(VirtCpuDef) some = NULL;

    options.migratable = TRUE;
    some = decode(data, &options);
    g_assert_nonnull(virtcpu_def_find_feature(all, "invtsc"));
    g_assert_null(virtcpu_def_find_feature(some, "invtsc"));
    g_assert_nonnull(virtcpu_def_find_feature(some, "vmx"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cpu/decode/shortest", test_shortest);
    g_test_add_func("/cpu/decode/signature", test_signature);
    g_test_add_func("/cpu/decode/stepping", test_stepping);
    g_test_add_func("/cpu/decode/vendor", test_vendor);
    g_test_add_func("/cpu/decode/tsx", test_tsx);
    g_test_add_func("/cpu/decode/hv-models", test_hv_models);
    g_test_add_func("/cpu/decode/preferred", test_preferred);
    g_test_add_func("/cpu/decode/migratable", test_migratable);
    return g_test_run();
}
