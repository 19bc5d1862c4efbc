/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/domain-words.h"

#include "conf/domain-def.h"

static const char *const virt_types[] = { "qemu", "kvm" };
static const char *const actions[] = { "destroy", "restart", "rename-restart", "preserve" };
static const char *const disk_buses[] = { "virtio", "ide", "sata", "scsi" };
static const char *const chardevs[] = { "pty", "file", "unix", "null" };

VIRTCPU_WORDS_DEFINE(virtcpu_virt_type_words, virt_types, VIRTCPU_VIRT_LAST);
VIRTCPU_WORDS_DEFINE(virtcpu_action_words, actions, VIRTCPU_ACTION_LAST);
VIRTCPU_WORDS_DEFINE(virtcpu_disk_bus_words, disk_buses, VIRTCPU_BUS_LAST);
VIRTCPU_WORDS_DEFINE(virtcpu_chardev_words, chardevs, VIRTCPU_CHARDEV_LAST);

const char *
virtcpu_virt_type_to_string(VirtCpuVirtType type)
{
    return virtcpu_words_to_string(&virtcpu_virt_type_words, (int)type);
}

gboolean
virtcpu_virt_type_from_string(const char *name, VirtCpuVirtType *type)
{
    int found = virtcpu_words_from_string(&virtcpu_virt_type_words, name);

    if (found < 0) {
        return FALSE;
    }
    *type = (VirtCpuVirtType)found;
    return TRUE;
}

const char *
virtcpu_disk_bus_to_string(VirtCpuDiskBus bus)
{
    return virtcpu_words_to_string(&virtcpu_disk_bus_words, (int)bus);
}

const char *
virtcpu_action_to_string(VirtCpuLifecycleAction action)
{
    return virtcpu_words_to_string(&virtcpu_action_words, (int)action);
}
