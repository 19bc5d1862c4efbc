/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/cpu/x86-expansion.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/cpu/x86-data.h"

/* A part of the signature; what is absent or out of the field's range counts as 0. */
static unsigned
get_part(const VirtCpuJson *props, const char *name, gint64 max)
{
    gint64 value = 0;

    if (!virtcpu_json_get_int(props, name, &value) || value < 0 || value > max) {
        return 0;
    }
    return (unsigned)value;
}

VirtCpuData *
x86_expansion_to_data(VirtCpuArch arch, const VirtCpuJson *model, GError **error)
{
    const VirtCpuJson *props = virtcpu_json_get(model, "props");
    const char *string = virtcpu_json_get_string(props, "vendor");
    const X86Vendor *vendor = string != NULL ? x86_map_find_vendor(string) : NULL;
    const X86Stepping stepping = {
        .family = get_part(props, "family", 0xff + 0xf),
        .model = get_part(props, "model", 0xff),
        .stepping = get_part(props, "stepping", 0xf),
    };
    VirtCpuData *data;

    if (virtcpu_json_kind(props) != VIRTCPU_JSON_OBJECT) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("QEMU's CPU model has no object 'props'"));
        return NULL;
    }
    data = x86_data_new(arch);
    if (vendor != NULL) {
        x86_data_set_vendor(data, vendor);
    }
    x86_data_set_stepping(data, &stepping);
    for (gsize i = 0; i < virtcpu_json_size(props); i++) {
        guint16 index = x86_map_find_feature(virtcpu_json_key_at(props, i));

        if (index != X86_NO_FEATURE && virtcpu_json_is_true(virtcpu_json_at(props, i))) {
            x86_data_add_feature(data, index);
        }
    }
    return data;
}
