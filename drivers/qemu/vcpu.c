/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/vcpu.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/qom-batch.h"

/* What every vCPU is asked for; QEMU's target/i386/cpu.c. All of it must be equal across vCPUs. */
static const char *const identity_properties[] = {
    "vendor", "family", "model", "stepping", "feature-words", "unavailable-features",
};

void
virtcpu_vcpus_clear(VirtCpuVcpus *vcpus)
{
    g_clear_pointer(&vcpus->enabled, virtcpu_cpu_data_free);
    g_clear_pointer(&vcpus->filtered, virtcpu_cpu_data_free);
    vcpus->count = 0;
}

/* Every vCPU must answer like the first. */
static gboolean
check_equal(const VirtCpuQomBatch *batch, const GPtrArray *paths, GError **error)
{
    const guint n = G_N_ELEMENTS(identity_properties);

    for (guint i = n; i < batch->calls->len; i++) {
        const VirtCpuJson *first = virtcpu_qom_batch_reply(batch, i % n);
        const VirtCpuJson *other = virtcpu_qom_batch_reply(batch, i);
        g_autofree char *first_text = virtcpu_json_format(first, FALSE);
        g_autofree char *other_text = virtcpu_json_format(other, FALSE);

        if (!g_str_equal(first_text, other_text)) {
            virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                              _("vCPUs differ: '%s' of '%s' is %s, of '%s' it is %s"),
                              identity_properties[i % n], (const char *)g_ptr_array_index(paths, 0),
                              first_text, (const char *)g_ptr_array_index(paths, i / n),
                              other_text);
            return FALSE;
        }
    }
    return TRUE;
}

/* unavailable-features as data; names the map lacks are no CPU features. */
static VirtCpuData *
to_filtered(VirtCpuArch arch, const VirtCpuJson *names, GError **error)
{
    VirtCpuData *data = virtcpu_cpu_data_new(arch, error);

    for (gsize i = 0; data != NULL && i < virtcpu_json_size(names); i++) {
        const char *name = virtcpu_json_to_string(virtcpu_json_at(names, i));

        if (name != NULL && !virtcpu_cpu_data_add_feature(data, name)) {
            g_debug("unavailable feature '%s' is not in the map", name);
        }
    }
    return data;
}

/* The register of a feature word (X86CPUFeatureWordInfo): 0 to 3, or -1. */
static int
word_register(const VirtCpuJson *word)
{
    static const char *const names[] = { "EAX", "EBX", "ECX", "EDX" };
    const char *name = virtcpu_json_get_string(word, "cpuid-register");

    for (int i = 0; i < (int)G_N_ELEMENTS(names); i++) {
        if (g_strcmp0(names[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

/* Leaf and subleaf of a feature word; a word without a subleaf is of the only one. */
static gboolean
word_leaf(const VirtCpuJson *word, gint64 *leaf, gint64 *subleaf)
{
    *subleaf = 0;
    return virtcpu_json_get_int(word, "cpuid-input-eax", leaf) &&
           (virtcpu_json_get(word, "cpuid-input-ecx") == NULL ||
            virtcpu_json_get_int(word, "cpuid-input-ecx", subleaf));
}

/* Add the leaf of @word with what all of @words say of it: data takes a leaf's registers at once.
 */
static void
add_leaf(VirtCpuData *data, const VirtCpuJson *words, const VirtCpuJson *word)
{
    guint32 registers[4] = { 0 };
    gint64 leaf, subleaf, other_leaf, other_subleaf, features;

    if (!word_leaf(word, &leaf, &subleaf)) {
        return;
    }
    for (gsize i = 0; i < virtcpu_json_size(words); i++) {
        const VirtCpuJson *other = virtcpu_json_at(words, i);
        int reg = word_register(other);

        if (reg >= 0 && word_leaf(other, &other_leaf, &other_subleaf) && other_leaf == leaf &&
            other_subleaf == subleaf && virtcpu_json_get_int(other, "features", &features)) {
            registers[reg] = (guint32)features;
        }
    }
    virtcpu_cpu_data_add_cpuid(data, (guint32)leaf, (guint32)subleaf, registers[0], registers[1],
                               registers[2], registers[3]);
}

/* The first vCPU's CPUID features, vendor and signature from the answers to identity_properties. */
static VirtCpuData *
to_enabled(VirtCpuArch arch, const VirtCpuQomBatch *batch, GError **error)
{
    g_autoptr(VirtCpuData) data = virtcpu_cpu_data_new(arch, error);
    const VirtCpuJson *words = virtcpu_qom_batch_reply(batch, 4);
    const char *vendor = virtcpu_json_to_string(virtcpu_qom_batch_reply(batch, 0));
    gint64 signature[3];

    if (data == NULL) {
        return NULL;
    }
    for (guint i = 0; i < 3; i++) {
        if (!virtcpu_json_to_int(virtcpu_qom_batch_reply(batch, i + 1), &signature[i])) {
            virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                              _("QEMU does not tell property '%s' of a vCPU"),
                              identity_properties[i + 1]);
            return NULL;
        }
    }
    for (gsize i = 0; i < virtcpu_json_size(words); i++) {
        add_leaf(data, words, virtcpu_json_at(words, i));
    }
    if (vendor != NULL && !virtcpu_cpu_data_set_vendor(data, vendor)) {
        g_debug("vendor '%s' is not in the map", vendor);
    }
    virtcpu_cpu_data_set_signature(data, (unsigned)signature[0], (unsigned)signature[1],
                                   (unsigned)signature[2]);
    return g_steal_pointer(&data);
}

static gboolean
ask_identity(VirtCpuQmp *qmp, VirtCpuArch arch, const GPtrArray *paths, unsigned timeout_ms,
             VirtCpuVcpus *vcpus, GError **error)
{
    g_auto(VirtCpuQomBatch) batch = virtcpu_qom_batch_new();

    for (guint i = 0; i < paths->len; i++) {
        for (gsize k = 0; k < G_N_ELEMENTS(identity_properties); k++) {
            virtcpu_qom_batch_add(&batch, g_ptr_array_index(paths, i), identity_properties[k]);
        }
    }
    if (!virtcpu_qom_batch_run(&batch, qmp, timeout_ms, error) ||
        !check_equal(&batch, paths, error)) {
        return FALSE;
    }
    vcpus->filtered = to_filtered(
        arch, virtcpu_qom_batch_reply(&batch, G_N_ELEMENTS(identity_properties) - 1), error);
    vcpus->enabled = vcpus->filtered != NULL ? to_enabled(arch, &batch, error) : NULL;
    return vcpus->enabled != NULL;
}

/* MSRs of features and the CPUID feature without which the guest has none of them
 * (feature_dependencies in QEMU's target/i386/cpu.c). */
static const struct {
    guint32 first, last;
    const char *feature;
} msr_groups[] = {
    { 0xcf, 0xcf, "core-capability" },
    { 0x10a, 0x10a, "arch-capabilities" },
    { 0x480, 0x491, "vmx" },
};

const char *
virtcpu_vcpu_msr_feature(guint32 index)
{
    for (gsize i = 0; i < G_N_ELEMENTS(msr_groups); i++) {
        if (index >= msr_groups[i].first && index <= msr_groups[i].last) {
            return msr_groups[i].feature;
        }
    }
    return NULL;
}

/* Whether the vCPU with @data can have a feature in MSR @index. */
static gboolean
msr_can_be_set(const VirtCpuData *data, guint32 index)
{
    const char *feature = virtcpu_vcpu_msr_feature(index);

    return feature == NULL || virtcpu_cpu_data_has_feature(data, feature);
}

/* Ask the vCPU at @path for the features that are MSR bits, which no feature word shows, and add
 * them to @data. QEMU reads its monitor a byte at a time: only those it can have are worth asking
 * for. One this QEMU does not know is off. */
static gboolean
ask_msr_features(VirtCpuQmp *qmp, VirtCpuArch arch, const char *path, unsigned timeout_ms,
                 VirtCpuData *data, GError **error)
{
    g_autofree const char **names = virtcpu_cpu_feature_names(arch);
    g_autoptr(GPtrArray) asked = g_ptr_array_new_with_free_func(g_free);
    g_auto(VirtCpuQomBatch) batch = virtcpu_qom_batch_new();

    for (const char **name = names; *name != NULL; name++) {
        VirtCpuFeatureInfo info;

        if (virtcpu_cpu_feature_info(arch, *name, &info) && info.reg == VIRTCPU_REGISTER_MSR &&
            info.qemu != NULL && msr_can_be_set(data, info.leaf)) {
            virtcpu_qom_batch_add(&batch, path, info.qemu);
            g_ptr_array_add(asked, g_strdup(info.name));
        }
    }
    if (asked->len > 0 && !virtcpu_qom_batch_run(&batch, qmp, timeout_ms, error)) {
        return FALSE;
    }
    for (guint i = 0; i < asked->len; i++) {
        if (virtcpu_json_is_true(virtcpu_qom_batch_reply(&batch, i))) {
            virtcpu_cpu_data_add_feature(data, g_ptr_array_index(asked, i));
        }
    }
    return TRUE;
}

static gboolean
ask(VirtCpuQmp *qmp, VirtCpuArch arch, guint at_most, unsigned timeout_ms, VirtCpuVcpus *vcpus,
    GError **error)
{
    g_autofree const char **features = virtcpu_cpu_feature_names(arch);
    g_autoptr(GPtrArray) paths = NULL;

    if (features[0] == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_NO_SUPPORT,
                          _("the features of a vCPU of architecture '%s' cannot be asked for"),
                          virtcpu_arch_to_string(arch));
        return FALSE;
    }
    paths = virtcpu_qom_vcpu_paths(qmp, timeout_ms, error);
    if (paths == NULL) {
        return FALSE;
    }
    g_ptr_array_set_size(paths, (int)MIN(paths->len, at_most));
    if (!ask_identity(qmp, arch, paths, timeout_ms, vcpus, error)) {
        return FALSE;
    }
    vcpus->count = paths->len;
    return ask_msr_features(qmp, arch, g_ptr_array_index(paths, 0), timeout_ms, vcpus->enabled,
                            error);
}

gboolean
virtcpu_vcpus_ask(VirtCpuQmp *qmp, VirtCpuArch arch, unsigned timeout_ms, VirtCpuVcpus *vcpus,
                  GError **error)
{
    return ask(qmp, arch, G_MAXUINT, timeout_ms, vcpus, error);
}

gboolean
virtcpu_vcpus_ask_first(VirtCpuQmp *qmp, VirtCpuArch arch, unsigned timeout_ms, VirtCpuVcpus *vcpus,
                        GError **error)
{
    return ask(qmp, arch, 1, timeout_ms, vcpus, error);
}
