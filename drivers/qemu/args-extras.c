/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/args-priv.h"

static gboolean
add_rng(VirtCpuArgs *args, const VirtCpuRngDef *rng, GError **error)
{
    g_autofree char *object_id = g_strconcat("obj", rng->alias, NULL);
    VirtCpuJson *device = virtcpu_args_virtio(args, "rng", rng->alias, error);
    VirtCpuJson *object;

    if (device == NULL) {
        return FALSE;
    }
    object = virtcpu_json_new_object();
    virtcpu_json_set_string(object, "qom-type", "rng-random");
    virtcpu_json_set_string(object, "id", object_id);
    virtcpu_json_set_string(object, "filename",
                            rng->backend_path != NULL ? rng->backend_path : "/dev/random");
    virtcpu_args_add_json(args, "-object", object);

    virtcpu_json_set_string(device, "rng", object_id);
    if (rng->rate_bytes != 0) {
        virtcpu_json_set_int(device, "max-bytes", rng->rate_bytes);
        /* libvirt's default period is a second */
        virtcpu_json_set_int(device, "period",
                             rng->rate_period_ms != 0 ? rng->rate_period_ms : 1000);
    }
    virtcpu_args_add_json(args, "-device", device);
    return TRUE;
}

gboolean
virtcpu_args_extras(VirtCpuArgs *args, GError **error)
{
    const VirtCpuDomainDef *def = args->input->def;

    if (def->memballoon_alias != NULL) {
        VirtCpuJson *device = virtcpu_args_virtio(args, "balloon", def->memballoon_alias, error);

        if (device == NULL) {
            return FALSE;
        }
        virtcpu_args_add_json(args, "-device", device);
    }
    for (guint i = 0; i < def->rngs->len; i++) {
        if (!add_rng(args, g_ptr_array_index(def->rngs, i), error)) {
            return FALSE;
        }
    }
    return TRUE;
}
