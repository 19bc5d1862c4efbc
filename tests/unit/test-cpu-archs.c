/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Architectures other than x86: what is told without QEMU, and that the rest is not. */
#include "conf/error.h"
#include "drivers/cpu/cpu.h"

#define HOST(arch, model) "<cpu><arch>" arch "</arch><model>" model "</model></cpu>"
#define CUSTOM(model)     "<cpu match='exact'><model>" model "</model></cpu>"

static VirtCpuDef *
parse(const char *xml)
{
    g_autoptr(GError) error = NULL;
    VirtCpuDef *def = virtcpu_def_parse(xml, VIRTCPU_DEF_AUTO, &error);

    g_assert_no_error(error);
    return def;
}

static VirtCpuArch
arch_of(const char *name)
{
    return virtcpu_arch_from_string(name);
}

/* Answer and error code; 0: none. */
static const struct {
    const char *name;
    const char *host;
    const char *cpu;
    VirtCpuCompareResult result;
    int code;
} compare_rows[] = {
    { "ppc64/same", HOST("ppc64", "POWER9"), CUSTOM("POWER9"), VIRTCPU_COMPARE_IDENTICAL, 0 },
    { "ppc64/little-endian", HOST("ppc64", "POWER9"), HOST("ppc64le", "POWER9"),
      VIRTCPU_COMPARE_IDENTICAL, 0 },
    { "ppc64/older", HOST("ppc64", "POWER9"), CUSTOM("POWER8"), VIRTCPU_COMPARE_INCOMPATIBLE, 0 },
    { "ppc64/legacy", HOST("ppc64", "POWER7"), CUSTOM("POWER7+_v2.1"), VIRTCPU_COMPARE_IDENTICAL,
      0 },
    { "ppc64/mode", HOST("ppc64", "POWER11"), "<cpu mode='host-model'><model>power10</model></cpu>",
      VIRTCPU_COMPARE_IDENTICAL, 0 },
    { "ppc64/mode-newer", HOST("ppc64", "POWER10"),
      "<cpu mode='host-model'><model>power11</model></cpu>", VIRTCPU_COMPARE_INCOMPATIBLE, 0 },
    { "ppc64/mode-unknown", HOST("ppc64", "POWER10"),
      "<cpu mode='host-model'><model>power12</model></cpu>", VIRTCPU_COMPARE_ERROR,
      VIRTCPU_ERR_INTERNAL_ERROR },
    { "ppc64/mode-written-otherwise", HOST("ppc64", "POWER10"),
      "<cpu mode='host-model'><model>power09</model></cpu>", VIRTCPU_COMPARE_ERROR,
      VIRTCPU_ERR_INTERNAL_ERROR },
    { "ppc64/mode-of-none", HOST("ppc64", "POWERPC_e6500"),
      "<cpu mode='host-model'><model>power8</model></cpu>", VIRTCPU_COMPARE_INCOMPATIBLE, 0 },
    { "ppc64/passthrough-with-model", HOST("ppc64", "POWERPC_e5500"),
      "<cpu mode='host-passthrough'><model>power8</model></cpu>", VIRTCPU_COMPARE_IDENTICAL, 0 },
    { "ppc64/passthrough", HOST("ppc64", "POWER8"), "<cpu mode='host-passthrough'/>",
      VIRTCPU_COMPARE_IDENTICAL, 0 },
    { "ppc64/feature", HOST("ppc64", "POWER8"),
      "<cpu match='exact'><model>POWER8</model><feature name='htm' policy='disable'/></cpu>",
      VIRTCPU_COMPARE_DELEGATED, 0 },
    { "ppc64/vendor", HOST("ppc64", "POWER8"),
      "<cpu match='exact'><model>POWER8</model><vendor>Freescale</vendor></cpu>",
      VIRTCPU_COMPARE_INCOMPATIBLE, 0 },
    { "ppc64/unknown", HOST("ppc64", "POWER8"), CUSTOM("POWER5"), VIRTCPU_COMPARE_ERROR,
      VIRTCPU_ERR_INTERNAL_ERROR },
    { "aarch64/same", HOST("aarch64", "cortex-a57"), CUSTOM("cortex-a57"),
      VIRTCPU_COMPARE_DELEGATED, 0 },
    { "aarch64/other-arch", HOST("aarch64", "cortex-a57"), HOST("s390x", "z14"),
      VIRTCPU_COMPARE_INCOMPATIBLE, 0 },
    { "aarch64/vendor",
      "<cpu><arch>aarch64</arch><model>Falkor</model><vendor>Qualcomm</vendor></cpu>",
      "<cpu match='exact'><model>Falkor</model><vendor>ARM</vendor></cpu>",
      VIRTCPU_COMPARE_INCOMPATIBLE, 0 },
    { "aarch64/feature", HOST("aarch64", "max"),
      "<cpu match='exact'><model>max</model><feature name='sve2049'/></cpu>", VIRTCPU_COMPARE_ERROR,
      VIRTCPU_ERR_CONFIG_UNSUPPORTED },
    { "armv7l/same", HOST("armv7l", "cortex-a15"), CUSTOM("cortex-a15"), VIRTCPU_COMPARE_DELEGATED,
      0 },
    { "s390x/same", HOST("s390x", "z14.2-base"), CUSTOM("z14.2-base"), VIRTCPU_COMPARE_DELEGATED,
      0 },
    { "s390x/policy", HOST("s390x", "z14"),
      "<cpu match='exact'><model>z14</model><feature name='vx' policy='force'/></cpu>",
      VIRTCPU_COMPARE_ERROR, VIRTCPU_ERR_CONFIG_UNSUPPORTED },
    { "riscv64/same", HOST("riscv64", "rv64"), CUSTOM("rv64"), VIRTCPU_COMPARE_DELEGATED, 0 },
    { "loongarch64/same", HOST("loongarch64", "la464"), CUSTOM("la464"), VIRTCPU_COMPARE_DELEGATED,
      0 },
};

static void
test_compare(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(compare_rows); i++) {
        g_autoptr(VirtCpuDef) host = parse(compare_rows[i].host);
        g_autoptr(VirtCpuDef) cpu = parse(compare_rows[i].cpu);
        g_autoptr(GError) error = NULL;

        g_test_message("%s", compare_rows[i].name);
        g_assert_cmpint(virtcpu_cpu_compare_defs(host, cpu, FALSE, &error), ==,
                        compare_rows[i].result);
        g_assert_cmpint(error != NULL ? error->code : 0, ==, compare_rows[i].code);
    }
}

/* What runs as the host does is no host to run on. */
static void
test_compare_no_host(void)
{
    g_autoptr(VirtCpuDef) def = parse("<cpu mode='host-model'><model>power8</model></cpu>");
    g_autoptr(GPtrArray) reasons = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpu) cpu = virtcpu_cpu_new(VIRTCPU_ARCH_PPC64, def, &error);

    g_assert_no_error(error);
    g_assert_cmpint(virtcpu_cpu_compare(cpu, cpu, reasons), ==, VIRTCPU_COMPARE_INCOMPATIBLE);
    g_assert_cmpuint(reasons->len, ==, 1);
    g_assert_cmpint(virtcpu_cpu_compare(cpu, cpu, NULL), ==, VIRTCPU_COMPARE_INCOMPATIBLE);
}

/* The answer, or the error code where it is NULL. */
static const struct {
    const char *name;
    const char *arch;
    const char *host;
    const char *guest;
    const char *updated;
    int code;
} update_rows[] = {
    { "ppc64/host-model", "ppc64", HOST("ppc64", "POWER9"),
      "<cpu mode='host-model'><model>power8</model></cpu>",
      "<cpu mode='host-model'>\n  <model fallback='allow'>power8</model>\n</cpu>\n", 0 },
    { "ppc64/minimum", "ppc64", HOST("ppc64", "POWER9"),
      "<cpu match='minimum'><model>POWER9</model></cpu>",
      "<cpu mode='custom' match='exact'>\n  <model fallback='allow'>POWER9</model>\n</cpu>\n", 0 },
    { "aarch64/host-model", "aarch64",
      "<cpu><arch>aarch64</arch><model>Neoverse-N1</model><vendor>ARM</vendor>"
      "<feature name='sve'/></cpu>",
      "<cpu mode='host-model'><feature name='pauth' policy='disable'/></cpu>",
      "<cpu mode='custom' match='exact'>\n  <model fallback='allow'>Neoverse-N1</model>\n"
      "  <vendor>ARM</vendor>\n  <feature policy='require' name='sve'/>\n"
      "  <feature policy='disable' name='pauth'/>\n</cpu>\n",
      0 },
    { "aarch64/passthrough", "aarch64", NULL, "<cpu mode='host-passthrough'/>",
      "<cpu mode='host-passthrough'/>\n", 0 },
    { "aarch64/no-host", "aarch64", NULL, "<cpu mode='host-model'/>", NULL,
      VIRTCPU_ERR_CONFIG_UNSUPPORTED },
    { "aarch64/optional", "aarch64", HOST("aarch64", "max"),
      "<cpu match='exact'><model>max</model><feature name='sve' policy='optional'/></cpu>", NULL,
      VIRTCPU_ERR_CONFIG_UNSUPPORTED },
    { "s390x/exact", "s390x", NULL, CUSTOM("z14"),
      "<cpu mode='custom' match='exact'>\n  <model fallback='allow'>z14</model>\n</cpu>\n", 0 },
    { "s390x/minimum", "s390x", HOST("s390x", "z15"),
      "<cpu match='minimum'><model>z14</model></cpu>", NULL, VIRTCPU_ERR_CONFIG_UNSUPPORTED },
    { "riscv64/exact", "riscv64", NULL, CUSTOM("rva23s64"),
      "<cpu mode='custom' match='exact'>\n  <model fallback='allow'>rva23s64</model>\n</cpu>\n",
      0 },
    { "riscv64/host-model", "riscv64", NULL, "<cpu mode='host-model'/>", NULL,
      VIRTCPU_ERR_CONFIG_UNSUPPORTED },
    { "loongarch64/maximum", "loongarch64", NULL, "<cpu mode='maximum'/>",
      "<cpu mode='maximum'/>\n", 0 },
};

static void
test_update(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(update_rows); i++) {
        g_autoptr(VirtCpuDef) host =
            update_rows[i].host != NULL ? parse(update_rows[i].host) : NULL;
        g_autoptr(VirtCpuDef) guest = parse(update_rows[i].guest);
        g_autoptr(GError) error = NULL;
        g_autoptr(VirtCpuDef) updated =
            virtcpu_cpu_update(arch_of(update_rows[i].arch), guest, host, &error);
        g_autofree char *xml = updated != NULL ? virtcpu_def_to_xml(updated) : NULL;

        g_test_message("%s", update_rows[i].name);
        g_assert_cmpstr(xml, ==, update_rows[i].updated);
        g_assert_cmpint(error != NULL ? error->code : 0, ==, update_rows[i].code);
    }
}

static const struct {
    const char *name;
    const char *cpus;
    const char *model; /* of the only one QEMU knows; NULL: any */
    const char *baseline;
    int code;
} baseline_rows[] = {
    { "ppc64/one", HOST("ppc64", "POWER11"), NULL,
      "<cpu mode='custom' match='exact'>\n  <model fallback='forbid'>POWER11</model>\n</cpu>\n",
      0 },
    { "ppc64/two", HOST("ppc64", "POWER9") HOST("ppc64", "POWER8"), NULL, NULL,
      VIRTCPU_ERR_OPERATION_FAILED },
    { "ppc64/endianness", HOST("ppc64", "POWER9") HOST("ppc64le", "POWER9"), NULL,
      "<cpu mode='custom' match='exact'>\n  <model fallback='forbid'>POWER9</model>\n</cpu>\n", 0 },
    { "ppc64/legacy", HOST("ppc64", "POWER8_v1.0"), NULL, NULL, VIRTCPU_ERR_INTERNAL_ERROR },
    { "aarch64/mixed", HOST("aarch64", "max") HOST("x86_64", "max"), NULL, NULL,
      VIRTCPU_ERR_OPERATION_FAILED },
    { "aarch64/wordsize", HOST("aarch64", "max") HOST("armv7l", "max"), NULL, NULL,
      VIRTCPU_ERR_OPERATION_FAILED },
    { "ppc64/unknown", HOST("ppc64", "POWER9+"), NULL, NULL, VIRTCPU_ERR_INTERNAL_ERROR },
    { "ppc64/not-in-qemu", HOST("ppc64", "POWER9"), "POWER8", NULL,
      VIRTCPU_ERR_CONFIG_UNSUPPORTED },
    { "aarch64/features",
      "<cpu><arch>aarch64</arch><model>max</model><feature name='sve'/><feature "
      "name='pauth'/></cpu>"
      "<cpu><arch>aarch64</arch><model>max</model><feature name='pauth'/></cpu>",
      "max",
      "<cpu mode='custom' match='exact'>\n  <model fallback='allow'>max</model>\n"
      "  <feature policy='require' name='pauth'/>\n</cpu>\n",
      0 },
    { "aarch64/vendors",
      "<cpu><arch>aarch64</arch><model>max</model><vendor>ARM</vendor></cpu>"
      "<cpu><arch>aarch64</arch><model>max</model><vendor>APM</vendor></cpu>",
      NULL, NULL, VIRTCPU_ERR_OPERATION_FAILED },
    { "aarch64/vendor-unknown",
      "<cpu><arch>aarch64</arch><model>max</model><vendor>Acorn</vendor></cpu>", NULL, NULL,
      VIRTCPU_ERR_OPERATION_FAILED },
    { "s390x", HOST("s390x", "z14"), NULL, NULL, VIRTCPU_ERR_NO_SUPPORT },
    { "riscv64", HOST("riscv64", "rv64"), NULL, NULL, VIRTCPU_ERR_NO_SUPPORT },
    { "loongarch64", HOST("loongarch64", "la464"), NULL, NULL, VIRTCPU_ERR_NO_SUPPORT },
    { "alpha", HOST("alpha", "ev67"), NULL, NULL, VIRTCPU_ERR_NO_SUPPORT },
};

static void
test_baseline(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(baseline_rows); i++) {
        const char *const models[] = { baseline_rows[i].model, NULL };
        const VirtCpuBaselineOptions options = {
            .models = baseline_rows[i].model != NULL ? models : NULL,
        };
        g_autofree char *xml = g_strdup_printf("<all>%s</all>", baseline_rows[i].cpus);
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) cpus = virtcpu_def_parse_all(xml, &error);
        g_autoptr(VirtCpuDef) baseline = NULL;
        g_autofree char *answer = NULL;

        g_assert_no_error(error);
        baseline = virtcpu_cpu_baseline(VIRTCPU_ARCH_NONE, cpus, &options, &error);
        answer = baseline != NULL ? virtcpu_def_to_xml(baseline) : NULL;
        g_test_message("%s", baseline_rows[i].name);
        g_assert_cmpstr(answer, ==, baseline_rows[i].baseline);
        g_assert_cmpint(error != NULL ? error->code : 0, ==, baseline_rows[i].code);
    }
}

static GPtrArray *
one_hv_model(const char *name)
{
    GPtrArray *models = g_ptr_array_new_with_free_func((GDestroyNotify)virtcpu_hv_model_free);
    VirtCpuHvModel *model = g_new0(VirtCpuHvModel, 1);

    model->name = g_strdup(name);
    g_ptr_array_add(models, model);
    return models;
}

static const struct {
    const char *arch;
    const char *cpu;
    const char *known; /* to QEMU */
    const char *model; /* of the answer */
    int code;
} translate_rows[] = {
    { "ppc64", CUSTOM("POWER8_v1.0"), "POWER8", "POWER8", 0 },
    { "ppc64", CUSTOM("POWER9"), "POWER8", NULL, VIRTCPU_ERR_NO_SUPPORT },
    { "ppc64", "<cpu match='exact'><model fallback='forbid'>POWER9</model></cpu>", "POWER8", NULL,
      VIRTCPU_ERR_CONFIG_UNSUPPORTED },
    { "ppc64", "<cpu mode='host-model'><model>power8</model></cpu>", "POWER9", "power8", 0 },
    { "aarch64", CUSTOM("cortex-a57"), "cortex-a57", "cortex-a57", 0 },
    { "aarch64", CUSTOM("cortex-a57"), "max", NULL, VIRTCPU_ERR_NO_SUPPORT },
    { "s390x", CUSTOM("z16"), "z15", NULL, VIRTCPU_ERR_NO_SUPPORT },
    { "riscv64", CUSTOM("rv64"), "rv64", "rv64", 0 },
    { "loongarch64", CUSTOM("la464"), "max", NULL, VIRTCPU_ERR_NO_SUPPORT },
};

static void
test_translate(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(translate_rows); i++) {
        g_autoptr(VirtCpuDef) def = parse(translate_rows[i].cpu);
        g_autoptr(GPtrArray) models = one_hv_model(translate_rows[i].known);
        g_autoptr(GError) error = NULL;
        g_autoptr(VirtCpuDef) translated =
            virtcpu_cpu_translate(arch_of(translate_rows[i].arch), def, models, &error);

        g_test_message("%s %s", translate_rows[i].arch, translate_rows[i].cpu);
        g_assert_cmpstr(translated != NULL ? translated->model : NULL, ==, translate_rows[i].model);
        g_assert_cmpint(error != NULL ? error->code : 0, ==, translate_rows[i].code);
    }
}

static const struct {
    const char *arch;
    const char *cpu;
    int code;
} feature_rows[] = {
    { "aarch64", "<feature name='sve2048'/><feature name='pauth' policy='disable'/>", 0 },
    { "aarch64", "<feature name='avx'/><feature name='sve'/>", VIRTCPU_ERR_CONFIG_UNSUPPORTED },
    { "armv6l", "<feature name='sve'/><feature name='avx'/><feature name='pauth'/>",
      VIRTCPU_ERR_CONFIG_UNSUPPORTED },
    { "s390x", "<feature name='vx'/><feature name='te' policy='disable'/>", 0 },
    { "s390x", "<feature name='vx'/><feature name='te' policy='forbid'/>",
      VIRTCPU_ERR_CONFIG_UNSUPPORTED },
    { "ppc64", "<feature name='anything'/>", 0 },
    { "riscv64", "<feature name='zba'/>", 0 },
    { "loongarch64", "<feature name='lsx'/>", 0 },
};

static void
test_validate_features(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(feature_rows); i++) {
        g_autofree char *xml =
            g_strdup_printf("<cpu match='exact'><model>max</model>%s</cpu>", feature_rows[i].cpu);
        g_autoptr(VirtCpuDef) def = parse(xml);
        g_autoptr(GError) error = NULL;
        gboolean valid = virtcpu_cpu_validate_features(arch_of(feature_rows[i].arch), def, &error);

        g_test_message("%s %s", feature_rows[i].arch, feature_rows[i].cpu);
        g_assert_true(valid == (feature_rows[i].code == 0));
        g_assert_cmpint(error != NULL ? error->code : 0, ==, feature_rows[i].code);
    }
}

/* A feature is told from the definition alone, or not at all. */
static void
test_has_feature(void)
{
    static const char *const archs[] = { "ppc64", "aarch64", "s390x", "riscv64", "loongarch64" };

    for (gsize i = 0; i < G_N_ELEMENTS(archs); i++) {
        g_autoptr(VirtCpuDef) def =
            parse("<cpu match='exact'><model>POWER8</model><feature name='sve'/>"
                  "<feature name='pauth' policy='disable'/></cpu>");
        g_autoptr(GError) error = NULL;
        g_autoptr(VirtCpu) cpu = virtcpu_cpu_new(arch_of(archs[i]), def, &error);
        gboolean has = FALSE;

        g_assert_no_error(error);
        g_assert_true(virtcpu_cpu_has_feature(cpu, "sve", &has, &error) && has);
        g_assert_true(virtcpu_cpu_has_feature(cpu, "pauth", &has, &error) && !has);
        g_assert_false(virtcpu_cpu_has_feature(cpu, "sve2048", &has, &error));
        g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_NO_SUPPORT);
        g_assert_cmpuint(virtcpu_cpu_abi_level(cpu), ==, 0);
    }
}

/* The model of the answer, or the error code where it is NULL. */
static const struct {
    const char *data;
    const char *only; /* the one model allowed; NULL: any */
    const char *arch;
    const char *model;
    const char *vendor;
    int code;
} decode_rows[] = {
    { "<cpudata arch='ppc64'><pvr value='0x004e1202'/></cpudata>", NULL, "ppc64", "POWER9", "IBM",
      0 },
    { "<cpudata arch='ppc64'><pvr value='0x004d0200'/></cpudata>", "POWER8", "ppc64", "POWER8",
      "IBM", 0 },
    { "<cpudata arch='ppc64'><pvr value='0x004d0200'/></cpudata>", "POWER9", NULL, NULL, NULL,
      VIRTCPU_ERR_CONFIG_UNSUPPORTED },
    { "<cpudata arch='ppc64'><pvr value='0x00ff0000'/></cpudata>", NULL, NULL, NULL, NULL,
      VIRTCPU_ERR_OPERATION_FAILED },
    { "<cpudata arch='arm'><midr value='0x413fd0c1'/></cpudata>", NULL, "aarch64", "Neoverse-N1",
      "ARM", 0 },
    { "<cpudata arch='arm'><midr value='0x430f0af0'/></cpudata>", NULL, "aarch64", "ThunderX2 99xx",
      "Cavium", 0 },
    { "<cpudata arch='arm'><midr value='0x420fd0c0'/></cpudata>", NULL, NULL, NULL, NULL,
      VIRTCPU_ERR_OPERATION_FAILED },
    { "<cpudata arch='arm'><pvr value='0x413fd0c1'/></cpudata>", NULL, NULL, NULL, NULL,
      VIRTCPU_ERR_XML_ERROR },
    { "<cpudata arch='ppc64'><pvr value='1'/><pvr value='1'/></cpudata>", NULL, NULL, NULL, NULL,
      VIRTCPU_ERR_XML_ERROR },
    { "<cpudata arch='ppc64'><pvr value='0x1004e1202'/></cpudata>", NULL, NULL, NULL, NULL,
      VIRTCPU_ERR_XML_ERROR },
    { "<cpudata arch='ppc64'><pvr/></cpudata>", NULL, NULL, NULL, NULL, VIRTCPU_ERR_XML_ERROR },
    { "<cpudata arch='ppc64'/>", NULL, NULL, NULL, NULL, VIRTCPU_ERR_XML_ERROR },
    { "<cpudata arch='s390x'/>", NULL, NULL, NULL, NULL, VIRTCPU_ERR_XML_ERROR },
};

static void
test_decode(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(decode_rows); i++) {
        const char *const models[] = { decode_rows[i].only, NULL };
        const VirtCpuDecodeOptions options = {
            .type = VIRTCPU_DEF_HOST,
            .models = decode_rows[i].only != NULL ? models : NULL,
        };
        g_autoptr(GError) error = NULL;
        g_autoptr(VirtCpuData) data = virtcpu_cpu_data_parse(decode_rows[i].data, &error);
        g_autoptr(VirtCpuDef) def =
            data != NULL ? virtcpu_cpu_decode(data, &options, &error) : NULL;

        g_test_message("%s", decode_rows[i].data);
        g_assert_cmpint(error != NULL ? error->code : 0, ==, decode_rows[i].code);
        g_assert_cmpstr(def != NULL ? def->model : NULL, ==, decode_rows[i].model);
        g_assert_cmpstr(def != NULL ? def->vendor : NULL, ==, decode_rows[i].vendor);
        g_assert_cmpstr(def != NULL ? virtcpu_arch_to_string(def->arch) : NULL, ==,
                        decode_rows[i].arch);
    }
}

static void
test_data(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuData) data = virtcpu_cpu_data_new(VIRTCPU_ARCH_PPC64LE, &error);
    g_autoptr(VirtCpuData) copy = NULL;
    g_autofree char *xml = NULL;

    g_assert_no_error(error);
    virtcpu_cpu_data_set_register(data, 0x801200);
    virtcpu_cpu_data_set_signature(data, 6, 1, 1);
    virtcpu_cpu_data_add_cpuid(data, 1, 0, 1, 1, 1, 1);
    g_assert_false(virtcpu_cpu_data_add_feature(data, "vsx"));
    g_assert_false(virtcpu_cpu_data_has_feature(data, "vsx"));
    g_assert_false(virtcpu_cpu_data_set_vendor(data, "IBM"));
    copy = virtcpu_cpu_data_copy(data);
    xml = virtcpu_cpu_data_format(copy);
    g_assert_cmpstr(xml, ==, "<cpudata arch='ppc64'>\n  <pvr value='0x00801200'/>\n</cpudata>\n");
    g_assert_null(virtcpu_cpu_data_new(VIRTCPU_ARCH_S390X, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_NO_SUPPORT);
}

static void
test_models(void)
{
    static const char *const any[] = { "aarch64", "armv7l",  "armv6l",
                                       "s390x",   "riscv64", "loongarch64" };
    static const char *const power[] = { "POWER6",  "POWER7",  "POWER8",        "POWER9",
                                         "POWER10", "POWER11", "POWERPC_e5500", "POWERPC_e6500" };
    g_autofree const char **names = virtcpu_cpu_model_names(VIRTCPU_ARCH_PPC64LE, NULL);
    g_autoptr(GError) error = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(power); i++) {
        g_assert_cmpstr(names[i], ==, power[i]);
    }
    g_assert_null(names[G_N_ELEMENTS(power)]);
    g_assert_true(virtcpu_cpu_has_map(VIRTCPU_ARCH_PPC64));
    for (gsize i = 0; i < G_N_ELEMENTS(any); i++) {
        g_autofree const char **none = virtcpu_cpu_model_names(arch_of(any[i]), &error);

        g_assert_no_error(error);
        g_assert_null(none[0]);
        g_assert_false(virtcpu_cpu_has_map(arch_of(any[i])));
    }
    g_assert_null(virtcpu_cpu_model_names(VIRTCPU_ARCH_SH4, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_NO_SUPPORT);
    g_assert_cmpstr(virtcpu_cpu_model_vendor(VIRTCPU_ARCH_PPC64, "POWERPC_e5500"), ==, "Freescale");
    g_assert_cmpstr(virtcpu_cpu_model_vendor(VIRTCPU_ARCH_S390X, "z14"), ==, "IBM");
    g_assert_cmpstr(virtcpu_cpu_model_vendor(VIRTCPU_ARCH_S390X, "gen17a-base"), ==, "IBM");
    g_assert_null(virtcpu_cpu_model_vendor(VIRTCPU_ARCH_S390X, "qemu"));
    g_assert_null(virtcpu_cpu_model_vendor(VIRTCPU_ARCH_AARCH64, "a64fx"));
    g_assert_null(virtcpu_cpu_model_vendor(VIRTCPU_ARCH_RISCV64, "rv64"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cpu/archs/data", test_data);
    g_test_add_func("/cpu/archs/decode", test_decode);
    g_test_add_func("/cpu/archs/compare", test_compare);
    g_test_add_func("/cpu/archs/compare-no-host", test_compare_no_host);
    g_test_add_func("/cpu/archs/update", test_update);
    g_test_add_func("/cpu/archs/baseline", test_baseline);
    g_test_add_func("/cpu/archs/translate", test_translate);
    g_test_add_func("/cpu/archs/validate-features", test_validate_features);
    g_test_add_func("/cpu/archs/has-feature", test_has_feature);
    g_test_add_func("/cpu/archs/models", test_models);
    return g_test_run();
}
