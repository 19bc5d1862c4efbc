/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Baseline: what comes out, which models may be used, and what cannot be joined. */
#include "conf/error.h"
#include "drivers/cpu/cpu.h"

#include <string.h>

#define HOST(vendor, model, features)                                                              \
    "<cpu><arch>x86_64</arch><model>" model "</model>" vendor features "</cpu>"
#define INTEL "<vendor>Intel</vendor>"
#define AMD   "<vendor>AMD</vendor>"

static VirtCpuDef *
baseline(const char *xml, const VirtCpuBaselineOptions *options, GError **error)
{
    g_autoptr(GPtrArray) cpus = virtcpu_def_parse_all(xml, error);

    g_assert_nonnull(cpus);
    return virtcpu_cpu_baseline(VIRTCPU_ARCH_NONE, cpus, options, error);
}

static const struct {
    const char *name;
    const char *cpus;
    const char *xml;
} rows[] = {
    { "one", "<t>" HOST(INTEL, "Nehalem", "<feature name='vmx'/>") "</t>",
      "<cpu mode='custom' match='exact'>\n  <model fallback='forbid'>Nehalem</model>\n"
      "  <vendor>Intel</vendor>\n  <feature policy='require' name='vmx'/>\n</cpu>\n" },
    { "two", "<t>" HOST(INTEL, "Nehalem", "") HOST(INTEL, "Penryn", "") "</t>",
      "<cpu mode='custom' match='exact'>\n  <model fallback='allow'>Penryn</model>\n"
      "  <vendor>Intel</vendor>\n</cpu>\n" },
    { "no-vendor", "<t>" HOST("", "Nehalem", "") HOST(INTEL, "Nehalem", "") "</t>",
      "<cpu mode='custom' match='exact'>\n  <model fallback='forbid'>Nehalem</model>\n</cpu>\n" },
    { "guest-kind",
      "<t><cpu><model>Nehalem</model><feature policy='disable' name='popcnt'/></cpu>" HOST(
          "", "Nehalem", "") "</t>",
      "<cpu mode='custom' match='exact'>\n  <model fallback='forbid'>Nehalem</model>\n"
      "  <feature policy='disable' name='popcnt'/>\n</cpu>\n" },
};

static void
test_answer(gconstpointer data)
{
    const guint row = GPOINTER_TO_UINT(data);
    const VirtCpuBaselineOptions options = { 0 };
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDef) def = baseline(rows[row].cpus, &options, &error);
    g_autofree char *xml = NULL;

    g_assert_no_error(error);
    xml = virtcpu_def_to_xml(def);
    g_assert_cmpstr(xml, ==, rows[row].xml);
}

static const struct {
    const char *name;
    const char *cpus;
    VirtCpuErrorCode code;
    const char *word;
} bad_rows[] = {
    { "vendors", "<t>" HOST(INTEL, "Nehalem", "") HOST(AMD, "Opteron_G3", "") "</t>",
      VIRTCPU_ERR_OPERATION_FAILED, "CPU vendors do not match" },
    { "vendor-of-model", "<t>" HOST(INTEL, "Nehalem", "") HOST(INTEL, "EPYC", "") "</t>",
      VIRTCPU_ERR_OPERATION_FAILED, "CPU vendor AMD of model EPYC differs from vendor Intel" },
    { "vendor-unknown", "<t>" HOST("<vendor>Acme</vendor>", "486", "") "</t>",
      VIRTCPU_ERR_OPERATION_FAILED, "Unknown CPU vendor Acme" },
    { "archs", "<t>" HOST("", "486", "") "<cpu><arch>ppc64</arch><model>POWER8</model></cpu></t>",
      VIRTCPU_ERR_OPERATION_FAILED, "ppc64" },
    { "arch", "<t><cpu><arch>m68k</arch><model>m68030</model></cpu></t>", VIRTCPU_ERR_NO_SUPPORT,
      "m68k" },
    { "model", "<t>" HOST("", "486", "") HOST("", "Bogus", "") "</t>", VIRTCPU_ERR_INTERNAL_ERROR,
      "Unknown CPU model Bogus" },
    { "no-model", "<t>" HOST("", "486", "") "<cpu mode='host-passthrough'/></t>",
      VIRTCPU_ERR_INVALID_ARG, "index 1" },
};

static void
test_bad(gconstpointer data)
{
    const guint row = GPOINTER_TO_UINT(data);
    const VirtCpuBaselineOptions options = { 0 };
    g_autoptr(GError) error = NULL;

    g_assert_null(baseline(bad_rows[row].cpus, &options, &error));
    g_assert_error(error, VIRTCPU_ERROR, (int)bad_rows[row].code);
    g_assert_nonnull(strstr(error->message, bad_rows[row].word));
}

static void
test_none(void)
{
    g_autoptr(GPtrArray) cpus = g_ptr_array_new();
    const VirtCpuBaselineOptions options = { 0 };
    g_autoptr(GError) error = NULL;

    g_assert_null(virtcpu_cpu_baseline(VIRTCPU_ARCH_X86_64, cpus, &options, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INVALID_ARG);
}

static void
test_models(void)
{
    const char *const models[] = { "Conroe", "core2duo", NULL };
    const char *const unknown[] = { "no-such", NULL };
    VirtCpuBaselineOptions options = { .models = models };
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDef) def = baseline("<t>" HOST(INTEL, "Nehalem", "") "</t>", &options, &error);

    g_assert_no_error(error);
    g_assert_cmpstr(def->model, ==, "Conroe");
    g_assert_cmpint(def->fallback, ==, VIRTCPU_FALLBACK_ALLOW);
    g_assert_nonnull(virtcpu_def_find_feature(def, "sse4.2"));
    options.models = unknown;
    g_assert_null(baseline("<t>" HOST(INTEL, "Nehalem", "") "</t>", &options, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INTERNAL_ERROR);
}

/* A hypervisor that gives less than the hosts have is the limit. */
static void
test_hypervisor(void)
{
    g_autoptr(VirtCpuData) given = virtcpu_cpu_data_new(VIRTCPU_ARCH_X86_64, NULL);
    VirtCpuBaselineOptions options = { .hv_features = given };
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDef) def = NULL;

    g_assert_null(baseline("<t>" HOST("", "486", "") "</t>", &options, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_OPERATION_FAILED);
    g_assert_cmpstr(error->message, ==, "CPUs are incompatible");
    g_clear_error(&error);
    virtcpu_cpu_data_add_feature(given, "fpu");
    virtcpu_cpu_data_add_feature(given, "vme");
    def = baseline("<t>" HOST("", "486", "") "</t>", &options, &error);
    g_assert_no_error(error);
    g_assert_cmpint(virtcpu_def_find_feature(def, "pse")->policy, ==, VIRTCPU_POLICY_DISABLE);
}

static void
test_migratable(void)
{
    VirtCpuBaselineOptions options = { .migratable = TRUE, .expand_features = TRUE };
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDef) def =
        baseline("<t>" HOST("", "Nehalem", "<feature name='invtsc'/><feature name='vmx'/>") "</t>",
                 &options, &error);

    g_assert_no_error(error);
    g_assert_null(virtcpu_def_find_feature(def, "invtsc"));
    g_assert_nonnull(virtcpu_def_find_feature(def, "vmx"));
    g_assert_nonnull(virtcpu_def_find_feature(def, "sse4.2"));
}

/* libvirt's QEMU driver names no feature that QEMU could not be asked for. */
static void
test_for_qemu(void)
{
    VirtCpuBaselineOptions options = { 0 };
    static const char xml[] =
        "<t>" HOST("", "Nehalem", "<feature name='ospke'/><feature name='vmx'/>") "</t>";
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDef) all = baseline(xml, &options, &error);
    g_autoptr(VirtCpuDef) some = NULL;

    options.for_qemu = TRUE;
    some = baseline(xml, &options, &error);
    g_assert_no_error(error);
    g_assert_nonnull(virtcpu_def_find_feature(all, "ospke"));
    g_assert_null(virtcpu_def_find_feature(some, "ospke"));
    g_assert_nonnull(virtcpu_def_find_feature(some, "vmx"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/cpu/baseline/answer/%s", rows[i].name);

        g_test_add_data_func(path, GUINT_TO_POINTER(i), test_answer);
    }
    for (guint i = 0; i < G_N_ELEMENTS(bad_rows); i++) {
        g_autofree char *path = g_strdup_printf("/cpu/baseline/bad/%s", bad_rows[i].name);

        g_test_add_data_func(path, GUINT_TO_POINTER(i), test_bad);
    }
    g_test_add_func("/cpu/baseline/bad/none", test_none);
    g_test_add_func("/cpu/baseline/models", test_models);
    g_test_add_func("/cpu/baseline/hypervisor", test_hypervisor);
    g_test_add_func("/cpu/baseline/migratable", test_migratable);
    g_test_add_func("/cpu/baseline/for-qemu", test_for_qemu);
    return g_test_run();
}
