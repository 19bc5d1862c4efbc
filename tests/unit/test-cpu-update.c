/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Definitions rewritten: against a host, for a hypervisor's models, with every feature named. */
#include "conf/error.h"
#include "drivers/cpu/cpu.h"

#define HOST                                                                                       \
    "<cpu><arch>x86_64</arch><model>Nehalem</model><vendor>Intel</vendor>"                         \
    "<feature name='vmx'/><feature name='invtsc'/></cpu>"

static VirtCpuDef *
parse(const char *xml)
{
    g_autoptr(GError) error = NULL;
    VirtCpuDef *def = virtcpu_def_parse(xml, VIRTCPU_DEF_AUTO, &error);

    g_assert_no_error(error);
    return def;
}

static VirtCpuDef *
update(const char *xml, GError **error)
{
    g_autoptr(VirtCpuDef) host = parse(HOST);
    g_autoptr(VirtCpuDef) guest = parse(xml);

    return virtcpu_cpu_update(VIRTCPU_ARCH_X86_64, guest, host, error);
}

static const struct {
    const char *name;
    const char *guest;
    const char *updated;
} rows[] = {
    { "exact",
      "<cpu match='exact'><model>Penryn</model><feature policy='optional' name='vmx'/>"
      "<feature policy='optional' name='avx'/><feature policy='force' name='aes'/></cpu>",
      "<cpu mode='custom' match='exact'>\n  <model fallback='allow'>Penryn</model>\n"
      "  <feature policy='require' name='vmx'/>\n  <feature policy='disable' name='avx'/>\n"
      "  <feature policy='force' name='aes'/>\n</cpu>\n" },
    { "minimum", "<cpu match='minimum'><model>Penryn</model></cpu>",
      "<cpu mode='custom' match='exact'>\n  <model fallback='allow'>Nehalem</model>\n"
      "  <feature policy='require' name='vmx'/>\n</cpu>\n" },
    { "host-model", "<cpu mode='host-model'><feature policy='disable' name='vmx'/></cpu>",
      "<cpu mode='custom' match='exact'>\n  <model fallback='allow'>Nehalem</model>\n"
      "  <vendor>Intel</vendor>\n  <feature policy='disable' name='vmx'/>\n</cpu>\n" },
    { "invtsc", "<cpu mode='host-model'><feature policy='require' name='invtsc'/></cpu>",
      "<cpu mode='custom' match='exact'>\n  <model fallback='allow'>Nehalem</model>\n"
      "  <vendor>Intel</vendor>\n  <feature policy='require' name='vmx'/>\n"
      "  <feature policy='require' name='invtsc'/>\n</cpu>\n" },
    { "gone", "<cpu match='exact'><model>Skylake-Client</model></cpu>",
      "<cpu mode='custom' match='exact'>\n  <model fallback='allow'>Skylake-Client</model>\n"
      "  <feature policy='disable' name='mpx'/>\n</cpu>\n" },
    { "gone-but-named",
      "<cpu match='exact'><model>Skylake-Client</model><feature policy='require' "
      "name='mpx'/></cpu>",
      "<cpu mode='custom' match='exact'>\n  <model fallback='allow'>Skylake-Client</model>\n"
      "  <feature policy='require' name='mpx'/>\n</cpu>\n" },
    { "host-passthrough",
      "<cpu mode='host-passthrough'><feature policy='disable' name='avx'/></cpu>",
      "<cpu mode='host-passthrough'>\n  <feature policy='disable' name='avx'/>\n</cpu>\n" },
    { "maximum", "<cpu mode='maximum'/>", "<cpu mode='maximum'/>\n" },
};

static void
test_update(gconstpointer data)
{
    const guint row = GPOINTER_TO_UINT(data);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDef) updated = update(rows[row].guest, &error);
    g_autofree char *xml = NULL;

    g_assert_no_error(error);
    xml = virtcpu_def_to_xml(updated);
    g_assert_cmpstr(xml, ==, rows[row].updated);
}

static void
test_update_bad(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(update("<cpu match='exact'><model>Bogus</model></cpu>", &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INTERNAL_ERROR);
    g_clear_error(&error);
    g_assert_null(update("<cpu match='exact'><model>486</model>"
                         "<feature policy='optional' name='bogus'/></cpu>",
                         &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INTERNAL_ERROR);
}

/* Without a known host only what does not depend on it can be said. */
static void
test_update_no_host(void)
{
    g_autoptr(VirtCpuDef) exact = parse("<cpu match='exact'><model>Penryn</model></cpu>");
    g_autoptr(VirtCpuDef) minimum = parse("<cpu match='minimum'><model>Penryn</model></cpu>");
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDef) updated = virtcpu_cpu_update(VIRTCPU_ARCH_X86_64, exact, NULL, &error);

    g_assert_no_error(error);
    g_assert_cmpstr(updated->model, ==, "Penryn");
    g_assert_null(virtcpu_cpu_update(VIRTCPU_ARCH_X86_64, minimum, NULL, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_CONFIG_UNSUPPORTED);
}

static void
test_expand(void)
{
    g_autoptr(VirtCpuDef) def = parse("<cpu><model>486</model>"
                                      "<feature policy='disable' name='vme'/>"
                                      "<feature policy='force' name='sse'/>"
                                      "<feature policy='require' name='invtsc'/></cpu>");
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDef) all = virtcpu_cpu_expand(VIRTCPU_ARCH_X86_64, def, FALSE, &error);
    g_autoptr(VirtCpuDef) migratable = virtcpu_cpu_expand(VIRTCPU_ARCH_X86_64, def, TRUE, &error);
    g_autofree char *xml = NULL;

    g_assert_no_error(error);
    xml = virtcpu_def_to_xml(all);
    g_assert_cmpstr(xml, ==,
                    "<cpu mode='custom' match='exact'>\n"
                    "  <model fallback='allow'>486</model>\n"
                    "  <feature policy='require' name='fpu'/>\n"
                    "  <feature policy='require' name='invtsc'/>\n"
                    "  <feature policy='require' name='pse'/>\n"
                    "  <feature policy='disable' name='vme'/>\n</cpu>\n");
    g_assert_null(virtcpu_def_find_feature(migratable, "invtsc"));
}

static void
test_expand_bad(void)
{
    g_autoptr(VirtCpuDef) def = parse("<cpu mode='host-passthrough'/>");
    g_autoptr(GError) error = NULL;

    g_assert_null(virtcpu_cpu_expand(VIRTCPU_ARCH_X86_64, def, FALSE, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INTERNAL_ERROR);
}

static GPtrArray *
models_of(const char *name, const char *canonical)
{
    GPtrArray *models = g_ptr_array_new_with_free_func((GDestroyNotify)virtcpu_hv_model_free);
    VirtCpuHvModel *model = g_new0(VirtCpuHvModel, 1);

    model->name = g_strdup(name);
    model->canonical = g_strdup(canonical);
    g_ptr_array_add(models, model);
    return models;
}

static const struct {
    const char *name;
    const char *def;
    const char *model; /* the only one QEMU has */
    const char *translated;
    const char *feature; /* the difference has it */
} translate_rows[] = {
    { "same", "<cpu><model>Penryn</model></cpu>", "Penryn", "Penryn", NULL },
    { "nearest", "<cpu><model>Penryn</model></cpu>", "Conroe", "Conroe", "sse4.1" },
    { "forbidden", "<cpu><model fallback='forbid'>Penryn</model></cpu>", "Conroe", NULL, NULL },
    { "none-fits", "<cpu><model>Penryn</model></cpu>", "no-such", NULL, NULL },
    { "opaque", "<cpu mode='host-passthrough'/>", "Conroe", NULL, NULL },
};

static void
test_translate(gconstpointer data)
{
    const guint row = GPOINTER_TO_UINT(data);
    g_autoptr(VirtCpuDef) def = parse(translate_rows[row].def);
    g_autoptr(GPtrArray) models = models_of(translate_rows[row].model, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDef) translated =
        virtcpu_cpu_translate(VIRTCPU_ARCH_X86_64, def, models, &error);

    if (translate_rows[row].translated == NULL && def->model != NULL) {
        g_assert_null(translated);
        g_assert_nonnull(error);
        return;
    }
    g_assert_no_error(error);
    g_assert_cmpstr(translated->model, ==, translate_rows[row].translated);
    g_assert_true(translate_rows[row].feature == NULL ||
                  virtcpu_def_find_feature(translated, translate_rows[row].feature) != NULL);
}

/* Encode says the vendor and the signature too, so that decoding finds the model again. */
static void
test_encode(void)
{
    const VirtCpuDecodeOptions options = { .type = VIRTCPU_DEF_GUEST };
    g_autoptr(VirtCpuDef) def = parse("<cpu><model>EPYC</model>"
                                      "<feature policy='disable' name='adx'/></cpu>");
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuData) data = virtcpu_cpu_encode(VIRTCPU_ARCH_X86_64, def, &error);
    g_autoptr(VirtCpuDef) again = NULL;

    g_assert_no_error(error);
    g_assert_false(virtcpu_cpu_data_has_feature(data, "adx"));
    again = virtcpu_cpu_decode(data, &options, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(again->model, ==, "EPYC");
    g_assert_cmpstr(again->vendor, ==, "AMD");
}

static void
test_encode_bad(void)
{
    g_autoptr(VirtCpuDef) def = parse("<cpu><model>486</model><vendor>Acme</vendor></cpu>");
    g_autoptr(GError) error = NULL;

    g_assert_null(virtcpu_cpu_encode(VIRTCPU_ARCH_X86_64, def, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_OPERATION_FAILED);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/cpu/update/%s", rows[i].name);

        g_test_add_data_func(path, GUINT_TO_POINTER(i), test_update);
    }
    g_test_add_func("/cpu/update/bad", test_update_bad);
    g_test_add_func("/cpu/update/no-host", test_update_no_host);
    g_test_add_func("/cpu/expand", test_expand);
    g_test_add_func("/cpu/expand/bad", test_expand_bad);
    for (guint i = 0; i < G_N_ELEMENTS(translate_rows); i++) {
        g_autofree char *path = g_strdup_printf("/cpu/translate/%s", translate_rows[i].name);

        g_test_add_data_func(path, GUINT_TO_POINTER(i), test_translate);
    }
    g_test_add_func("/cpu/encode", test_encode);
    g_test_add_func("/cpu/encode/bad", test_encode_bad);
    return g_test_run();
}
