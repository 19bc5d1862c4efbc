/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables made from the map: order, duplicates, gaps, and the facts a reader can check by eye.
 */
#include "conf/xml.h"
#include "drivers/cpu/x86-map.h"

#include <string.h>

static void
test_features(void)
{
    gsize last_reg = 0;
    guint64 taken = 0;

    g_assert_cmpuint(x86_map_n_features(), >=, 400);
    for (gsize i = 0; i < x86_map_n_features(); i++) {
        const X86Feature *feature = x86_map_feature(i);
        const X86Register *reg = x86_map_register(feature->reg);

        g_assert_cmpuint(x86_map_find_feature_exact(feature->name), ==, i);
        g_assert_cmpuint(feature->bit, <, reg->reg == VIRTCPU_REGISTER_MSR ? 64 : 32);
        g_assert_true(x86_set_has(x86_map_non_migratable(), i) == !feature->migratable);
        /* a register's features stand together, each bit once */
        g_assert_true(feature->reg == last_reg || feature->reg == last_reg + 1);
        if (feature->reg != last_reg) {
            taken = 0;
        }
        g_assert_false(taken >> feature->bit & 1);
        taken |= G_GUINT64_CONSTANT(1) << feature->bit;
        last_reg = feature->reg;
    }
    g_assert_cmpuint(last_reg, ==, x86_map_n_registers() - 1);
}

static void
test_aliases(void)
{
    for (gsize i = 0; i < x86_map_n_features(); i++) {
        const X86Feature *feature = x86_map_feature(i);

        for (const char *const *alias = feature->aliases; *alias != NULL; alias++) {
            g_assert_cmpuint(x86_map_find_feature(*alias), ==, i);
            g_assert_cmpuint(x86_map_find_feature_exact(*alias), ==, X86_NO_FEATURE);
        }
        g_assert_true(feature->qemu == NULL || x86_map_find_feature(feature->qemu) == i);
    }
}

static void
test_registers(void)
{
    for (gsize i = 0; i < x86_map_n_registers(); i++) {
        for (gsize j = 0; j < i; j++) {
            g_assert_true(memcmp(x86_map_register(i), x86_map_register(j), sizeof(X86Register)) !=
                          0);
        }
    }
}

static void
test_models(void)
{
    g_assert_cmpuint(x86_map_n_models(), >=, 176);
    for (gsize i = 0; i < x86_map_n_models(); i++) {
        const X86Model *model = x86_map_model(i);
        X86Set both = model->features;

        g_assert_true(x86_map_find_model(model->name) == model);
        g_assert_false(x86_set_is_empty(&model->features));
        x86_set_intersect(&both, &model->late);
        g_assert_true(x86_set_is_empty(&both));
        g_assert_true(g_str_has_prefix(model->name, model->family));
        for (const guint16 *index = model->gone; *index != X86_NO_FEATURE; index++) {
            g_assert_cmpuint(*index, <, x86_map_n_features());
            g_assert_false(x86_set_has(&model->features, *index));
        }
        for (gsize s = 0; s < model->n_signatures; s++) {
            g_assert_cmpuint(model->signatures[s].family, >, 0);
            g_assert_cmpuint(model->signatures[s].steppings, !=, 0);
        }
    }
}

/* A version says what its family's first model was made to be: vendors never differ within one. */
static void
test_families(void)
{
    for (gsize i = 0; i < x86_map_n_models(); i++) {
        for (gsize j = 0; j < i; j++) {
            const X86Model *a = x86_map_model(i);
            const X86Model *b = x86_map_model(j);

            g_assert_true(!g_str_equal(a->family, b->family) || a->vendor == b->vendor);
        }
    }
}

static void
test_unknown(void)
{
    static const char *const names[] = { "", "sse", "ssf", "zzz", "SSE2", "486 " };

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_assert_null(x86_map_find_model(names[i]));
        g_assert_null(x86_map_find_vendor(names[i]));
        g_assert_true((x86_map_find_feature(names[i]) == X86_NO_FEATURE) ==
                      !g_str_equal(names[i], "sse"));
    }
}

static void
test_vendors(void)
{
    const X86Vendor *intel = x86_map_find_vendor("Intel");

    g_assert_true(intel != NULL && x86_map_find_vendor("GenuineIntel") == intel);
    g_assert_true(x86_map_find_vendor_registers(0x756e6547, 0x6c65746e, 0x49656e69) == intel);
    g_assert_null(x86_map_find_vendor_registers(0, 0, 0));
}

/* What cpu.h says of the map, for an architecture that has one and one that has none. */
static void
test_public(void)
{
    g_autofree const char **models = virtcpu_cpu_model_names(VIRTCPU_ARCH_I686, NULL);
    g_autofree const char **none = virtcpu_cpu_feature_names(VIRTCPU_ARCH_M68K);
    VirtCpuFeatureInfo feature;
    VirtCpuModelInfo model;

    g_assert_cmpstr(models[0], ==, "486");
    g_assert_null(none[0]);
    g_assert_true(virtcpu_cpu_model_info(VIRTCPU_ARCH_X86_64, "Skylake-Server-v4", &model));
    g_assert_cmpstr(model.family, ==, "Skylake-Server");
    g_assert_cmpuint(model.version, ==, 4);
    g_assert_cmpuint(model.level, ==, 4);
    g_assert_false(model.decode_guest);
    g_assert_false(virtcpu_cpu_model_info(VIRTCPU_ARCH_X86_64, "Skylake-Server-v44", &model));
    g_assert_false(virtcpu_cpu_model_info(VIRTCPU_ARCH_M68K, "486", &model));
    g_assert_true(virtcpu_cpu_feature_info(VIRTCPU_ARCH_X86_64, "cqm", &feature));
    g_assert_cmpstr(feature.name, ==, "cmt");
    g_assert_null(feature.qemu);
    g_assert_cmpuint(feature.leaf, ==, 7);
    g_assert_cmpuint(feature.bit, ==, 12);
    g_assert_cmpstr(virtcpu_register_to_string(feature.reg), ==, "ebx");
}

static void
test_spellings(void)
{
    const VirtCpuArch arch = VIRTCPU_ARCH_X86_64;

    g_assert_cmpstr(virtcpu_cpu_feature_to_qemu(arch, "pclmuldq"), ==, "pclmulqdq");
    g_assert_cmpstr(virtcpu_cpu_feature_to_qemu(arch, "lahf_lm"), ==, "lahf-lm");
    g_assert_cmpstr(virtcpu_cpu_feature_to_qemu(arch, "sse4.1"), ==, "sse4.1");
    g_assert_cmpstr(virtcpu_cpu_feature_to_qemu(arch, "no-such"), ==, "no-such");
    g_assert_cmpstr(virtcpu_cpu_feature_from_qemu(arch, "sse3"), ==, "pni");
    g_assert_null(virtcpu_cpu_feature_from_qemu(arch, "kvm"));
    g_assert_false(virtcpu_cpu_feature_is_migratable(arch, "invtsc"));
    g_assert_true(virtcpu_cpu_feature_is_migratable(arch, "no-such"));
    g_assert_cmpstr(virtcpu_cpu_model_vendor(arch, "EPYC"), ==, "AMD");
    g_assert_null(virtcpu_cpu_model_vendor(arch, "qemu64"));
}

static void
test_levels(void)
{
    static const struct {
        const char *model;
        unsigned level;
    } rows[] = {
        { "486", 0 },     { "qemu64", 1 },         { "Nehalem", 2 },    { "SandyBridge", 2 },
        { "Haswell", 2 }, { "Skylake-Client", 3 }, { "EPYC-Genoa", 4 },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        VirtCpuModelInfo info;

        g_assert_true(virtcpu_cpu_model_info(VIRTCPU_ARCH_X86_64, rows[i].model, &info));
        g_assert_cmpuint(info.level, ==, rows[i].level);
    }
}

/* Every file of the map is what its schema says. */
static void
test_schema(void)
{
    g_autofree char *folder =
        g_build_filename(g_getenv("VIRTCPU_TEST_DATA"), "..", "..", "drivers", "cpu", "map", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    unsigned files = 0;

    g_assert_nonnull(dir);
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(xmlDoc) doc = NULL;
        g_autofree char *text = NULL;

        if (!g_str_has_suffix(name, ".xml")) {
            continue;
        }
        g_assert_true(g_file_get_contents(path, &text, NULL, &error));
        doc = virtcpu_xml_parse(text, &error);
        g_assert_no_error(error);
        g_assert_true(virtcpu_xml_validate(doc, "map.rng", &error));
        files++;
    }
    g_assert_cmpuint(files, >=, 10);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cpu/map/features", test_features);
    g_test_add_func("/cpu/map/aliases", test_aliases);
    g_test_add_func("/cpu/map/registers", test_registers);
    g_test_add_func("/cpu/map/models", test_models);
    g_test_add_func("/cpu/map/families", test_families);
    g_test_add_func("/cpu/map/unknown", test_unknown);
    g_test_add_func("/cpu/map/vendors", test_vendors);
    g_test_add_func("/cpu/map/public", test_public);
    g_test_add_func("/cpu/map/spellings", test_spellings);
    g_test_add_func("/cpu/map/levels", test_levels);
    g_test_add_func("/cpu/map/schema", test_schema);
    return g_test_run();
}
