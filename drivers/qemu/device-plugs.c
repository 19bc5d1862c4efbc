/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/device-plugs.h"

#include "conf/domain-words.h"
#include "conf/error.h"
#include "conf/i18n.h"

/* libvirt's words for the kinds: its own name for serial ports, consoles and channels together. */
static const char *
kind_word(const VirtCpuDeviceInfo *device)
{
    switch (device->kind) {
    case VIRTCPU_DEVICE_SERIAL:
    case VIRTCPU_DEVICE_CONSOLE:
    case VIRTCPU_DEVICE_CHANNEL:
        return "chr";
    case VIRTCPU_DEVICE_DISK:
    case VIRTCPU_DEVICE_CONTROLLER:
    case VIRTCPU_DEVICE_NET:
    case VIRTCPU_DEVICE_INPUT:
    case VIRTCPU_DEVICE_GRAPHICS:
    case VIRTCPU_DEVICE_AUDIO:
    case VIRTCPU_DEVICE_VIDEO:
    case VIRTCPU_DEVICE_WATCHDOG:
    case VIRTCPU_DEVICE_MEMBALLOON:
    case VIRTCPU_DEVICE_RNG:
    case VIRTCPU_DEVICE_LAST:
    default:
        return virtcpu_device_element(device->kind);
    }
}

/* By VirtCpuDeviceKind: what a running guest can get and lose, and what a definition can. */
static const struct {
    gboolean live, config;
} rows[] = {
    [VIRTCPU_DEVICE_DISK] = { TRUE, TRUE },      [VIRTCPU_DEVICE_CONTROLLER] = { TRUE, TRUE },
    [VIRTCPU_DEVICE_NET] = { TRUE, TRUE },       [VIRTCPU_DEVICE_SERIAL] = { FALSE, TRUE },
    [VIRTCPU_DEVICE_CONSOLE] = { TRUE, TRUE },   [VIRTCPU_DEVICE_CHANNEL] = { TRUE, TRUE },
    [VIRTCPU_DEVICE_INPUT] = { TRUE, TRUE },     [VIRTCPU_DEVICE_GRAPHICS] = { FALSE, FALSE },
    [VIRTCPU_DEVICE_AUDIO] = { FALSE, FALSE },   [VIRTCPU_DEVICE_VIDEO] = { FALSE, FALSE },
    [VIRTCPU_DEVICE_WATCHDOG] = { FALSE, TRUE }, [VIRTCPU_DEVICE_MEMBALLOON] = { FALSE, FALSE },
    [VIRTCPU_DEVICE_RNG] = { TRUE, TRUE },
};
G_STATIC_ASSERT(G_N_ELEMENTS(rows) == VIRTCPU_DEVICE_LAST);

/* Always returns FALSE. */
static gboolean G_GNUC_PRINTF(2, 3) refuse(GError **error, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list list;

    va_start(list, format);
    text = g_strdup_vprintf(format, list);
    va_end(list);
    virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_UNSUPPORTED, "%s", text);
    return FALSE;
}

static gboolean
can_plug_disk(const VirtCpuDiskDef *disk, GError **error)
{
    if (disk->bus == VIRTCPU_BUS_IDE || disk->bus == VIRTCPU_BUS_SATA) {
        return refuse(error, _("disk bus '%s' cannot be hotplugged."),
                      virtcpu_disk_bus_to_string(disk->bus));
    }
    return TRUE;
}

static gboolean
can_plug_controller(const VirtCpuDomainDef *def, const VirtCpuControllerDef *controller,
                    GError **error)
{
    const char *type =
        virtcpu_words_to_string(&virtcpu_controller_type_words, (int)controller->type);

    if (controller->type != VIRTCPU_CONTROLLER_SCSI) {
        return refuse(error, _("'%s' controller cannot be hot plugged."), type);
    }
    if (virtcpu_domain_def_find_controller(def, controller->type, controller->index) != NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED, _("target %s:%d already exists"),
                          type, controller->index);
        return FALSE;
    }
    return TRUE;
}

/* A channel is known to the guest by its name. */
static gboolean
check_channel(const VirtCpuDomainDef *def, const VirtCpuChardevDef *channel, GError **error)
{
    for (guint i = 0; i < def->channels->len; i++) {
        const VirtCpuChardevDef *other = g_ptr_array_index(def->channels, i);

        if (channel->target_name != NULL &&
            g_strcmp0(channel->target_name, other->target_name) == 0) {
            virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID, _("chardev already exists"));
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
can_plug_console(const VirtCpuChardevDef *console, GError **error)
{
    return g_strcmp0(console->target_type, "serial") != 0 ||
           refuse(error, _("console of target type '%s' cannot be hot plugged."),
                  console->target_type);
}

static gboolean
can_plug_input(const VirtCpuDomainDef *def, const VirtCpuInputDef *input, GError **error)
{
    const gboolean ps2 = input->bus != NULL
                             ? g_str_equal(input->bus, "ps2")
                             : virtcpu_arch_is_pc(def->arch) && !g_str_equal(input->type, "tablet");

    return !ps2 || refuse(error, _("input device on bus '%s' cannot be hot plugged."), "ps2");
}

gboolean
virtcpu_device_can_plug(const VirtCpuDomainDef *def, const VirtCpuDeviceInfo *device,
                        GError **error)
{
    gconstpointer any = device;

    if (!rows[device->kind].live) {
        return refuse(error, _("live attach of device '%s' is not supported"), kind_word(device));
    }
    switch (device->kind) {
    case VIRTCPU_DEVICE_DISK:
        return can_plug_disk(any, error);
    case VIRTCPU_DEVICE_CONTROLLER:
        return can_plug_controller(def, any, error);
    case VIRTCPU_DEVICE_CHANNEL:
        return check_channel(def, any, error);
    case VIRTCPU_DEVICE_CONSOLE:
        return can_plug_console(any, error);
    case VIRTCPU_DEVICE_INPUT:
        return can_plug_input(def, any, error);
    case VIRTCPU_DEVICE_NET:
    case VIRTCPU_DEVICE_SERIAL:
    case VIRTCPU_DEVICE_GRAPHICS:
    case VIRTCPU_DEVICE_AUDIO:
    case VIRTCPU_DEVICE_VIDEO:
    case VIRTCPU_DEVICE_WATCHDOG:
    case VIRTCPU_DEVICE_MEMBALLOON:
    case VIRTCPU_DEVICE_RNG:
    case VIRTCPU_DEVICE_LAST:
    default:
        return TRUE;
    }
}

gboolean
virtcpu_device_can_define(const VirtCpuDomainDef *def, const VirtCpuDeviceInfo *device,
                          GError **error)
{
    gconstpointer any = device;

    if (!rows[device->kind].config) {
        return refuse(error, _("persistent attach of device '%s' is not supported"),
                      kind_word(device));
    }
    if (device->kind == VIRTCPU_DEVICE_DISK) {
        const VirtCpuDiskDef *disk = any;

        if (virtcpu_domain_def_find_disk(def, disk->target) != NULL) {
            virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID, _("target %s already exists"),
                              disk->target);
            return FALSE;
        }
    } else if (device->kind == VIRTCPU_DEVICE_CONTROLLER) {
        const VirtCpuControllerDef *controller = any;

        if (virtcpu_domain_def_find_controller(def, controller->type, controller->index) != NULL) {
            virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                              _("controller index='%d' already exists"), controller->index);
            return FALSE;
        }
    } else if (device->kind == VIRTCPU_DEVICE_CHANNEL) {
        return check_channel(def, any, error);
    }
    return TRUE;
}

gboolean
virtcpu_device_can_unplug_kind(const VirtCpuDeviceInfo *like, GError **error)
{
    gconstpointer any = like;

    if (!rows[like->kind].live) {
        return refuse(error, _("live detach of device '%s' is not supported"), kind_word(like));
    }
    if (like->kind == VIRTCPU_DEVICE_CONTROLLER) {
        const VirtCpuControllerDef *controller = any;

        return controller->type == VIRTCPU_CONTROLLER_SCSI ||
               refuse(
                   error, _("'%s' controller cannot be hot unplugged."),
                   virtcpu_words_to_string(&virtcpu_controller_type_words, (int)controller->type));
    }
    return TRUE;
}

static gboolean
can_unplug_disk(const VirtCpuDiskDef *disk, GError **error)
{
    if (g_str_equal(disk->device, "cdrom")) {
        return disk->bus == VIRTCPU_BUS_USB || disk->bus == VIRTCPU_BUS_SCSI ||
               refuse(error, _("disk device type '%s' cannot be detached"), disk->device);
    }
    return (disk->bus != VIRTCPU_BUS_IDE && disk->bus != VIRTCPU_BUS_SATA) ||
           refuse(error, _("This type of disk cannot be hot unplugged: bus '%s'"),
                  virtcpu_disk_bus_to_string(disk->bus));
}

/* A controller with drives on it stays. */
static gboolean
check_idle(const VirtCpuDomainDef *def, const VirtCpuControllerDef *controller, GError **error)
{
    for (guint i = 0; i < def->disks->len; i++) {
        const VirtCpuDiskDef *disk = g_ptr_array_index(def->disks, i);

        if (disk->bus == VIRTCPU_BUS_SCSI && controller->type == VIRTCPU_CONTROLLER_SCSI &&
            (int)disk->info.address.controller == controller->index) {
            virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                              _("device cannot be detached: device is busy: disk '%s' is on it"),
                              disk->target);
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
virtcpu_device_can_unplug(const VirtCpuDomainDef *def, const VirtCpuDeviceInfo *device,
                          GError **error)
{
    gconstpointer any = device;

    if (!virtcpu_device_can_unplug_kind(device, error)) {
        return FALSE;
    }
    if (device->address.type == VIRTCPU_ADDRESS_PCI &&
        device->address.multifunction == VIRTCPU_TRISTATE_YES) {
        g_autofree char *where = virtcpu_address_pci_to_text(&device->address);

        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                          _("cannot hot unplug multifunction PCI device: %s"), where);
        return FALSE;
    }
    if (device->kind == VIRTCPU_DEVICE_DISK) {
        return can_unplug_disk(any, error);
    }
    if (device->kind == VIRTCPU_DEVICE_CONTROLLER) {
        return check_idle(def, any, error);
    }
    if (device->kind == VIRTCPU_DEVICE_CONSOLE) {
        return g_strcmp0(((const VirtCpuChardevDef *)any)->target_type, "serial") != 0 ||
               refuse(error, _("live detach of device '%s' is not supported"), "serial");
    }
    if (device->kind == VIRTCPU_DEVICE_INPUT) {
        const VirtCpuInputDef *input = any;

        return !g_str_equal(input->bus, "ps2") ||
               refuse(error, _("input device on bus '%s' cannot be detached"), input->bus);
    }
    return TRUE;
}

gboolean
virtcpu_device_can_undefine(const VirtCpuDeviceInfo *like, GError **error)
{
    return rows[like->kind].config ||
           refuse(error, _("persistent detach of device '%s' is not supported"), kind_word(like));
}
