/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/assign-priv.h"

/* How drives hang on the controllers of a bus. */
typedef struct {
    VirtCpuControllerType controller;
    unsigned buses, units; /* per controller, as libvirt counts target names */
    unsigned last_controller, last_bus, last_target, last_unit; /* what QEMU's can take */
} DriveRow;

/* By VirtCpuDiskBus. SCSI: seven drives a controller, whatever its width, as libvirt has it. */
static const DriveRow drive_rows[] = {
    [VIRTCPU_BUS_IDE] = { VIRTCPU_CONTROLLER_IDE, 2, 2, 0, 1, 0, 1 },
    [VIRTCPU_BUS_SATA] = { VIRTCPU_CONTROLLER_SATA, 1, 6, 255, 0, 0, 5 },
    [VIRTCPU_BUS_SCSI] = { VIRTCPU_CONTROLLER_SCSI, 1, 7, 255, 0, 255, 16383 },
};

void
virtcpu_drive_from_target(VirtCpuDiskBus bus, const char *target, VirtCpuAddress *address)
{
    const DriveRow *row = &drive_rows[bus];
    const unsigned number = virtcpu_disk_target_number(target);

    *address = (VirtCpuAddress){
        .type = VIRTCPU_ADDRESS_DRIVE,
        .controller = number / (row->buses * row->units),
        .bus = number / row->units % row->buses,
        .unit = number % row->units,
    };
}

static gboolean
is_same_drive(const VirtCpuDiskDef *disk, const VirtCpuDiskDef *other)
{
    const VirtCpuAddress *a = &disk->info.address;
    const VirtCpuAddress *b = &other->info.address;

    return b->type == VIRTCPU_ADDRESS_DRIVE && disk->bus == other->bus &&
           a->controller == b->controller && a->bus == b->bus && a->target == b->target &&
           a->unit == b->unit;
}

static gboolean
check_unique(const VirtCpuDomainDef *def, const VirtCpuDiskDef *disk, GError **error)
{
    for (guint i = 0; i < def->disks->len; i++) {
        const VirtCpuDiskDef *other = g_ptr_array_index(def->disks, i);

        if (other != disk && is_same_drive(disk, other)) {
            g_autofree char *who = virtcpu_device_describe(disk);
            const VirtCpuAddress *at = &disk->info.address;

            virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                              _("Found duplicate drive address for disk with target name '%s' "
                                "controller='%u' bus='%u' target='%u' unit='%u': it is that of %s, "
                                "too"),
                              other->target, at->controller, at->bus, at->target, at->unit, who);
            return FALSE;
        }
    }
    return TRUE;
}

/* The narrow controller has its drives as units of target 0, and is the seventh itself. */
static gboolean
check_range(const VirtCpuAssign *assign, const VirtCpuDiskDef *disk, GError **error)
{
    const DriveRow *row = &drive_rows[disk->bus];
    const VirtCpuAddress *at = &disk->info.address;
    const VirtCpuControllerDef *controller =
        virtcpu_domain_def_find_controller(assign->def, row->controller, (int)at->controller);
    const gboolean is_narrow = controller != NULL && g_strcmp0(controller->model, "lsilogic") == 0;

    if (at->controller > row->last_controller || at->bus > row->last_bus ||
        at->target > (is_narrow ? 0 : row->last_target) ||
        at->unit > (is_narrow ? 6 : row->last_unit)) {
        g_autofree char *who = virtcpu_device_describe(disk);

        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("%s cannot be at controller '%u' bus '%u' target '%u' unit '%u' of bus "
                            "'%s'"),
                          who, at->controller, at->bus, at->target, at->unit,
                          virtcpu_disk_bus_to_string(disk->bus));
        return FALSE;
    }
    return TRUE;
}

gboolean
virtcpu_assign_drives(VirtCpuAssign *assign, GError **error)
{
    for (guint i = 0; i < assign->def->disks->len; i++) {
        const VirtCpuDiskDef *disk = g_ptr_array_index(assign->def->disks, i);

        if (disk->info.address.type == VIRTCPU_ADDRESS_DRIVE &&
            (!check_range(assign, disk, error) || !check_unique(assign->def, disk, error))) {
            return FALSE;
        }
    }
    return TRUE;
}
