/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A running vCPU against its definition: every policy, with QEMU's own content of the model and
 * without. */
#include "conf/error.h"
#include "drivers/cpu/cpu.h"

/* 486 of the map: fpu vme pse. */
#define MODEL(features) "<cpu><model>486</model>" features "</cpu>"
#define PASS(features)  "<cpu mode='host-passthrough'>" features "</cpu>"

static const struct {
    const char *name;
    const char *def;
    const char *expected; /* features QEMU's model has; NULL: not asked */
    const char *enabled;
    const char *missing;
    const char *extra;
} rows[] = {
    { "same", MODEL(""), NULL, "fpu vme pse", "", "" },
    { "less", MODEL(""), NULL, "fpu", "vme pse", "" },
    { "more", MODEL(""), NULL, "fpu vme pse sse", "", "sse" },
    { "qemu-differs", MODEL(""), "fpu vme pse tsc", "fpu vme pse tsc", "", "" },
    { "qemu-less", MODEL(""), "fpu vme", "fpu vme", "", "" },
    { "qemu-filtered", MODEL(""), "fpu vme pse tsc", "fpu vme pse", "tsc", "" },
    { "qemu-extra", MODEL(""), "fpu vme", "fpu vme pse", "", "pse" },
    { "require", MODEL("<feature name='sse'/>"), "fpu vme pse", "fpu vme pse", "sse", "" },
    { "require-given", MODEL("<feature name='sse'/>"), "fpu vme", "fpu vme sse", "", "" },
    { "force", MODEL("<feature policy='force' name='sse'/>"), "fpu", "fpu", "sse", "" },
    { "disable", MODEL("<feature policy='disable' name='vme'/>"), "fpu vme pse", "fpu pse", "",
      "" },
    { "disable-on", MODEL("<feature policy='disable' name='vme'/>"), "fpu vme", "fpu vme", "",
      "vme" },
    { "forbid-on", MODEL("<feature policy='forbid' name='sse'/>"), "fpu", "fpu sse", "", "sse" },
    { "optional-on", MODEL("<feature policy='optional' name='sse'/>"), "fpu", "fpu sse", "", "" },
    { "optional-off", MODEL("<feature policy='optional' name='vme'/>"), "fpu vme", "fpu", "", "" },
    { "late", "<cpu><model>Conroe</model><feature policy='disable' name='vmx-vnmi'/></cpu>", NULL,
      "pni ssse3 fpu de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx "
      "fxsr sse sse2 lahf_lm syscall nx lm vmx-nmi-exit vmx-vnmi",
      "", "vmx-vnmi" },
    { "passthrough", PASS(""), NULL, "fpu avx", "", "" },
    { "passthrough-disable", PASS("<feature policy='disable' name='avx'/>"), NULL, "fpu avx", "",
      "avx" },
    { "passthrough-require", PASS("<feature policy='require' name='sse'/>"), "fpu", "fpu", "sse",
      "" },
};

static VirtCpuData *
make_data(const char *features)
{
    VirtCpuData *data = virtcpu_cpu_data_new(VIRTCPU_ARCH_X86_64, NULL);
    g_auto(GStrv) names = g_strsplit(features, " ", -1);

    for (gsize i = 0; names[i] != NULL && names[i][0] != '\0'; i++) {
        g_assert_true(virtcpu_cpu_data_add_feature(data, names[i]));
    }
    return data;
}

static char *
join(const GPtrArray *names)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < names->len; i++) {
        g_string_append_printf(text, "%s%s", i > 0 ? " " : "", (char *)names->pdata[i]);
    }
    return g_string_free(text, FALSE);
}

static void
test_check(gconstpointer data)
{
    const guint row = GPOINTER_TO_UINT(data);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDef) def = virtcpu_def_parse(rows[row].def, VIRTCPU_DEF_GUEST, &error);
    g_autoptr(VirtCpuData) expected =
        rows[row].expected != NULL ? make_data(rows[row].expected) : NULL;
    g_autoptr(VirtCpuData) enabled = make_data(rows[row].enabled);
    const VirtCpuLive live = { .enabled = enabled };
    g_autoptr(GPtrArray) missing = NULL;
    g_autoptr(GPtrArray) extra = NULL;
    g_autofree char *missing_names = NULL;
    g_autofree char *extra_names = NULL;

    g_assert_no_error(error);
    g_assert_true(virtcpu_cpu_check_live(VIRTCPU_ARCH_X86_64, def, expected, &live, &missing,
                                         &extra, &error));
    missing_names = join(missing);
    extra_names = join(extra);
    g_assert_cmpstr(missing_names, ==, rows[row].missing);
    g_assert_cmpstr(extra_names, ==, rows[row].extra);
}

static void
test_update(void)
{
    g_autoptr(VirtCpuDef) def =
        virtcpu_def_parse(MODEL("<feature policy='force' name='sse'/>"), VIRTCPU_DEF_GUEST, NULL);
    g_autoptr(VirtCpuData) enabled = make_data("fpu vme tsc");
    g_autoptr(VirtCpuData) filtered = make_data("aes");
    const VirtCpuLive live = { .enabled = enabled, .filtered = filtered };
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDef) updated =
        virtcpu_cpu_update_live(VIRTCPU_ARCH_X86_64, def, &live, &error);

    g_assert_no_error(error);
    g_assert_cmpint(updated->check, ==, VIRTCPU_CHECK_FULL);
    g_assert_cmpint(virtcpu_def_find_feature(updated, "tsc")->policy, ==, VIRTCPU_POLICY_REQUIRE);
    g_assert_cmpint(virtcpu_def_find_feature(updated, "pse")->policy, ==, VIRTCPU_POLICY_DISABLE);
    g_assert_cmpint(virtcpu_def_find_feature(updated, "sse")->policy, ==, VIRTCPU_POLICY_DISABLE);
    g_assert_cmpint(virtcpu_def_find_feature(updated, "aes")->policy, ==, VIRTCPU_POLICY_DISABLE);
    g_assert_null(virtcpu_def_find_feature(updated, "fpu"));
}

static void
test_unknown(void)
{
    g_autoptr(VirtCpuDef) def =
        virtcpu_def_parse("<cpu><model>Bogus</model></cpu>", VIRTCPU_DEF_GUEST, NULL);
    g_autoptr(VirtCpuData) enabled = make_data("fpu");
    const VirtCpuLive live = { .enabled = enabled };
    GPtrArray *missing = NULL;
    GPtrArray *extra = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_false(
        virtcpu_cpu_check_live(VIRTCPU_ARCH_X86_64, def, NULL, &live, &missing, &extra, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INTERNAL_ERROR);
    g_assert_null(missing);
    g_assert_null(extra);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/cpu/live/check/%s", rows[i].name);

        g_test_add_data_func(path, GUINT_TO_POINTER(i), test_check);
    }
    g_test_add_func("/cpu/live/update", test_update);
    g_test_add_func("/cpu/live/unknown", test_unknown);
    return g_test_run();
}
