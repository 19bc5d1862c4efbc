/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ports of virtio-serial controllers and of USB. */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/assign-priv.h"

#include <string.h>

/* QEMU's default of max_ports, port 0 included. */
#define SERIAL_PORTS 31

static gboolean
is_virtio_port(const VirtCpuChardevDef *chardev)
{
    return g_strcmp0(chardev->target_type, "virtio") == 0;
}

/* The chardev at @port of @controller, other than @but (transfer none), or NULL. */
static const VirtCpuChardevDef *
find_port(const VirtCpuDomainDef *def, unsigned controller, unsigned port,
          const VirtCpuChardevDef *but)
{
    const GPtrArray *const both[] = { def->consoles, def->channels };

    for (gsize k = 0; k < G_N_ELEMENTS(both); k++) {
        for (guint i = 0; i < both[k]->len; i++) {
            const VirtCpuChardevDef *chardev = g_ptr_array_index(both[k], i);
            const VirtCpuAddress *at = &chardev->info.address;

            if (chardev != but && at->type == VIRTCPU_ADDRESS_VIRTIO_SERIAL &&
                at->controller == controller && at->port == port) {
                return chardev;
            }
        }
    }
    return NULL;
}

static unsigned
count_ports(const VirtCpuDomainDef *def, unsigned index)
{
    const VirtCpuControllerDef *controller =
        virtcpu_domain_def_find_controller(def, VIRTCPU_CONTROLLER_VIRTIO_SERIAL, (int)index);

    return controller != NULL && controller->ports > 0 ? (unsigned)controller->ports : SERIAL_PORTS;
}

static gboolean
check_serial_port(const VirtCpuDomainDef *def, const VirtCpuChardevDef *chardev, GError **error)
{
    const VirtCpuAddress *at = &chardev->info.address;
    g_autofree char *who = virtcpu_device_describe(chardev);

    if (at->port >= count_ports(def, at->controller) ||
        (at->port == 0 && chardev->info.kind == VIRTCPU_DEVICE_CHANNEL)) {
        virtcpu_error_set(
            error, VIRTCPU_ERR_XML_ERROR,
            _("%s cannot have port %u of virtio serial controller %u, which has ports "
              "1 to %u, and 0 for a console"),
            who, at->port, at->controller, count_ports(def, at->controller) - 1);
        return FALSE;
    }
    if (find_port(def, at->controller, at->port, chardev) != NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("virtio serial port %u on controller %u is already occupied; %s needs "
                            "another"),
                          at->port, at->controller, who);
        return FALSE;
    }
    return TRUE;
}

/* The first free port of the first controller that has one. Port 0 is for consoles. */
static gboolean
take_serial_port(VirtCpuAssign *assign, VirtCpuChardevDef *chardev, GError **error)
{
    const VirtCpuDomainDef *def = assign->def;
    const unsigned first = chardev->info.kind == VIRTCPU_DEVICE_CHANNEL ? 1 : 0;
    g_autofree char *who = NULL;

    for (unsigned controller = 0;
         virtcpu_domain_def_find_controller(def, VIRTCPU_CONTROLLER_VIRTIO_SERIAL,
                                            (int)controller) != NULL;
         controller++) {
        for (unsigned port = first; port < count_ports(def, controller); port++) {
            if (find_port(def, controller, port, NULL) == NULL) {
                chardev->info.address = (VirtCpuAddress){
                    .type = VIRTCPU_ADDRESS_VIRTIO_SERIAL,
                    .controller = controller,
                    .port = port,
                };
                return TRUE;
            }
        }
    }
    who = virtcpu_device_describe(chardev);
    virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                      _("Unable to find a free virtio-serial port for %s: add a <controller "
                        "type='virtio-serial'/>"),
                      who);
    return FALSE;
}

static gboolean
assign_serial_ports(VirtCpuAssign *assign, const GPtrArray *chardevs, GError **error)
{
    for (guint i = 0; i < chardevs->len; i++) {
        VirtCpuChardevDef *chardev = g_ptr_array_index(chardevs, i);

        if (!is_virtio_port(chardev)) {
            continue;
        }
        if (chardev->info.address.type == VIRTCPU_ADDRESS_VIRTIO_SERIAL
                ? !check_serial_port(assign->def, chardev, error)
                : !take_serial_port(assign, chardev, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* How many devices plug in directly: QEMU's hw/usb/. */
typedef struct {
    const char *model;
    unsigned ports;
} UsbRow;

static const UsbRow usb_rows[] = {
    { "piix3-uhci", 2 }, { "ehci", 6 },     { "ich9-ehci1", 6 },
    { "pci-ohci", 3 },   { "nec-xhci", 4 }, { "qemu-xhci", 4 },
};

static unsigned
count_usb_ports(const VirtCpuControllerDef *controller)
{
    if (controller->ports > 0) {
        return (unsigned)controller->ports;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(usb_rows); i++) {
        if (g_strcmp0(usb_rows[i].model, controller->model) == 0) {
            return usb_rows[i].ports;
        }
    }
    return 0;
}

/* Which USB ports are taken: of "bus-port" texts. */
typedef struct {
    VirtCpuAssign *assign;
    GHashTable *taken;
} UsbPorts;

static char *
usb_key(unsigned bus, const char *port)
{
    return g_strdup_printf("%u-%s", bus, port);
}

static gboolean
note_usb(VirtCpuDeviceInfo *device, gpointer data, GError **error)
{
    const UsbPorts *ports = data;
    const VirtCpuAddress *at = &device->address;
    const VirtCpuControllerDef *controller;
    g_autofree char *who = NULL;

    if (virtcpu_device_plug(ports->assign, device) != VIRTCPU_PLUG_USB ||
        !virtcpu_address_is_assigned(at)) {
        return TRUE;
    }
    who = virtcpu_device_describe(device);
    controller = virtcpu_domain_def_find_controller(ports->assign->def, VIRTCPU_CONTROLLER_USB,
                                                    (int)at->bus);
    if (controller == NULL || strchr(at->usb_port, '.') != NULL ||
        g_ascii_strtoull(at->usb_port, NULL, 10) > count_usb_ports(controller)) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("%s names port '%s' of USB bus '%u', which does not exist"), who,
                          at->usb_port, at->bus);
        return FALSE;
    }
    if (!g_hash_table_add(ports->taken, usb_key(at->bus, at->usb_port))) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("Duplicate USB address bus %u port %s of %s"), at->bus, at->usb_port,
                          who);
        return FALSE;
    }
    return TRUE;
}

static gboolean
take_usb_port(const UsbPorts *ports, const VirtCpuControllerDef *controller,
              VirtCpuAddress *address)
{
    for (unsigned port = 1; port <= count_usb_ports(controller); port++) {
        g_autofree char *name = g_strdup_printf("%u", port);

        if (g_hash_table_add(ports->taken, usb_key((unsigned)controller->index, name))) {
            *address = (VirtCpuAddress){
                .type = VIRTCPU_ADDRESS_USB,
                .bus = (unsigned)controller->index,
            };
            g_strlcpy(address->usb_port, name, sizeof(address->usb_port));
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
assign_usb(VirtCpuDeviceInfo *device, gpointer data, GError **error)
{
    const UsbPorts *ports = data;
    const GPtrArray *controllers = ports->assign->def->controllers;
    g_autofree char *who = NULL;

    if (virtcpu_device_plug(ports->assign, device) != VIRTCPU_PLUG_USB ||
        virtcpu_address_is_assigned(&device->address)) {
        return TRUE;
    }
    for (guint i = 0; i < controllers->len; i++) {
        const VirtCpuControllerDef *controller = g_ptr_array_index(controllers, i);

        if (controller->type == VIRTCPU_CONTROLLER_USB && controller->master_startport < 0 &&
            take_usb_port(ports, controller, &device->address)) {
            return TRUE;
        }
    }
    who = virtcpu_device_describe(device);
    virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                      _("no free USB port for %s: add a <controller type='usb'/>"), who);
    return FALSE;
}

gboolean
virtcpu_assign_ports(VirtCpuAssign *assign, GError **error)
{
    g_autoptr(GHashTable) taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    UsbPorts ports = { .assign = assign, .taken = taken };

    return assign_serial_ports(assign, assign->def->channels, error) &&
           assign_serial_ports(assign, assign->def->consoles, error) &&
           virtcpu_domain_def_visit(assign->def, note_usb, &ports, error) &&
           virtcpu_domain_def_visit(assign->def, assign_usb, &ports, error);
}
