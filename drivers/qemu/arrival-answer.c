/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A decision in words. */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/arrival.h"

/* Obstacles named in an error at most. */
#define MAX_NAMED 20

gboolean
virtcpu_arrival_check(const VirtCpuArrival *arrival, GError **error)
{
    const guint count = arrival->obstacles->len;
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < count && i < MAX_NAMED; i++) {
        const VirtCpuExplanation *obstacle = g_ptr_array_index(arrival->obstacles, i);

        g_string_append_printf(text, "%s%s (%s: %s; %s)", i > 0 ? ", " : "", obstacle->feature,
                               virtcpu_layer_to_string(obstacle->layer), obstacle->evidence,
                               obstacle->remedy);
    }
    if (count > MAX_NAMED) {
        g_string_append_printf(text, _(" and %u more"), count - MAX_NAMED);
    }
    if (count > 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_CPU_INCOMPATIBLE,
                          _("this host cannot give the guest exactly the CPU that it has: %s"),
                          text->str);
    }
    return count == 0;
}

VirtCpuJson *
virtcpu_arrival_to_json(const VirtCpuArrival *arrival)
{
    VirtCpuJson *out = virtcpu_json_new_object();
    VirtCpuJson *list;

    virtcpu_json_set_bool(out, "possible", arrival->obstacles->len == 0);
    virtcpu_json_set_string(out, "emulator", arrival->emulator);
    virtcpu_json_set_string(out, "version", arrival->version);
    virtcpu_json_set_string(out, "machine", arrival->machine);
    virtcpu_json_set_string(out, "virt-type", virtcpu_virt_type_to_string(arrival->virt_type));
    if (arrival->line.cpu != NULL) {
        virtcpu_json_set_string(out, "cpu", arrival->line.cpu);
        virtcpu_json_set(out, "globals",
                         virtcpu_json_new_strings((const char *const *)arrival->line.globals));
    }
    virtcpu_json_set_string(out, "proof", virtcpu_proof_level_to_string(arrival->proof));
    virtcpu_json_set_string(out, "unproven", arrival->unproven);
    list = virtcpu_json_set(out, "obstacles", virtcpu_json_new_array());
    for (guint i = 0; i < arrival->obstacles->len; i++) {
        const VirtCpuExplanation *obstacle = g_ptr_array_index(arrival->obstacles, i);
        VirtCpuJson *entry = virtcpu_json_append(list, virtcpu_json_new_object());

        virtcpu_json_set_string(entry, "name", obstacle->feature);
        virtcpu_json_set_string(entry, "state", virtcpu_feature_state_to_string(obstacle->state));
        virtcpu_json_set_string(entry, "layer", virtcpu_layer_to_string(obstacle->layer));
        virtcpu_json_set_string(entry, "evidence", obstacle->evidence);
        virtcpu_json_set_string(entry, "remedy", obstacle->remedy);
    }
    return out;
}
