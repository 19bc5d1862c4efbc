/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/guest-verify.h"

static void
append_difference(VirtCpuJson *list, const VirtCpuGuestDifference *difference)
{
    VirtCpuJson *entry = virtcpu_json_append(list, virtcpu_json_new_object());

    virtcpu_json_set_int(entry, "vcpu", difference->vcpu);
    if (difference->reg == VIRTCPU_REGISTER_MSR) {
        virtcpu_json_set_int(entry, "msr", difference->leaf);
    } else {
        virtcpu_json_set_int(entry, "leaf", difference->leaf);
        virtcpu_json_set_int(entry, "subleaf", difference->subleaf);
        virtcpu_json_set_string(entry, "register", virtcpu_register_to_string(difference->reg));
    }
    if (difference->bit >= 0) {
        virtcpu_json_set_int(entry, "bit", difference->bit);
    }
    virtcpu_json_set_string(entry, "what", difference->what);
    virtcpu_json_set_string(entry, "sees", difference->sees);
    virtcpu_json_set_string(entry, "says", difference->says);
    virtcpu_json_set_string(entry, "promises", difference->promises);
    virtcpu_json_set_string(entry, "explanation", difference->why);
}

VirtCpuJson *
virtcpu_guest_verdict_to_json(const VirtCpuGuestVerdict *verdict)
{
    VirtCpuJson *out = virtcpu_json_new_object();
    VirtCpuJson *list;

    virtcpu_json_set_bool(out, "agree", virtcpu_guest_count_unexplained(verdict->differences) == 0);
    virtcpu_json_set_string(out, "emulator", verdict->def->emulator);
    virtcpu_json_set_string(out, "machine", verdict->def->machine);
    virtcpu_json_set_string(out, "virt-type", virtcpu_virt_type_to_string(verdict->def->virt_type));
    virtcpu_json_set_string(out, "cpu", verdict->line.cpu);
    virtcpu_json_set(out, "globals",
                     virtcpu_json_new_strings((const char *const *)verdict->line.globals));
    virtcpu_json_set_int(out, "vcpus", verdict->proof.sees->len);
    virtcpu_json_set_int(out, "microseconds", verdict->proof.microseconds);
    list = virtcpu_json_set(out, "differences", virtcpu_json_new_array());
    for (guint i = 0; i < verdict->differences->len; i++) {
        append_difference(list, g_ptr_array_index(verdict->differences, i));
    }
    return out;
}
