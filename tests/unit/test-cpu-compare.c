/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compare: verdicts, their reasons word for word, and errors. */
#include "conf/error.h"
#include "drivers/cpu/cpu.h"

#define HOST                                                                                       \
    "<cpu><arch>x86_64</arch><model>Penryn</model><vendor>Intel</vendor>"                          \
    "<feature name='vmx'/><feature name='dca'/></cpu>"
#define GUEST(attributes, body) "<cpu " attributes "><model>Penryn</model>" body "</cpu>"

static VirtCpuDef *
parse(const char *xml)
{
    g_autoptr(GError) error = NULL;
    VirtCpuDef *def = virtcpu_def_parse(xml, VIRTCPU_DEF_AUTO, &error);

    g_assert_no_error(error);
    return def;
}

static const struct {
    const char *name;
    const char *cpu;
    VirtCpuCompareResult result;
    const char *reason; /* NULL: none */
} rows[] = {
    { "itself", HOST, VIRTCPU_COMPARE_IDENTICAL, NULL },
    { "model-alone", GUEST("", ""), VIRTCPU_COMPARE_SUPERSET, NULL },
    { "i686", "<cpu><arch>i686</arch><model>Conroe</model></cpu>", VIRTCPU_COMPARE_SUPERSET, NULL },
    { "arch", "<cpu><arch>s390x</arch><model>z14</model></cpu>", VIRTCPU_COMPARE_INCOMPATIBLE,
      "CPU arch s390x does not match host arch" },
    { "vendor", GUEST("", "<vendor>AMD</vendor>"), VIRTCPU_COMPARE_INCOMPATIBLE,
      "host CPU vendor does not match required CPU vendor AMD" },
    { "vendor-unknown", GUEST("", "<vendor>Acme</vendor>"), VIRTCPU_COMPARE_INCOMPATIBLE,
      "host CPU vendor does not match required CPU vendor Acme" },
    { "missing", GUEST("", "<feature policy='require' name='avx'/><feature name='aes'/>"),
      VIRTCPU_COMPARE_INCOMPATIBLE, "Host CPU does not provide required features: aes, avx" },
    { "forbidden", GUEST("", "<feature policy='forbid' name='vmx'/>"), VIRTCPU_COMPARE_INCOMPATIBLE,
      "Host CPU provides forbidden features: vmx" },
    { "forbidden-absent", GUEST("", "<feature policy='forbid' name='avx'/>"),
      VIRTCPU_COMPARE_SUPERSET, NULL },
    { "forced", GUEST("", "<feature policy='force' name='avx'/>"), VIRTCPU_COMPARE_SUPERSET, NULL },
    { "optional", GUEST("", "<feature policy='optional' name='avx'/>"), VIRTCPU_COMPARE_SUPERSET,
      NULL },
    { "passthrough", "<cpu mode='host-passthrough'/>", VIRTCPU_COMPARE_SUPERSET, NULL },
    { "passthrough-missing",
      "<cpu mode='host-passthrough'><feature policy='require' name='aes'/></cpu>",
      VIRTCPU_COMPARE_INCOMPATIBLE, "Host CPU does not provide required features: aes" },
    { "strict", GUEST("match='strict'", "<feature policy='disable' name='dca'/>"),
      VIRTCPU_COMPARE_INCOMPATIBLE,
      "Host CPU does not strictly match guest CPU: Extra features: vmx" },
    { "strict-all",
      GUEST("match='strict'",
            "<feature policy='disable' name='dca'/><feature policy='optional' name='vmx'/>"),
      VIRTCPU_COMPARE_IDENTICAL, NULL },
};

static void
test_verdict(gconstpointer data)
{
    const guint row = GPOINTER_TO_UINT(data);
    g_autoptr(VirtCpuDef) host = parse(HOST);
    g_autoptr(VirtCpuDef) cpu = parse(rows[row].cpu);
    g_autoptr(GError) error = NULL;

    g_assert_cmpint(virtcpu_cpu_compare_defs(host, cpu, FALSE, &error), ==, rows[row].result);
    g_assert_no_error(error);
    if (rows[row].reason != NULL) {
        g_assert_cmpint(virtcpu_cpu_compare_defs(host, cpu, TRUE, &error), ==,
                        VIRTCPU_COMPARE_ERROR);
        g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_CPU_INCOMPATIBLE);
        g_assert_cmpstr(error->message, ==, rows[row].reason);
    }
}

/* Compiled CPUs give the same verdict, with reasons or without. */
static void
test_compiled(gconstpointer data)
{
    const guint row = GPOINTER_TO_UINT(data);
    g_autoptr(VirtCpuDef) host_def = parse(HOST);
    g_autoptr(VirtCpuDef) cpu_def = parse(rows[row].cpu);
    g_autoptr(VirtCpu) host = virtcpu_cpu_new(VIRTCPU_ARCH_NONE, host_def, NULL);
    g_autoptr(VirtCpu) cpu = virtcpu_cpu_new(VIRTCPU_ARCH_X86_64, cpu_def, NULL);
    g_autoptr(GPtrArray) reasons = g_ptr_array_new_with_free_func(g_free);

    if (cpu == NULL) {
        g_assert_cmpstr(rows[row].name, ==, "arch");
        return;
    }
    g_assert_cmpint(virtcpu_cpu_compare(host, cpu, NULL), ==, rows[row].result);
    g_assert_cmpint(virtcpu_cpu_compare(host, cpu, reasons), ==, rows[row].result);
    g_assert_cmpuint(reasons->len, ==, rows[row].reason != NULL ? 1 : 0);
}

static const struct {
    const char *name;
    const char *cpu;
    VirtCpuErrorCode code;
    const char *message;
} bad_rows[] = {
    { "model", "<cpu><model>Bogus</model></cpu>", VIRTCPU_ERR_INTERNAL_ERROR,
      "Unknown CPU model Bogus" },
    { "feature-first", GUEST("", "<feature name='a1'/><feature name='sse'/>"),
      VIRTCPU_ERR_INTERNAL_ERROR, "Unknown CPU feature a1" },
    { "feature-middle",
      GUEST("", "<feature name='sse'/><feature policy='optional' name='b2'/>"
                "<feature name='sse2'/>"),
      VIRTCPU_ERR_INTERNAL_ERROR, "Unknown CPU feature b2" },
    { "feature-last", GUEST("", "<feature name='sse'/><feature policy='forbid' name='c3'/>"),
      VIRTCPU_ERR_INTERNAL_ERROR, "Unknown CPU feature c3" },
    { "alias", GUEST("", "<feature name='sse3'/>"), VIRTCPU_ERR_INTERNAL_ERROR,
      "Unknown CPU feature sse3" },
};

static void
test_bad(gconstpointer data)
{
    const guint row = GPOINTER_TO_UINT(data);
    g_autoptr(VirtCpuDef) host = parse(HOST);
    g_autoptr(VirtCpuDef) cpu = parse(bad_rows[row].cpu);
    g_autoptr(GError) error = NULL;

    g_assert_cmpint(virtcpu_cpu_compare_defs(host, cpu, FALSE, &error), ==, VIRTCPU_COMPARE_ERROR);
    g_assert_error(error, VIRTCPU_ERROR, (int)bad_rows[row].code);
    g_assert_cmpstr(error->message, ==, bad_rows[row].message);
}

static void
test_host_unknown(void)
{
    g_autoptr(VirtCpuDef) host = virtcpu_def_new(VIRTCPU_DEF_HOST);
    g_autoptr(VirtCpuDef) cpu = parse(GUEST("", ""));
    g_autoptr(GError) error = NULL;

    host->arch = VIRTCPU_ARCH_X86_64;
    g_assert_cmpint(virtcpu_cpu_compare_defs(host, cpu, FALSE, &error), ==,
                    VIRTCPU_COMPARE_INCOMPATIBLE);
    host->arch = VIRTCPU_ARCH_M68K;
    g_assert_cmpint(virtcpu_cpu_compare_defs(host, cpu, FALSE, &error), ==, VIRTCPU_COMPARE_ERROR);
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_NO_SUPPORT);
}

static void
test_validate(void)
{
    g_autoptr(VirtCpuDef) good = parse(GUEST("", "<feature name='avx'/>"));
    g_autoptr(VirtCpuDef) bad = parse(GUEST("", "<feature name='avx'/><feature name='x1'/>"));
    g_autoptr(GError) error = NULL;

    g_assert_true(virtcpu_cpu_validate_features(VIRTCPU_ARCH_X86_64, good, &error));
    g_assert_false(virtcpu_cpu_validate_features(VIRTCPU_ARCH_X86_64, bad, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_CONFIG_UNSUPPORTED);
    g_assert_cmpstr(error->message, ==, "unknown CPU feature: x1");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *verdict = g_strdup_printf("/cpu/compare/verdict/%s", rows[i].name);
        g_autofree char *compiled = g_strdup_printf("/cpu/compare/compiled/%s", rows[i].name);

        g_test_add_data_func(verdict, GUINT_TO_POINTER(i), test_verdict);
        g_test_add_data_func(compiled, GUINT_TO_POINTER(i), test_compiled);
    }
    for (guint i = 0; i < G_N_ELEMENTS(bad_rows); i++) {
        g_autofree char *path = g_strdup_printf("/cpu/compare/bad/%s", bad_rows[i].name);

        g_test_add_data_func(path, GUINT_TO_POINTER(i), test_bad);
    }
    g_test_add_func("/cpu/compare/host-unknown", test_host_unknown);
    g_test_add_func("/cpu/compare/validate", test_validate);
    return g_test_run();
}
