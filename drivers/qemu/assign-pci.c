/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/pci-buses.h"

/* libvirt's order of giving out places, behind the PCI controllers themselves. */
static const VirtCpuDeviceKind order[] = {
    VIRTCPU_DEVICE_NET, VIRTCPU_DEVICE_CONTROLLER, VIRTCPU_DEVICE_DISK,  VIRTCPU_DEVICE_MEMBALLOON,
    VIRTCPU_DEVICE_RNG, VIRTCPU_DEVICE_WATCHDOG,   VIRTCPU_DEVICE_VIDEO, VIRTCPU_DEVICE_INPUT,
};

/* The controllers of an ICH9 USB group share a slot, each with its function. */
static const struct {
    const char *model;
    unsigned function;
} ich9_rows[] = {
    { "ich9-uhci1", 0 },
    { "ich9-uhci2", 1 },
    { "ich9-uhci3", 2 },
    { "ich9-ehci1", 7 },
};

static VirtCpuPlug
pci_plug(const VirtCpuAssign *assign, const VirtCpuDeviceInfo *device)
{
    const VirtCpuPlug plug = virtcpu_device_plug(assign, device);

    if (plug == VIRTCPU_PLUG_VIRTIO) {
        if (device->address.type != VIRTCPU_ADDRESS_PCI) {
            return VIRTCPU_PLUG_NONE;
        }
        return assign->bus->root == VIRTCPU_PCI_ROOT_PCIE ? VIRTCPU_PLUG_PCIE : VIRTCPU_PLUG_PCI;
    }
    return plug == VIRTCPU_PLUG_PCI || plug == VIRTCPU_PLUG_PCIE || plug == VIRTCPU_PLUG_ROOT_PORT
               ? plug
               : VIRTCPU_PLUG_NONE;
}

static gboolean
is_pci_controller(const VirtCpuDeviceInfo *device)
{
    return device->kind == VIRTCPU_DEVICE_CONTROLLER &&
           ((const VirtCpuControllerDef *)(const void *)device)->type == VIRTCPU_CONTROLLER_PCI;
}

/* The number of the function in its ICH9 group, or -1. */
static int
ich9_function(const VirtCpuDeviceInfo *device)
{
    const VirtCpuControllerDef *controller = (const VirtCpuControllerDef *)(const void *)device;

    for (gsize i = 0; device->kind == VIRTCPU_DEVICE_CONTROLLER && i < G_N_ELEMENTS(ich9_rows);
         i++) {
        if (controller->type == VIRTCPU_CONTROLLER_USB &&
            g_strcmp0(controller->model, ich9_rows[i].model) == 0) {
            return (int)ich9_rows[i].function;
        }
    }
    return -1;
}

/* TRUE when another of its ICH9 group stands before @device and brings the slot. */
static gboolean
is_ich9_follower(const VirtCpuDomainDef *def, const VirtCpuDeviceInfo *device)
{
    const int index = ((const VirtCpuControllerDef *)(const void *)device)->index;

    if (ich9_function(device) < 0) {
        return FALSE;
    }
    for (guint i = 0; i < def->controllers->len; i++) {
        const VirtCpuControllerDef *other = g_ptr_array_index(def->controllers, i);

        if (&other->info == device) {
            return FALSE;
        }
        if (ich9_function(&other->info) >= 0 && other->index == index) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The next PCI controller, without an address yet. */
static gboolean
grow_by(VirtCpuPciBuses *trial, const char *model, GError **error)
{
    VirtCpuDomainDef *def = trial->assign->def;
    VirtCpuControllerDef *controller;

    if (trial->buses->len == VIRTCPU_PCI_BUSES) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("the devices need more than the %d PCI buses there can be"),
                          VIRTCPU_PCI_BUSES);
        return FALSE;
    }
    controller = virtcpu_device_new(VIRTCPU_DEVICE_CONTROLLER, 0);
    controller->type = VIRTCPU_CONTROLLER_PCI;
    controller->index = (int)trial->buses->len;
    controller->model = g_strdup(model);
    virtcpu_domain_def_add_controller(def, controller);
    virtcpu_pci_buses_add(trial, controller);
    return TRUE;
}

static gboolean
refuse_full(const VirtCpuDeviceInfo *device, GError **error)
{
    g_autofree char *who = virtcpu_device_describe(device);

    virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                      _("No more available PCI slots for %s"), who);
    return FALSE;
}

/* Find a place for @device on trial, adding controllers until there is one, and take it. */
static gboolean
find_or_grow(VirtCpuPciBuses *trial, const VirtCpuDeviceInfo *device, VirtCpuPlug plug,
             GError **error)
{
    VirtCpuAddress address;
    const gboolean is_pcie = trial->assign->bus->root == VIRTCPU_PCI_ROOT_PCIE;

    if (!virtcpu_pci_buses_find(trial, plug, &address)) {
        /* a conventional bus hangs below a port of its own */
        if (plug == VIRTCPU_PLUG_PCI && is_pcie &&
            !find_or_grow(trial, device, VIRTCPU_PLUG_PCIE, error)) {
            return FALSE;
        }
        if (!grow_by(trial,
                     plug == VIRTCPU_PLUG_PCIE ? "pcie-root-port"
                     : is_pcie                 ? "pcie-to-pci-bridge"
                                               : "pci-bridge",
                     error)) {
            return FALSE;
        }
        if (!virtcpu_pci_buses_find(trial, plug, &address)) {
            return refuse_full(device, error);
        }
    }
    virtcpu_pci_buses_take(trial, device, &address);
    return TRUE;
}

/* A device whose place the chipset fixes, or custom: the first card's, unless that is taken. */
static void
place_fixed(VirtCpuPciBuses *buses, VirtCpuDeviceInfo *device)
{
    const VirtCpuAssign *assign = buses->assign;
    const gboolean is_q35 = assign->bus->has_ahci;
    VirtCpuAddress address = { .type = VIRTCPU_ADDRESS_PCI };

    if (virtcpu_pci_builtin(assign, device, &address)) {
        device->address = address;
        virtcpu_pci_buses_take(buses, device, &address);
        return;
    }
    if (!assign->bus->is_pc || device->kind != VIRTCPU_DEVICE_VIDEO ||
        g_ptr_array_index(assign->def->videos, 0) != (gpointer)device) {
        return;
    }
    address.slot = is_q35 ? 1 : 2;
    if (virtcpu_pci_buses_is_free(buses, 0, address.slot)) {
        device->address = address;
        virtcpu_pci_buses_take(buses, device, &address);
    }
}

/* The slot of an ICH9 group: where one of it is, where the chipset has it, or a free one. */
static gboolean
find_ich9_slot(const VirtCpuPciBuses *buses, const VirtCpuControllerDef *controller,
               VirtCpuAddress *address)
{
    const VirtCpuAssign *assign = buses->assign;
    const GPtrArray *controllers = assign->def->controllers;
    const unsigned preferred = controller->index == 0 ? 0x1d : 0x1a;

    for (guint i = 0; i < controllers->len; i++) {
        const VirtCpuControllerDef *other = g_ptr_array_index(controllers, i);

        if (ich9_function(&other->info) >= 0 && other->index == controller->index &&
            virtcpu_address_is_assigned(&other->info.address)) {
            *address = other->info.address;
            return TRUE;
        }
    }
    if (assign->bus->has_ahci && virtcpu_pci_buses_is_free(buses, 0, preferred)) {
        *address = (VirtCpuAddress){ .type = VIRTCPU_ADDRESS_PCI, .slot = preferred };
        return TRUE;
    }
    return virtcpu_pci_buses_find(buses, VIRTCPU_PLUG_PCI, address);
}

static gboolean
place_ich9(VirtCpuPciBuses *buses, VirtCpuDeviceInfo *device, GError **error)
{
    VirtCpuAddress address;

    if (!find_ich9_slot(buses, (const VirtCpuControllerDef *)(const void *)device, &address)) {
        return refuse_full(device, error);
    }
    address.function = (unsigned)ich9_function(device);
    address.multifunction = VIRTCPU_TRISTATE_ABSENT;
    device->address = address;
    return virtcpu_pci_buses_put(buses, device, error);
}

static gboolean
place(VirtCpuPciBuses *buses, VirtCpuDeviceInfo *device, GError **error)
{
    const VirtCpuPlug plug = pci_plug(buses->assign, device);

    if (plug == VIRTCPU_PLUG_NONE || virtcpu_address_is_assigned(&device->address)) {
        return TRUE;
    }
    if (ich9_function(device) >= 0) {
        return place_ich9(buses, device, error);
    }
    if (!virtcpu_pci_buses_find(buses, plug, &device->address)) {
        return refuse_full(device, error);
    }
    /* so that more root ports can follow beside it */
    if (plug == VIRTCPU_PLUG_ROOT_PORT && device->address.function == 0) {
        device->address.multifunction = VIRTCPU_TRISTATE_YES;
    }
    virtcpu_pci_buses_take(buses, device, &device->address);
    return TRUE;
}

/* Place it on trial, to see which controllers must be added. */
static gboolean
try(VirtCpuPciBuses *trial, VirtCpuDeviceInfo *device, GError **error)
{
    const VirtCpuPlug plug = pci_plug(trial->assign, device);

    /* what goes to the root bus, or shares a slot there, adds no controller */
    if ((plug != VIRTCPU_PLUG_PCI && plug != VIRTCPU_PLUG_PCIE) ||
        virtcpu_address_is_assigned(&device->address) ||
        (ich9_function(device) >= 0 && trial->assign->bus->has_ahci)) {
        return TRUE;
    }
    return is_ich9_follower(trial->assign->def, device) || find_or_grow(trial, device, plug, error);
}

typedef gboolean (*Step)(VirtCpuPciBuses *buses, VirtCpuDeviceInfo *device, GError **error);

/* PCI controllers, then the others in libvirt's order. The arrays may grow meanwhile. */
static gboolean
for_each(VirtCpuPciBuses *buses, Step step, GError **error)
{
    GPtrArray *controllers = buses->assign->def->controllers;

    for (guint i = 0; i < controllers->len; i++) {
        VirtCpuDeviceInfo *device = g_ptr_array_index(controllers, i);

        if (is_pci_controller(device) && !step(buses, device, error)) {
            return FALSE;
        }
    }
    for (gsize k = 0; k < G_N_ELEMENTS(order); k++) {
        GPtrArray *devices = virtcpu_domain_def_devices(buses->assign->def, order[k]);

        for (guint i = 0; i < devices->len; i++) {
            VirtCpuDeviceInfo *device = g_ptr_array_index(devices, i);

            if (!is_pci_controller(device) && !step(buses, device, error)) {
                return FALSE;
            }
        }
    }
    return TRUE;
}

static gboolean
put_assigned(VirtCpuPciBuses *buses, VirtCpuDeviceInfo *device, GError **error)
{
    if (pci_plug(buses->assign, device) == VIRTCPU_PLUG_NONE) {
        return TRUE;
    }
    if (virtcpu_address_is_assigned(&device->address)) {
        return virtcpu_pci_buses_put(buses, device, error);
    }
    return TRUE;
}

static gboolean
put_fixed(VirtCpuPciBuses *buses, VirtCpuDeviceInfo *device, GError **error)
{
    if (pci_plug(buses->assign, device) != VIRTCPU_PLUG_NONE &&
        !virtcpu_address_is_assigned(&device->address)) {
        place_fixed(buses, device);
    }
    return TRUE;
}

/* Buses that written addresses name and no controller provides. */
static gboolean
grow_to_written(VirtCpuPciBuses *buses, VirtCpuDeviceInfo *device, GError **error)
{
    const gboolean is_pcie = buses->assign->bus->root == VIRTCPU_PCI_ROOT_PCIE;

    if (device->address.type != VIRTCPU_ADDRESS_PCI) {
        return TRUE;
    }
    while (buses->buses->len <= device->address.bus) {
        if (!grow_by(buses, is_pcie ? "pcie-root-port" : "pci-bridge", error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Add the PCI controllers that are missing. A domain whose ports are virtcpu's to choose gets one
 * more than it needs, as libvirt does: a device can be added later. */
static gboolean
add_controllers(VirtCpuPciBuses *buses, gboolean is_ours, GError **error)
{
    g_auto(VirtCpuPciBuses) trial = { NULL };
    const guint before = buses->buses->len;
    VirtCpuDomainDef *def = buses->assign->def;
    guint grown;

    virtcpu_pci_buses_copy(&trial, buses);
    if (!for_each(&trial, try, error)) {
        return FALSE;
    }
    if (is_ours && trial.buses->len > before && buses->assign->bus->root == VIRTCPU_PCI_ROOT_PCIE &&
        !grow_by(&trial, "pcie-root-port", error)) {
        return FALSE;
    }
    grown = trial.buses->len;
    for (guint i = before; i < grown; i++) {
        virtcpu_pci_buses_add(
            buses, virtcpu_domain_def_find_controller(def, VIRTCPU_CONTROLLER_PCI, (int)i));
    }
    return TRUE;
}

/* The QEMU device of each model of PCI controller; the first is taken when none is written. */
static const struct {
    const char *model, *name;
    gboolean has_chassis, has_chassis_number;
} model_rows[] = {
    { "pcie-root-port", "pcie-root-port", TRUE, FALSE },
    { "pcie-root-port", "ioh3420", TRUE, FALSE },
    { "pci-bridge", "pci-bridge", FALSE, TRUE },
    { "dmi-to-pci-bridge", "i82801b11-bridge", FALSE, FALSE },
    { "pcie-to-pci-bridge", "pcie-pci-bridge", FALSE, FALSE },
};

static gboolean
fill_target(VirtCpuControllerDef *controller, gsize row)
{
    const VirtCpuAddress *at = &controller->info.address;

    if (controller->model_name == NULL) {
        controller->model_name = g_strdup(model_rows[row].name);
    }
    if (model_rows[row].has_chassis && controller->chassis < 0) {
        controller->chassis = controller->index;
    }
    if (model_rows[row].has_chassis && controller->port < 0) {
        controller->port = (int)(at->slot << 3 | at->function);
    }
    if (model_rows[row].has_chassis_number && controller->chassis_number < 0) {
        controller->chassis_number = controller->index;
    }
    return TRUE;
}

static gboolean
complete_pci_controller(VirtCpuControllerDef *controller, GError **error)
{
    for (gsize row = 0; row < G_N_ELEMENTS(model_rows); row++) {
        if (g_str_equal(controller->model, model_rows[row].model) &&
            (controller->model_name == NULL ||
             g_str_equal(controller->model_name, model_rows[row].name))) {
            return fill_target(controller, row);
        }
    }
    if (controller->model_name != NULL) {
        g_autofree char *who = virtcpu_device_describe(controller);

        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("PCI controller model name '%s' is not valid for a '%s': %s"),
                          controller->model_name, controller->model, who);
        return FALSE;
    }
    return TRUE;
}

/* QEMU makes the bus a controller sits on first, in the order of their indexes. */
static gboolean
check_below(const VirtCpuDeviceInfo *device, GError **error)
{
    const VirtCpuControllerDef *controller = (const VirtCpuControllerDef *)(const void *)device;

    if (controller->index == 0 || (int)device->address.bus < controller->index) {
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                      _("PCI controller at index %d has bus='0x%02x', but bus must be less than "
                        "index (line %ld)"),
                      controller->index, device->address.bus, device->line);
    return FALSE;
}

/* Function 0 of a slot with more devices has to say so; what a user wrote is checked by QEMU. */
static gboolean
finish(VirtCpuPciBuses *buses, VirtCpuDeviceInfo *device, GError **error)
{
    VirtCpuAddress *at = &device->address;

    if (is_pci_controller(device) &&
        (!check_below(device, error) ||
         !complete_pci_controller((VirtCpuControllerDef *)(void *)device, error))) {
        return FALSE;
    }
    if (pci_plug(buses->assign, device) == VIRTCPU_PLUG_NONE || at->function != 0 ||
        !virtcpu_pci_buses_is_shared(buses, at)) {
        return TRUE;
    }
    if (at->multifunction == VIRTCPU_TRISTATE_NO) {
        g_autofree char *who = virtcpu_device_describe(device);
        g_autofree char *where = virtcpu_address_pci_to_text(at);

        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("%s at PCI address %s says multifunction='off', but other functions of "
                            "its slot are in use"),
                          who, where);
        return FALSE;
    }
    at->multifunction = VIRTCPU_TRISTATE_YES;
    return TRUE;
}

static gboolean
has_only_root(const VirtCpuDomainDef *def)
{
    for (guint i = 0; i < def->controllers->len; i++) {
        const VirtCpuControllerDef *controller = g_ptr_array_index(def->controllers, i);

        if (controller->type == VIRTCPU_CONTROLLER_PCI && controller->index > 0) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
virtcpu_assign_pci(VirtCpuAssign *assign, GError **error)
{
    g_auto(VirtCpuPciBuses) buses = { NULL };
    const gboolean is_ours = has_only_root(assign->def);

    if (assign->bus->root == VIRTCPU_PCI_ROOT_NONE) {
        return TRUE;
    }
    return virtcpu_pci_buses_init(&buses, assign, error) &&
           for_each(&buses, grow_to_written, error) && for_each(&buses, put_assigned, error) &&
           for_each(&buses, put_fixed, error) && add_controllers(&buses, is_ours, error) &&
           for_each(&buses, place, error) && for_each(&buses, finish, error);
}
