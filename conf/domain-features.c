/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/domain-features.h"

static const VirtCpuFeatureRow rows[] = {
    { "acpi", VIRTCPU_FEATURE_FLAG, NULL },
    { "apic", VIRTCPU_FEATURE_FLAG, "eoi" },
    { "pae", VIRTCPU_FEATURE_FLAG, NULL },
    { "hyperv/relaxed", VIRTCPU_FEATURE_STATE, NULL },
    { "hyperv/vapic", VIRTCPU_FEATURE_STATE, NULL },
    { "hyperv/spinlocks", VIRTCPU_FEATURE_VALUE, "retries" },
    { "hyperv/vpindex", VIRTCPU_FEATURE_STATE, NULL },
    { "hyperv/runtime", VIRTCPU_FEATURE_STATE, NULL },
    { "hyperv/synic", VIRTCPU_FEATURE_STATE, NULL },
    { "hyperv/stimer", VIRTCPU_FEATURE_STATE, NULL },
    { "hyperv/reset", VIRTCPU_FEATURE_STATE, NULL },
    { "hyperv/vendor_id", VIRTCPU_FEATURE_VALUE, "value" },
    { "hyperv/frequencies", VIRTCPU_FEATURE_STATE, NULL },
    { "hyperv/reenlightenment", VIRTCPU_FEATURE_STATE, NULL },
    { "hyperv/tlbflush", VIRTCPU_FEATURE_STATE, NULL },
    { "hyperv/ipi", VIRTCPU_FEATURE_STATE, NULL },
    { "hyperv/evmcs", VIRTCPU_FEATURE_STATE, NULL },
    { "hyperv/avic", VIRTCPU_FEATURE_STATE, NULL },
    { "kvm/hidden", VIRTCPU_FEATURE_STATE, NULL },
    { "kvm/hint-dedicated", VIRTCPU_FEATURE_STATE, NULL },
    { "kvm/poll-control", VIRTCPU_FEATURE_STATE, NULL },
    { "kvm/pv-ipi", VIRTCPU_FEATURE_STATE, NULL },
    { "pvspinlock", VIRTCPU_FEATURE_STATE, NULL },
    { "pmu", VIRTCPU_FEATURE_STATE, NULL },
    { "vmport", VIRTCPU_FEATURE_STATE, NULL },
    { "smm", VIRTCPU_FEATURE_STATE, NULL },
};

const VirtCpuFeatureRow *
virtcpu_domain_feature_row(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (g_str_equal(rows[i].name, name)) {
            return &rows[i];
        }
    }
    return NULL;
}

const VirtCpuFeatureRow *
virtcpu_domain_feature_row_at(gsize index)
{
    return index < G_N_ELEMENTS(rows) ? &rows[index] : NULL;
}
