/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which layer decides about a feature, from what host, KVM and QEMU have. */
#include "drivers/qemu/explain.h"

#include <string.h>

/* One feature that is not there, and who has it. */
typedef struct {
    const char *label;
    const char *feature;
    VirtCpuVirtType virt_type;
    gboolean host_known, on_host, in_kvm, filtered;
    VirtCpuFeatureState state;
    VirtCpuLayer layer;
    const char *words; /* in evidence or remedy */
} Row;

static const Row rows[] = {
    { "hardware", "avx512f", VIRTCPU_VIRT_KVM, TRUE, FALSE, FALSE, TRUE, VIRTCPU_STATE_FILTERED,
      VIRTCPU_LAYER_HARDWARE, "CPUID 0x7.0 EBX bit 16 is 0" },
    { "microcode", "spec-ctrl", VIRTCPU_VIRT_KVM, TRUE, FALSE, FALSE, TRUE, VIRTCPU_STATE_FILTERED,
      VIRTCPU_LAYER_MICROCODE, "newer microcode" },
    { "mitigation", "rtm", VIRTCPU_VIRT_KVM, TRUE, FALSE, FALSE, TRUE, VIRTCPU_STATE_FILTERED,
      VIRTCPU_LAYER_MICROCODE, "TSX" },
    { "KVM", "pku", VIRTCPU_VIRT_KVM, TRUE, TRUE, FALSE, TRUE, VIRTCPU_STATE_FILTERED,
      VIRTCPU_LAYER_KVM, "KVM_GET_SUPPORTED_CPUID of kernel 6.1 lacks it" },
    { "nested", "vmx", VIRTCPU_VIRT_KVM, TRUE, TRUE, FALSE, TRUE, VIRTCPU_STATE_FILTERED,
      VIRTCPU_LAYER_KVM, "nested=1" },
    { "MSR", "rdctl-no", VIRTCPU_VIRT_KVM, TRUE, FALSE, FALSE, FALSE, VIRTCPU_STATE_MISSING,
      VIRTCPU_LAYER_HARDWARE, "MSR 0x10a bit 0 is 0" },
    { "QEMU", "x2apic", VIRTCPU_VIRT_KVM, TRUE, FALSE, TRUE, TRUE, VIRTCPU_STATE_FILTERED,
      VIRTCPU_LAYER_QEMU, "interrupt controller" },
    { "dependency", "avx2", VIRTCPU_VIRT_KVM, TRUE, TRUE, TRUE, FALSE, VIRTCPU_STATE_MISSING,
      VIRTCPU_LAYER_DEPENDENCY, "pc-q35-7.2" },
    { "unknown host", "avx512f", VIRTCPU_VIRT_KVM, FALSE, FALSE, FALSE, TRUE,
      VIRTCPU_STATE_FILTERED, VIRTCPU_LAYER_QEMU, "filtered" },
    { "TCG", "avx512f", VIRTCPU_VIRT_QEMU, TRUE, TRUE, TRUE, TRUE, VIRTCPU_STATE_FILTERED,
      VIRTCPU_LAYER_TCG, "kvm" },
    { "TCG, a dependency", "avx2", VIRTCPU_VIRT_QEMU, TRUE, TRUE, TRUE, FALSE,
      VIRTCPU_STATE_MISSING, VIRTCPU_LAYER_DEPENDENCY, "by itself" },
};

/* Data with @feature when @has. */
static VirtCpuData *
make_data(const char *feature, gboolean has)
{
    VirtCpuData *data = virtcpu_cpu_data_new(VIRTCPU_ARCH_X86_64, NULL);

    if (has) {
        g_assert_true(virtcpu_cpu_data_add_feature(data, feature));
    }
    return data;
}

static VirtCpuDomainDef *
make_def(VirtCpuVirtType virt_type)
{
    VirtCpuDomainDef *def = virtcpu_domain_def_new();

    def->arch = VIRTCPU_ARCH_X86_64;
    def->virt_type = virt_type;
    def->machine = g_strdup("pc-q35-7.2");
    return def;
}

static void
test_row(gconstpointer data)
{
    const Row *row = data;
    g_autoptr(VirtCpuData) on_host = make_data(row->feature, row->on_host);
    g_autoptr(VirtCpuData) in_kvm = make_data(row->feature, row->in_kvm);
    g_autoptr(VirtCpuData) filtered = make_data(row->feature, row->filtered);
    g_autoptr(VirtCpuDomainDef) def = make_def(row->virt_type);
    g_autofree char *kernel = g_strdup("6.1");
    const VirtCpuHost host = { .kernel = kernel, .cpu_data = on_host, .kvm_data = in_kvm };
    const VirtCpuExplainFacts facts = {
        .def = def,
        .live = { .filtered = filtered },
        .host = row->host_known ? &host : NULL,
    };
    g_autoptr(GPtrArray) explanations = virtcpu_explanations_new();
    const VirtCpuExplanation *explanation;

    virtcpu_explain_missing(&facts, row->feature, explanations);
    g_assert_cmpuint(explanations->len, ==, 1);
    explanation = g_ptr_array_index(explanations, 0);
    g_assert_cmpstr(explanation->feature, ==, row->feature);
    g_assert_cmpint(explanation->state, ==, row->state);
    g_assert_cmpstr(virtcpu_layer_to_string(explanation->layer), ==,
                    virtcpu_layer_to_string(row->layer));
    g_assert_true(strstr(explanation->evidence, row->words) != NULL ||
                  strstr(explanation->remedy, row->words) != NULL);
}

/* What is there: a Westmere that lacks aes and has avx on top. */
static void
test_cpu(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDef) cpu = virtcpu_def_parse(
        "<cpu mode='custom' match='exact'><model fallback='forbid'>Westmere</model>"
        "<feature policy='disable' name='avx'/></cpu>",
        VIRTCPU_DEF_GUEST, &error);
    g_autoptr(VirtCpuData) expected = virtcpu_cpu_encode(VIRTCPU_ARCH_X86_64, cpu, &error);
    g_autoptr(VirtCpuData) enabled = NULL;
    g_autoptr(VirtCpuDomainDef) def = make_def(VIRTCPU_VIRT_QEMU);
    g_autoptr(GPtrArray) explanations = virtcpu_explanations_new();
    g_autoptr(GString) text = g_string_new("Refused");
    VirtCpuExplainFacts facts = { .def = def, .cpu = cpu, .expected = expected };

    g_assert_no_error(error);
    enabled = virtcpu_cpu_data_copy(expected);
    facts.live.enabled = enabled;
    g_assert_true(virtcpu_explain_cpu(&facts, explanations, &error));
    g_assert_cmpuint(explanations->len, ==, 0);
    virtcpu_explanations_append_sentences(explanations, text);
    g_assert_cmpstr(text->str, ==, "Refused");

    virtcpu_cpu_data_add_feature(enabled, "avx");
    virtcpu_cpu_data_add_feature(enabled, "avx2");
    g_assert_true(virtcpu_explain_cpu(&facts, explanations, &error));
    g_assert_cmpuint(explanations->len, ==, 2);
    virtcpu_explanations_append_sentences(explanations, text);
    g_assert_true(
        g_str_has_prefix(text->str, "Refused. QEMU or the machine type adds: avx,avx2; "));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *name = g_strdup_printf("/explain/missing/%s", rows[i].label);

        g_test_add_data_func(name, &rows[i], test_row);
    }
    g_test_add_func("/explain/cpu", test_cpu);
    return g_test_run();
}
