/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Architectures whose CPUs only QEMU knows: its answers become ours. */
#include "conf/error.h"
#include "drivers/cpu/cpu.h"

static VirtCpuData *
expand(VirtCpuArch arch, const char *text, GError **error)
{
    g_autoptr(VirtCpuJson) model = virtcpu_json_parse(text, -1, NULL);

    g_assert_nonnull(model);
    return virtcpu_cpu_data_from_expansion(arch, model, error);
}

/* s390x: the CPU is what QEMU calls it, features in QEMU's order; numbers and strings are none. */
static void
test_expansion(void)
{
    static const char text[] = "{\"name\": \"z13-base\", \"props\": {\"vx\": true, \"aen\": true,"
                               " \"te\": false, \"level\": 3, \"pfmfi\": \"on\"}}";
    const VirtCpuDecodeOptions guest = { .type = VIRTCPU_DEF_GUEST };
    static const char *const only[] = { "z14-base", NULL };
    const VirtCpuDecodeOptions other = { .type = VIRTCPU_DEF_GUEST, .models = only };
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuData) first = expand(VIRTCPU_ARCH_S390X, text, &error);
    g_autoptr(VirtCpuData) data = NULL;
    g_autoptr(VirtCpuDef) def = NULL;
    g_autofree char *xml = NULL;

    g_assert_no_error(error);
    data = virtcpu_cpu_data_copy(first);
    g_assert_true(virtcpu_cpu_data_has_feature(data, "vx"));
    g_assert_false(virtcpu_cpu_data_has_feature(data, "te"));
    g_assert_false(virtcpu_cpu_data_has_feature(data, "pfmfi"));
    g_assert_false(virtcpu_cpu_data_add_feature(data, "te"));
    def = virtcpu_cpu_decode(data, &guest, &error);
    g_assert_no_error(error);
    xml = virtcpu_def_to_xml(def);
    g_assert_cmpstr(xml, ==,
                    "<cpu mode='custom' match='exact'>\n"
                    "  <model fallback='allow'>z13-base</model>\n"
                    "  <feature policy='require' name='vx'/>\n"
                    "  <feature policy='require' name='aen'/>\n"
                    "  <feature policy='disable' name='te'/>\n"
                    "</cpu>\n");
    g_assert_null(virtcpu_cpu_decode(data, &other, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_CONFIG_UNSUPPORTED);
}

static void
test_expansion_bad(void)
{
    static const char *const texts[] = { "{}", "[]", "{\"name\": \"z13\"}",
                                         "{\"props\": {\"vx\": true}}",
                                         "{\"name\": \"z13\", \"props\": []}" };
    g_autoptr(GError) error = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_assert_null(expand(VIRTCPU_ARCH_S390X, texts[i], &error));
        g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INTERNAL_ERROR);
        g_clear_error(&error);
    }
    g_assert_null(expand(VIRTCPU_ARCH_AARCH64, "{\"name\": \"max\", \"props\": {}}", &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_NO_SUPPORT);
}

static void
test_model_from_qemu(void)
{
    g_assert_cmpstr(virtcpu_cpu_model_from_qemu(VIRTCPU_ARCH_PPC64, "power9"), ==, "POWER9");
    g_assert_cmpstr(virtcpu_cpu_model_from_qemu(VIRTCPU_ARCH_PPC64LE, "POWER10"), ==, "POWER10");
    g_assert_cmpstr(virtcpu_cpu_model_from_qemu(VIRTCPU_ARCH_PPC64, "power8e"), ==, "power8e");
    g_assert_cmpstr(virtcpu_cpu_model_from_qemu(VIRTCPU_ARCH_S390X, "z14ZR1"), ==, "z14ZR1");
    g_assert_cmpstr(virtcpu_cpu_model_from_qemu(VIRTCPU_ARCH_SH4, "sh7750r"), ==, "sh7750r");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cpu/expansion/s390x", test_expansion);
    g_test_add_func("/cpu/expansion/bad", test_expansion_bad);
    g_test_add_func("/cpu/expansion/model", test_model_from_qemu);
    return g_test_run();
}
