/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/assign-priv.h"

#include "conf/error.h"
#include "conf/i18n.h"

/* Which types of address suit a plug: a set of 1 << VirtCpuAddressType. */
#define SUITS(type) (1u << VIRTCPU_ADDRESS_##type)

static const unsigned suitable[] = {
    [VIRTCPU_PLUG_NONE] = 0,
    [VIRTCPU_PLUG_PCI] = SUITS(PCI),
    [VIRTCPU_PLUG_PCIE] = SUITS(PCI),
    [VIRTCPU_PLUG_ROOT_PORT] = SUITS(PCI),
    [VIRTCPU_PLUG_VIRTIO] = SUITS(PCI) | SUITS(CCW) | SUITS(VIRTIO_MMIO),
    [VIRTCPU_PLUG_DRIVE] = SUITS(DRIVE),
    [VIRTCPU_PLUG_SERIAL_PORT] = SUITS(VIRTIO_SERIAL),
    [VIRTCPU_PLUG_USB] = SUITS(USB),
    [VIRTCPU_PLUG_ISA] = SUITS(ISA),
};
G_STATIC_ASSERT(G_N_ELEMENTS(suitable) == VIRTCPU_PLUG_LAST);

/* TRUE when the machine type has the transport that @type is an address in. */
static gboolean
has_transport(const VirtCpuMachineBus *bus, VirtCpuAddressType type)
{
    return type == bus->virtio_address || (type == VIRTCPU_ADDRESS_VIRTIO_MMIO && bus->takes_mmio);
}

static gboolean
refuse_type(const VirtCpuAssign *assign, const VirtCpuDeviceInfo *device, GError **error)
{
    g_autofree char *who = virtcpu_device_describe(device);

    virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                      _("%s cannot have an address of type '%s' with machine type '%s'"), who,
                      virtcpu_address_type_to_string(device->address.type), assign->def->machine);
    return FALSE;
}

static gboolean
refuse_place(const VirtCpuAssign *assign, const VirtCpuDeviceInfo *device, const char *bus,
             GError **error)
{
    g_autofree char *who = virtcpu_device_describe(device);

    virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                      _("machine type '%s' has no %s bus that virtcpu knows for %s; remove the "
                        "device or choose another machine type"),
                      assign->def->machine, bus, who);
    return FALSE;
}

/* Give a virtio device its transport, and refuse what the machine type has no bus for. */
static gboolean
check_place(VirtCpuDeviceInfo *device, gpointer data, GError **error)
{
    const VirtCpuAssign *assign = data;
    const VirtCpuPlug plug = virtcpu_device_plug(assign, device);

    if (plug == VIRTCPU_PLUG_VIRTIO) {
        if (assign->bus->virtio_address == VIRTCPU_ADDRESS_NONE) {
            return refuse_place(assign, device, "virtio", error);
        }
        if (device->address.type == VIRTCPU_ADDRESS_NONE) {
            device->address.type = assign->bus->virtio_address;
        }
        return has_transport(assign->bus, device->address.type) ||
               refuse_type(assign, device, error);
    }
    if (device->address.type != VIRTCPU_ADDRESS_NONE &&
        (suitable[plug] & (1u << device->address.type)) == 0) {
        return refuse_type(assign, device, error);
    }
    if ((plug == VIRTCPU_PLUG_PCI || plug == VIRTCPU_PLUG_PCIE || plug == VIRTCPU_PLUG_ROOT_PORT) &&
        assign->bus->root == VIRTCPU_PCI_ROOT_NONE) {
        return refuse_place(assign, device, "PCI", error);
    }
    return TRUE;
}

/* Names of the user's own become QEMU's ids, of which there can be one. */
static gboolean
check_alias(VirtCpuDeviceInfo *device, gpointer seen, GError **error)
{
    if (virtcpu_device_is_user_alias(device->alias) && !g_hash_table_add(seen, device->alias)) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("non unique alias detected: '%s' of element '%s' (line %ld)"),
                          device->alias, virtcpu_device_element(device->kind), device->line);
        return FALSE;
    }
    return TRUE;
}

gboolean
virtcpu_devices_assign(VirtCpuDomainDef *def, const VirtCpuQemuCaps *caps, GError **error)
{
    g_autoptr(GHashTable) aliases = g_hash_table_new(g_str_hash, g_str_equal);
    VirtCpuAssign assign = {
        .def = def,
        .caps = caps,
        .bus = virtcpu_machine_bus_find(caps, def->machine),
    };

    return virtcpu_domain_def_visit(def, check_alias, aliases, error) &&
           virtcpu_assign_controllers(&assign, error) &&
           virtcpu_domain_def_visit(def, check_place, &assign, error) &&
           virtcpu_assign_drives(&assign, error) && virtcpu_assign_ports(&assign, error) &&
           virtcpu_assign_ccw(&assign, error) && virtcpu_assign_pci(&assign, error);
}
