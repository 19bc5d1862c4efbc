/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/cpu/x86-encode.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/cpu/x86-cpu.h"
#include "drivers/cpu/x86-data.h"

/* The vendor @def names, or its model's. */
static gboolean
encode_vendor(VirtCpuData *data, const VirtCpuDef *def, const X86Model *model, GError **error)
{
    const X86Vendor *vendor = model != NULL ? model->vendor : NULL;

    if (def->vendor != NULL) {
        vendor = x86_map_find_vendor(def->vendor);
        if (vendor == NULL) {
            virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED, _("CPU vendor %s not found"),
                              def->vendor);
            return FALSE;
        }
    }
    if (vendor != NULL) {
        x86_data_set_vendor(data, vendor);
    }
    return TRUE;
}

/* The signature @def has, or the first of its model. */
static void
encode_signature(VirtCpuData *data, const VirtCpuDef *def, const X86Model *model)
{
    X86Stepping stepping = { def->sig_family, def->sig_model, def->sig_stepping };

    if (!def->has_signature) {
        if (model == NULL || model->n_signatures == 0) {
            return;
        }
        stepping = (X86Stepping){ model->signatures[0].family, model->signatures[0].model, 0 };
    }
    x86_data_set_stepping(data, &stepping);
}

VirtCpuData *
x86_encode(VirtCpuArch arch, const VirtCpuDef *def, GError **error)
{
    g_autoptr(VirtCpuData) data = x86_data_new(arch);
    g_auto(X86Cpu) cpu = { 0 };

    if (!x86_cpu_init(&cpu, arch, def, error) || !encode_vendor(data, def, cpu.model, error)) {
        return NULL;
    }
    encode_signature(data, def, cpu.model);
    for (gsize i = x86_set_next(&cpu.full, 0); i < x86_map_n_features();
         i = x86_set_next(&cpu.full, i + 1)) {
        x86_data_add_feature(data, i);
    }
    return g_steal_pointer(&data);
}
