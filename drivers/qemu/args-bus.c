/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/args-priv.h"

#define LAST_PCI_SLOT 30 /* 31 is the chipset's on q35 */

typedef struct {
    const char *prefix; /* of the machine type's canonical name */
    const char *suffix;
    const char *bus;
    unsigned first_slot;
    gboolean has_ide, has_ahci, is_pc;
} BusRow;

/* QEMU's hw/ARCH/: where virtio devices plug in. The first prefix that fits counts. */
static const BusRow bus_rows[] = {
    { "pc-q35", "-pci", "pcie.0", 1, FALSE, TRUE, TRUE },
    { "pc-i440fx", "-pci", "pci.0", 2, TRUE, FALSE, TRUE },
    { "pc-", "-pci", "pci.0", 2, TRUE, FALSE, TRUE },
    { "microvm", "-device", NULL, 0, FALSE, FALSE, FALSE },
    { "virt", "-pci", "pcie.0", 1, FALSE, FALSE, FALSE },
    { "pseries", "-pci", "pci.0", 1, FALSE, FALSE, FALSE },
    { "s390-ccw", "-ccw", NULL, 0, FALSE, FALSE, FALSE },
};

void
virtcpu_args_bus_init(VirtCpuArgsBus *bus, const VirtCpuQemuCaps *caps, const char *machine)
{
    *bus = (VirtCpuArgsBus){ 0 };
    for (gsize i = 0; i < G_N_ELEMENTS(bus_rows); i++) {
        const BusRow *row = &bus_rows[i];

        if (!g_str_has_prefix(machine, row->prefix)) {
            continue;
        }
        /* some targets have a "virt" without PCI */
        if (row->bus != NULL && !virtcpu_qemu_caps_has_device(caps, "virtio-blk-pci")) {
            bus->suffix = "-device";
            return;
        }
        *bus = (VirtCpuArgsBus){ row->suffix,  row->bus,      row->first_slot,
                                 row->has_ide, row->has_ahci, row->is_pc };
        return;
    }
}

gboolean
virtcpu_args_has_virtio(const VirtCpuQemuCaps *caps, const char *machine)
{
    VirtCpuArgsBus bus;

    virtcpu_args_bus_init(&bus, caps, machine);
    return bus.suffix != NULL;
}

static gboolean
take_slot(VirtCpuArgs *args, VirtCpuJson *device, const char *type, GError **error)
{
    g_autofree char *address = NULL;

    if (args->bus.bus == NULL) {
        return TRUE;
    }
    if (args->bus.next_slot > LAST_PCI_SLOT) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("no free slot on bus '%s' of machine type '%s' for device '%s'"),
                          args->bus.bus, args->machine->name, type);
        return FALSE;
    }
    address = g_strdup_printf("0x%x", args->bus.next_slot++);
    virtcpu_json_set_string(device, "bus", args->bus.bus);
    virtcpu_json_set_string(device, "addr", address);
    return TRUE;
}

VirtCpuJson *
virtcpu_args_device(VirtCpuArgs *args, const char *type, const char *alias, gboolean on_bus,
                    GError **error)
{
    g_autoptr(VirtCpuJson) device = virtcpu_json_new_object();

    if (!virtcpu_qemu_caps_has_device(args->input->caps, type)) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("'%s' has no device '%s', which '%s' needs"), args->input->caps->binary,
                          type, alias);
        return NULL;
    }
    virtcpu_json_set_string(device, "driver", type);
    virtcpu_json_set_string(device, "id", alias);
    if (on_bus && !take_slot(args, device, type, error)) {
        return NULL;
    }
    return g_steal_pointer(&device);
}

VirtCpuJson *
virtcpu_args_virtio(VirtCpuArgs *args, const char *name, const char *alias, GError **error)
{
    g_autofree char *type = NULL;

    if (args->bus.suffix == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("machine type '%s' has no bus for virtio device '%s' that virtcpu "
                            "knows; remove the device or choose another machine type"),
                          args->machine->name, alias);
        return NULL;
    }
    type = g_strconcat("virtio-", name, args->bus.suffix, NULL);
    return virtcpu_args_device(args, type, alias, TRUE, error);
}
