/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/i18n.h"
#include "drivers/cpu/x86-cpu.h"

#include <string.h>

/* libvirt's sentence and the names, "sentence: a, b". */
static void
add_reason(GPtrArray *reasons, const char *sentence, const X86Set *features)
{
    GString *text;

    if (reasons == NULL) {
        return;
    }
    text = g_string_new(sentence);
    for (gsize i = x86_set_next(features, 0); i < x86_map_n_features();
         i = x86_set_next(features, i + 1)) {
        g_string_append(text, text->len == strlen(sentence) ? ": " : ", ");
        g_string_append(text, x86_map_feature(i)->name);
    }
    g_ptr_array_add(reasons, g_string_free(text, FALSE));
}

VirtCpuCompareResult
x86_cpu_compare(const VirtCpu *host, const VirtCpu *cpu, GPtrArray *reasons)
{
    const X86Cpu *has = (const X86Cpu *)host;
    const X86Cpu *wants = (const X86Cpu *)cpu;
    X86Set found;

    if (wants->vendor != NULL && g_strcmp0(wants->vendor, has->vendor) != 0) {
        if (reasons != NULL) {
            g_ptr_array_add(reasons, g_strdup_printf(_("host CPU vendor does not match required "
                                                       "CPU vendor %s"),
                                                     wants->vendor));
        }
        return VIRTCPU_COMPARE_INCOMPATIBLE;
    }
    found = wants->by_policy[VIRTCPU_POLICY_FORBID];
    x86_set_intersect(&found, &has->full);
    if (!x86_set_is_empty(&found)) {
        add_reason(reasons, _("Host CPU provides forbidden features"), &found);
        return VIRTCPU_COMPARE_INCOMPATIBLE;
    }
    found = x86_set_difference(&wants->need, &has->full);
    if (!x86_set_is_empty(&found)) {
        add_reason(reasons, _("Host CPU does not provide required features"), &found);
        return VIRTCPU_COMPARE_INCOMPATIBLE;
    }
    found = x86_set_difference(&has->full, &wants->named);
    if (x86_set_is_empty(&found)) {
        return VIRTCPU_COMPARE_IDENTICAL;
    }
    if (wants->strict) {
        add_reason(reasons, _("Host CPU does not strictly match guest CPU: Extra features"),
                   &found);
        return VIRTCPU_COMPARE_INCOMPATIBLE;
    }
    return VIRTCPU_COMPARE_SUPERSET;
}
