/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/pci-buses.h"

#include "conf/error.h"
#include "conf/i18n.h"

/* What a bus takes, by the model of its controller. */
typedef struct {
    const char *model;
    unsigned takes; /* set of 1 << VirtCpuPlug, for devices that ask for any place */
    unsigned first_slot, last_slot;
} BusRow;

#define TAKES(plug) (1u << VIRTCPU_PLUG_##plug)

/* Slot 0 of a conventional bus below a bridge is its hot-plug controller's. */
static const BusRow bus_rows[] = {
    { "pci-root", TAKES(PCI), 1, 31 },          { "pcie-root", TAKES(ROOT_PORT), 1, 31 },
    { "pcie-root-port", TAKES(PCIE), 0, 0 },    { "pci-bridge", TAKES(PCI), 1, 31 },
    { "dmi-to-pci-bridge", TAKES(PCI), 1, 31 }, { "pcie-to-pci-bridge", TAKES(PCI), 1, 31 },
};

/* A place on bus 0 that the chipset has, and which controller it is, if it is one. */
typedef struct {
    gboolean is_q35;
    unsigned slot, function;
    VirtCpuControllerType type; /* LAST: none */
    const char *model;          /* of that controller; NULL: any */
    const char *name;           /* in libvirt's words */
} BuiltinRow;

static const BuiltinRow builtin_rows[] = {
    { FALSE, 1, 0, VIRTCPU_CONTROLLER_LAST, NULL, NULL },
    { FALSE, 1, 1, VIRTCPU_CONTROLLER_IDE, NULL, "Primary IDE controller" },
    { FALSE, 1, 2, VIRTCPU_CONTROLLER_USB, "piix3-uhci", "PIIX3 USB controller at index 0" },
    { FALSE, 1, 3, VIRTCPU_CONTROLLER_LAST, NULL, NULL },
    { TRUE, 31, 0, VIRTCPU_CONTROLLER_LAST, NULL, NULL },
    { TRUE, 31, 2, VIRTCPU_CONTROLLER_SATA, NULL, "Primary SATA controller" },
    { TRUE, 31, 3, VIRTCPU_CONTROLLER_LAST, NULL, NULL },
};

/* Stands for the chipset where a device could be. */
static const VirtCpuDeviceInfo chipset = { .kind = VIRTCPU_DEVICE_LAST };

static VirtCpuPciBus *
bus_at(const VirtCpuPciBuses *buses, unsigned number)
{
    return &g_array_index(buses->buses, VirtCpuPciBus, number);
}

static const BusRow *
row_of(const VirtCpuPciBus *bus)
{
    for (gsize i = 0; i < G_N_ELEMENTS(bus_rows); i++) {
        if (g_strcmp0(bus_rows[i].model, bus->controller->model) == 0) {
            return &bus_rows[i];
        }
    }
    g_return_val_if_reached(&bus_rows[0]);
}

/* The built-in place of controller @device, or NULL. */
static const BuiltinRow *
builtin_of(const VirtCpuAssign *assign, const VirtCpuDeviceInfo *device)
{
    const VirtCpuControllerDef *controller = (const VirtCpuControllerDef *)(const void *)device;

    if (!assign->bus->is_pc || device->kind != VIRTCPU_DEVICE_CONTROLLER ||
        controller->index != 0) {
        return NULL;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(builtin_rows); i++) {
        const BuiltinRow *row = &builtin_rows[i];

        if (row->is_q35 == assign->bus->has_ahci && row->type == controller->type &&
            (row->model == NULL || g_strcmp0(row->model, controller->model) == 0)) {
            return row;
        }
    }
    return NULL;
}

gboolean
virtcpu_pci_builtin(const VirtCpuAssign *assign, const VirtCpuDeviceInfo *device,
                    VirtCpuAddress *address)
{
    const BuiltinRow *row = builtin_of(assign, device);

    if (row != NULL) {
        *address = (VirtCpuAddress){
            .type = VIRTCPU_ADDRESS_PCI,
            .slot = row->slot,
            .function = row->function,
        };
    }
    return row != NULL;
}

static void
reserve_builtin(VirtCpuPciBuses *buses)
{
    const VirtCpuMachineBus *machine = buses->assign->bus;
    VirtCpuPciBus *root = bus_at(buses, 0);

    for (unsigned function = 0; function < VIRTCPU_PCI_FUNCTIONS; function++) {
        root->functions[0][function] = &chipset;
    }
    for (gsize i = 0; machine->is_pc && i < G_N_ELEMENTS(builtin_rows); i++) {
        const BuiltinRow *row = &builtin_rows[i];

        if (row->is_q35 == machine->has_ahci) {
            root->functions[row->slot][row->function] = &chipset;
        }
    }
}

gboolean
virtcpu_pci_buses_init(VirtCpuPciBuses *buses, const VirtCpuAssign *assign, GError **error)
{
    const GPtrArray *controllers = assign->def->controllers;
    int last = 0;

    for (guint i = 0; i < controllers->len; i++) {
        const VirtCpuControllerDef *controller = g_ptr_array_index(controllers, i);

        if (controller->type == VIRTCPU_CONTROLLER_PCI) {
            last = MAX(last, controller->index);
        }
    }
    buses->assign = assign;
    buses->buses = g_array_sized_new(FALSE, TRUE, sizeof(VirtCpuPciBus), (guint)last + 1);
    for (int i = 0; i <= last; i++) {
        const VirtCpuControllerDef *controller =
            virtcpu_domain_def_find_controller(assign->def, VIRTCPU_CONTROLLER_PCI, i);

        if (controller == NULL) {
            virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                              _("PCI controllers must have successive indexes: there is one with "
                                "index '%d', but none with '%d'"),
                              last, i);
            return FALSE;
        }
        virtcpu_pci_buses_add(buses, controller);
    }
    reserve_builtin(buses);
    return TRUE;
}

void
virtcpu_pci_buses_copy(VirtCpuPciBuses *buses, const VirtCpuPciBuses *from)
{
    buses->assign = from->assign;
    buses->buses = g_array_copy(from->buses);
}

void
virtcpu_pci_buses_clear(VirtCpuPciBuses *buses)
{
    g_clear_pointer(&buses->buses, g_array_unref);
}

void
virtcpu_pci_buses_add(VirtCpuPciBuses *buses, const VirtCpuControllerDef *controller)
{
    VirtCpuPciBus *bus;

    g_array_set_size(buses->buses, buses->buses->len + 1);
    bus = bus_at(buses, buses->buses->len - 1);
    bus->controller = controller;
}

static gboolean
refuse(const VirtCpuDeviceInfo *device, const char *reason, GError **error)
{
    g_autofree char *who = virtcpu_device_describe(device);
    g_autofree char *where = virtcpu_address_pci_to_text(&device->address);

    virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR, _("%s cannot be at PCI address %s: %s"), who,
                      where, reason);
    return FALSE;
}

/* Only what the chipset has may be in the chipset's places, and nowhere else. */
static gboolean
check_builtin(const VirtCpuPciBuses *buses, const VirtCpuDeviceInfo *device, GError **error)
{
    const BuiltinRow *row = builtin_of(buses->assign, device);
    const VirtCpuAddress *at = &device->address;

    if (row == NULL || (at->bus == 0 && at->slot == row->slot && at->function == row->function)) {
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                      _("%s must have PCI address 0:0:%x.%x (line %ld)"), row->name, row->slot,
                      row->function, device->line);
    return FALSE;
}

/* What one that names its place may get: libvirt lets PCI devices sit on PCI Express and the other
 * way round. */
static gboolean
check_suits(const VirtCpuPciBuses *buses, const VirtCpuDeviceInfo *device, GError **error)
{
    const BusRow *row = row_of(bus_at(buses, device->address.bus));
    const VirtCpuPlug plug = virtcpu_device_plug(buses->assign, device);

    if (device->address.slot < row->first_slot || device->address.slot > row->last_slot) {
        g_autofree char *range = g_strdup_printf(_("the bus of a '%s' has slots 0x%x to 0x%x"),
                                                 row->model, row->first_slot, row->last_slot);

        return refuse(device, range, error);
    }
    if (plug == VIRTCPU_PLUG_ROOT_PORT && (row->takes & TAKES(ROOT_PORT)) == 0) {
        return refuse(device, _("it must be on the root bus, 0x00"), error);
    }
    return TRUE;
}

static gboolean
refuse_taken(const VirtCpuDeviceInfo *device, const VirtCpuDeviceInfo *other, GError **error)
{
    g_autofree char *who = virtcpu_device_describe(device);
    g_autofree char *where = virtcpu_address_pci_to_text(&device->address);
    g_autofree char *holder =
        other == &chipset ? g_strdup(_("the chipset")) : virtcpu_device_describe(other);

    virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                      _("Attempted double use of PCI Address %s by %s: it is that of %s"), where,
                      who, holder);
    return FALSE;
}

gboolean
virtcpu_pci_buses_put(VirtCpuPciBuses *buses, const VirtCpuDeviceInfo *device, GError **error)
{
    const VirtCpuAddress *at = &device->address;
    const VirtCpuDeviceInfo **place;

    if (at->bus >= buses->buses->len) {
        return refuse(device, _("there is no PCI controller with the index of that bus"), error);
    }
    if (!check_builtin(buses, device, error)) {
        return FALSE;
    }
    place = &bus_at(buses, at->bus)->functions[at->slot][at->function];
    if (*place != NULL && (*place != &chipset || builtin_of(buses->assign, device) == NULL)) {
        return refuse_taken(device, *place, error);
    }
    *place = device;
    return check_suits(buses, device, error);
}

void
virtcpu_pci_buses_take(VirtCpuPciBuses *buses, const VirtCpuDeviceInfo *device,
                       const VirtCpuAddress *address)
{
    bus_at(buses, address->bus)->functions[address->slot][address->function] = device;
}

gboolean
virtcpu_pci_buses_is_shared(const VirtCpuPciBuses *buses, const VirtCpuAddress *address)
{
    const VirtCpuPciBus *bus = bus_at(buses, address->bus);

    for (unsigned i = 0; i < VIRTCPU_PCI_FUNCTIONS; i++) {
        if (i != address->function && bus->functions[address->slot][i] != NULL) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean
virtcpu_pci_buses_is_free(const VirtCpuPciBuses *buses, unsigned number, unsigned slot)
{
    const VirtCpuPciBus *bus = bus_at(buses, number);

    for (unsigned function = 0; function < VIRTCPU_PCI_FUNCTIONS; function++) {
        if (bus->functions[slot][function] != NULL) {
            return FALSE;
        }
    }
    return TRUE;
}

/* The first free function of a slot that root ports share, or FALSE. */
static gboolean
find_shared(const VirtCpuPciBuses *buses, const VirtCpuPciBus *bus, unsigned slot,
            unsigned *function)
{
    unsigned found = VIRTCPU_PCI_FUNCTIONS;

    for (unsigned i = 0; i < VIRTCPU_PCI_FUNCTIONS; i++) {
        const VirtCpuDeviceInfo *device = bus->functions[slot][i];

        if (device == NULL) {
            found = MIN(found, i);
        } else if (device == &chipset ||
                   virtcpu_device_plug(buses->assign, device) != VIRTCPU_PLUG_ROOT_PORT) {
            return FALSE;
        }
    }
    /* function 0 has to be there for the others to be seen, and says so */
    *function = found;
    return found != 0 && found < VIRTCPU_PCI_FUNCTIONS &&
           bus->functions[slot][0]->address.multifunction == VIRTCPU_TRISTATE_YES;
}

static gboolean
find_on_bus(const VirtCpuPciBuses *buses, unsigned number, VirtCpuPlug plug,
            VirtCpuAddress *address)
{
    const VirtCpuPciBus *bus = bus_at(buses, number);
    const BusRow *row = row_of(bus);

    for (unsigned slot = row->first_slot; slot <= row->last_slot; slot++) {
        unsigned function = 0;
        gboolean found =
            virtcpu_pci_buses_is_free(buses, number, slot) ||
            (plug == VIRTCPU_PLUG_ROOT_PORT && find_shared(buses, bus, slot, &function));

        if (found) {
            *address = (VirtCpuAddress){
                .type = VIRTCPU_ADDRESS_PCI,
                .bus = number,
                .slot = slot,
                .function = function,
            };
            return TRUE;
        }
    }
    return FALSE;
}

gboolean
virtcpu_pci_buses_find(const VirtCpuPciBuses *buses, VirtCpuPlug plug, VirtCpuAddress *address)
{
    for (unsigned number = 0; number < buses->buses->len; number++) {
        if ((row_of(bus_at(buses, number))->takes & (1u << plug)) != 0 &&
            find_on_bus(buses, number, plug, address)) {
            return TRUE;
        }
    }
    return FALSE;
}
