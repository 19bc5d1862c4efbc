/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Physical CPUs and what libvirt says of them: decoded as host, as guest, from QEMU's answer, and
 * brought up to date from a live vCPU. Byte for byte but for the rows of `differences`. */
#include "drivers/cpu/cpu.h"
#include "tests/peer/peer.h"

#include <string.h>

/* The peer's answers were made with the map of libvirt 11.3. With the models of that map ours are
 * the same; with all models these are described by a newer one. */
static const struct {
    const char *file; /* after "x86_64-cpuid-" */
    const char *theirs;
    const char *ours;
    const char *reason;
} differences[] = {
    { "EPYC-7601-32-Core-ibpb-host.xml", "EPYC-v4", "EPYC-v5",
      "version of QEMU 10.1: the nested SVM features this CPU has" },
    { "Ryzen-9-3900X-12-Core-host.xml", "EPYC-Rome-v1", "EPYC-v5",
      "version of QEMU 10.1; no model has this CPU's signature, and its list is shorter" },
};

static char *
file_of(const char *machine, const char *suffix)
{
    return g_strdup_printf("cpus/x86_64-cpuid-%s%s", machine, suffix);
}

static VirtCpuData *
read_data(const char *machine, const char *suffix)
{
    g_autofree char *file = file_of(machine, suffix);
    g_autofree char *xml = peer_read_xml(file);
    g_autoptr(GError) error = NULL;
    VirtCpuData *data = virtcpu_cpu_data_parse(xml, &error);

    g_assert_no_error(error);
    return data;
}

/* Names of the models of libvirt 11.3 (transfer full). */
static GStrv
read_old_models(void)
{
    g_autofree char *index = peer_read_xml("cpu_map-11.3/index.xml");
    g_auto(GStrv) parts = g_strsplit(index, "<include filename='x86_", -1);
    GPtrArray *names = g_ptr_array_new();

    for (gsize i = 1; parts[i] != NULL; i++) {
        g_ptr_array_add(names, g_strndup(parts[i], strcspn(parts[i], ".'")));
    }
    g_ptr_array_add(names, NULL);
    return (GStrv)g_ptr_array_free(names, FALSE);
}

/* Features the map of 11.3 had no name for, in CPUs it was asked about. */
static const struct {
    const char *machine;
    const char *name;
} new_features[] = {
    { "Ryzen-9-3900X-12-Core", "gmet" },
};

static void
drop_new_features(const char *machine, VirtCpuDef *def)
{
    for (gsize i = 0; i < G_N_ELEMENTS(new_features); i++) {
        if (g_str_equal(new_features[i].machine, machine)) {
            virtcpu_def_remove_feature(def, new_features[i].name);
        }
    }
}

/* The model we give where the peer gives @theirs. */
static const char *
expected_model(const char *file, const char *theirs)
{
    for (gsize i = 0; i < G_N_ELEMENTS(differences); i++) {
        if (g_str_equal(file + strlen("cpus/x86_64-cpuid-"), differences[i].file)) {
            g_assert_cmpstr(differences[i].theirs, ==, theirs);
            g_test_message("%s: %s", file, differences[i].reason);
            return differences[i].ours;
        }
    }
    return theirs;
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
assert_decoded(const char *machine, const char *suffix, const VirtCpuData *data,
               VirtCpuDefType type, const GPtrArray *hv_models)
{
    g_auto(GStrv) old_models = read_old_models();
    VirtCpuDecodeOptions options = {
        .type = type,
        .hv_models = hv_models,
        .models = (const char *const *)old_models,
    };
    g_autofree char *file = file_of(machine, suffix);
    g_autofree char *expected = peer_read_xml(file);
    g_autoptr(VirtCpuDef) old = decode(data, &options);
    g_autofree char *xml = NULL;
    g_autoptr(VirtCpuDef) newest = NULL;

    drop_new_features(machine, old);
    xml = virtcpu_def_to_xml(old);
    g_assert_cmpstr(xml, ==, expected);
    options.models = NULL;
    newest = decode(data, &options);
    g_assert_cmpstr(newest->model, ==, expected_model(file, old->model));
}

/* The models QEMU listed on that machine; NULL where the answers were made without. */
static GPtrArray *
read_models(const char *machine, const GPtrArray *documents)
{
    g_autoptr(GPtrArray) rows = peer_read_table("cpus/index.tsv", TRUE);
    g_autoptr(GError) error = NULL;
    GPtrArray *models;
    gboolean with_models = FALSE;

    for (guint i = 0; i < rows->len; i++) {
        char **row = g_ptr_array_index(rows, i);

        with_models |= g_str_equal(row[0], machine) && strstr(row[1], "CPU definitions") != NULL;
    }
    if (!with_models) {
        return NULL;
    }
    models = virtcpu_hv_models_from_json(
        virtcpu_json_get(g_ptr_array_index(documents, documents->len - 1), "return"), &error);
    g_assert_no_error(error);
    return models;
}

static GPtrArray *
read_documents(const char *machine)
{
    g_autofree char *file = file_of(machine, ".json");

    return peer_read_json(file);
}

static void
test_host(gconstpointer machine)
{
    g_autoptr(VirtCpuData) data = read_data(machine, ".xml");

    assert_decoded(machine, "-host.xml", data, VIRTCPU_DEF_HOST, NULL);
}

static void
test_guest(gconstpointer machine)
{
    g_autoptr(VirtCpuData) data = read_data(machine, ".xml");
    g_autoptr(GPtrArray) documents = read_documents(machine);
    g_autoptr(GPtrArray) models = read_models(machine, documents);

    assert_decoded(machine, "-guest.xml", data, VIRTCPU_DEF_GUEST, models);
}

static void
test_json(gconstpointer machine)
{
    g_autoptr(GPtrArray) documents = read_documents(machine);
    g_autoptr(GPtrArray) models = read_models(machine, documents);
    g_autoptr(VirtCpuData) data = NULL;
    g_autoptr(GError) error = NULL;

    if (documents->len == 0) {
        g_test_skip("no QEMU answer was recorded on this machine");
        return;
    }
    data = virtcpu_cpu_data_from_expansion(
        VIRTCPU_ARCH_X86_64,
        virtcpu_json_get(virtcpu_json_get(g_ptr_array_index(documents, 0), "return"), "model"),
        &error);
    g_assert_no_error(error);
    assert_decoded(machine, "-json.xml", data, VIRTCPU_DEF_GUEST, models);
}

static void
test_signature(gconstpointer machine)
{
    const VirtCpuDecodeOptions options = { .type = VIRTCPU_DEF_HOST };
    g_autoptr(VirtCpuData) data = read_data(machine, ".xml");
    g_autofree char *file = file_of(machine, ".sig");
    g_autofree char *expected = peer_read(file);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDef) def = virtcpu_cpu_decode(data, &options, &error);
    g_autofree char *tail = NULL;

    g_assert_no_error(error);
    tail = g_strdup_printf("family:   %3u (0x%02x)\nmodel:    %3u (0x%02x)\n"
                           "stepping: %3u (0x%02x)\n",
                           def->sig_family, def->sig_family, def->sig_model, def->sig_model,
                           def->sig_stepping, def->sig_stepping);
    g_assert_cmpstr(strchr(expected, '\n') + 1, ==, tail);
}

static VirtCpuDef *
read_def(const char *machine, const char *suffix)
{
    g_autofree char *file = file_of(machine, suffix);
    g_autofree char *xml = peer_read_xml(file);
    g_autoptr(GError) error = NULL;
    VirtCpuDef *def = virtcpu_def_parse(xml, VIRTCPU_DEF_GUEST, &error);

    g_assert_no_error(error);
    return def;
}

/* Of CPUID alone: what QEMU turned on was recorded without MSRs. */
static void
assert_same_features(const VirtCpuDef *def, const VirtCpuDef *expected)
{
    g_autofree const char **names = virtcpu_cpu_feature_names(VIRTCPU_ARCH_X86_64);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuData) ours = virtcpu_cpu_encode(VIRTCPU_ARCH_X86_64, def, &error);
    g_autoptr(VirtCpuData) theirs = virtcpu_cpu_encode(VIRTCPU_ARCH_X86_64, expected, &error);

    g_assert_no_error(error);
    for (gsize i = 0; names[i] != NULL; i++) {
        VirtCpuFeatureInfo info;

        g_assert_true(virtcpu_cpu_feature_info(VIRTCPU_ARCH_X86_64, names[i], &info));
        if (info.reg != VIRTCPU_REGISTER_MSR &&
            virtcpu_cpu_data_has_feature(ours, names[i]) !=
                virtcpu_cpu_data_has_feature(theirs, names[i])) {
            g_test_message("differs in %s", names[i]);
            g_test_fail();
        }
    }
}

/* The guest CPU asked for, brought up to date with what QEMU turned on, is what QEMU said. */
static void
test_live(gconstpointer machine)
{
    g_autoptr(GPtrArray) documents = read_documents(machine);
    g_autoptr(VirtCpuDef) guest = NULL;
    g_autoptr(VirtCpuDef) expected = NULL;
    g_autoptr(VirtCpuData) enabled = NULL;
    g_autoptr(VirtCpuData) filtered = NULL;
    g_autoptr(VirtCpuDef) updated = NULL;
    g_autoptr(GPtrArray) missing = NULL;
    g_autoptr(GPtrArray) extra = NULL;
    g_autoptr(GError) error = NULL;
    VirtCpuLive live;

    if (documents->len == 0) {
        g_test_skip("no QEMU answer was recorded on this machine");
        return;
    }
    guest = read_def(machine, "-guest.xml");
    expected = read_def(machine, "-json.xml");
    live.enabled = enabled = read_data(machine, "-enabled.xml");
    live.filtered = filtered = read_data(machine, "-disabled.xml");
    updated = virtcpu_cpu_update_live(VIRTCPU_ARCH_X86_64, guest, &live, &error);
    g_assert_no_error(error);
    assert_same_features(updated, expected);
    g_assert_true(virtcpu_cpu_check_live(VIRTCPU_ARCH_X86_64, updated, NULL, &live, &missing,
                                         &extra, &error));
    g_assert_cmpuint(missing->len, ==, 0);
    g_assert_cmpuint(extra->len, ==, 0);
}

static void
add_case(const char *kind, const char *machine, GTestDataFunc function)
{
    g_autofree char *path = g_strdup_printf("/peer/cpus/%s/%s", kind, machine);

    g_test_add_data_func_full(path, g_strdup(machine), function, g_free);
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
    rows = peer_read_table("cpus/index.tsv", TRUE);
    if (rows == NULL) {
        g_test_add_func("/peer/cpus", test_absent);
    }
    for (guint i = 0; rows != NULL && i < rows->len; i++) {
        const char *machine = ((char **)g_ptr_array_index(rows, i))[0];

        add_case("host", machine, test_host);
        add_case("guest", machine, test_guest);
        add_case("json", machine, test_json);
        add_case("live", machine, test_live);
        add_case("signature", machine, test_signature);
    }
    return g_test_run();
}
