/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/fd.h"
#include "conf/i18n.h"
#include "drivers/qemu/args.h"
#include "drivers/qemu/assign.h"
#include "drivers/qemu/device-plugs.h"
#include "drivers/qemu/disk-throttle.h"
#include "drivers/qemu/domain-change.h"
#include "drivers/qemu/domain-channels.h"
#include "drivers/qemu/domain-files.h"
#include "drivers/qemu/domain-live.h"
#include "drivers/qemu/domain-media.h"
#include "drivers/qemu/domain-monitor.h"
#include "drivers/qemu/domain-unplug.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/plug-steps.h"
#include "drivers/qemu/tap.h"

#include <string.h>

/* How long a device that was just added is waited for when it has to go again. */
#define UNDO_WAIT_MS 5000

/* An attachment under way. */
typedef struct {
    VirtCpuDomainChange change;
    /* of VirtCpuDeviceInfo in change.next_live: the controller, then what it is for */
    GPtrArray *added;
    VirtCpuFd tap; /* of an interface in a bridge */
} Attachment;

static void
attachment_clear(Attachment *attachment)
{
    virtcpu_domain_change_end(&attachment->change);
    g_clear_pointer(&attachment->added, g_ptr_array_unref);
    virtcpu_fd_close(attachment->tap);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Attachment, attachment_clear)

/* What has no place in the guest as it runs would need a bridge or port, which no guest can get. */
static gboolean
refuse_controller(const VirtCpuControllerDef *controller, const VirtCpuDeviceInfo *device,
                  GError **error)
{
    g_autofree char *who = virtcpu_device_describe(device);

    if (controller->type == VIRTCPU_CONTROLLER_PCI) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("No more available PCI slots for %s: the running guest has no free one "
                            "that takes it, and a '%s' cannot be hot plugged; add <controller "
                            "type='pci' model='%s'/> to the definition and start it anew"),
                          who, controller->model, controller->model);
    } else {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("Could not find the controller that %s needs, index %d, and one of its "
                            "type cannot be hot plugged; add it to the definition and start it "
                            "anew"),
                          who, controller->index);
    }
    return FALSE;
}

/* Note the controllers that came with @device; a bus for SCSI drives can come into a running guest.
 */
static gboolean
collect_controllers(Attachment *attachment, VirtCpuDeviceInfo *device, GError **error)
{
    const GPtrArray *controllers = attachment->change.next_live->controllers;

    for (guint i = 0; i < controllers->len; i++) {
        VirtCpuControllerDef *controller = g_ptr_array_index(controllers, i);
        const VirtCpuControllerDef *before = virtcpu_domain_def_find_controller(
            attachment->change.domain->live, controller->type, controller->index);

        if (before != NULL || &controller->info == device) {
            continue;
        }
        if (controller->type != VIRTCPU_CONTROLLER_SCSI) {
            return refuse_controller(controller, device, error);
        }
        g_ptr_array_add(attachment->added, controller);
    }
    return TRUE;
}

static void
name_added(Attachment *attachment)
{
    VirtCpuDomainChange *change = &attachment->change;

    for (guint i = 0; i < attachment->added->len; i++) {
        VirtCpuDeviceInfo *device = g_ptr_array_index(attachment->added, i);

        virtcpu_args_assign_alias(change->next_live, device, change->caps);
        if (device->kind == VIRTCPU_DEVICE_DISK) {
            VirtCpuDiskDef *disk = (VirtCpuDiskDef *)(void *)device;

            disk->node = disk->source != NULL ? virtcpu_args_next_node(change->next_live) : 0;
            disk->tray = VIRTCPU_TRISTATE_ABSENT;
        }
    }
    virtcpu_domain_name_channels(change->domain->driver, change->next_live);
}

/* Have @live get @device (transfer full): complete, in its place, with address and alias. */
static gboolean
prepare_live(Attachment *attachment, VirtCpuDeviceInfo *device, GError **error)
{
    VirtCpuDomainChange *change = &attachment->change;
    VirtCpuDomainDef *live = change->next_live;

    if (!virtcpu_device_is_user_alias(device->alias)) {
        g_clear_pointer(&device->alias, g_free);
    }
    if (!virtcpu_device_complete(device, live, error)) {
        virtcpu_device_free(device);
        return FALSE;
    }
    virtcpu_domain_def_insert(live, device);
    if (!virtcpu_devices_assign(live, change->caps, error) ||
        !collect_controllers(attachment, device, error)) {
        return FALSE;
    }
    g_ptr_array_add(attachment->added, device);
    name_added(attachment);
    if (device->kind == VIRTCPU_DEVICE_DISK) {
        return virtcpu_domain_files_lend_disk(change->domain,
                                              (const VirtCpuDiskDef *)(void *)device, error);
    }
    if (device->kind == VIRTCPU_DEVICE_NET) {
        VirtCpuNetDef *net = (VirtCpuNetDef *)(void *)device;

        if (net->type == VIRTCPU_NET_BRIDGE) {
            attachment->tap = virtcpu_tap_open(net, error);
            return attachment->tap >= 0;
        }
    }
    return TRUE;
}

/* The definition with @device (transfer full) added, or NULL. */
static VirtCpuDomainDef *
add_to_config(VirtCpuDomainChange *change, VirtCpuDeviceInfo *device, GError **error)
{
    g_autoptr(VirtCpuDomainDef) before = virtcpu_domain_def_copy(change->next_config);

    if (!virtcpu_device_complete(device, change->next_config, error)) {
        virtcpu_device_free(device);
        return NULL;
    }
    virtcpu_domain_def_insert(change->next_config, device);
    if (virtcpu_domain_change_complete_config(change, error)) {
        return g_steal_pointer(&change->next_config);
    }
    virtcpu_domain_def_free(change->next_config);
    change->next_config = g_steal_pointer(&before);
    return NULL;
}

/* @device as the definition gets it (transfer full): what was decided for @live, where it runs, is
 * the same in both, and its place when @here. */
static VirtCpuDeviceInfo *
copy_for_config(const VirtCpuDeviceInfo *device, const VirtCpuDeviceInfo *live, gboolean here)
{
    VirtCpuDeviceInfo *copy = virtcpu_device_copy(device);

    if (live == NULL) {
        return copy;
    }
    if (here) {
        copy->address = live->address;
    }
    if (device->kind == VIRTCPU_DEVICE_NET) {
        VirtCpuNetDef *net = (VirtCpuNetDef *)(void *)copy;

        memcpy(net->mac, ((const VirtCpuNetDef *)(const void *)live)->mac, sizeof(net->mac));
        net->has_mac = TRUE;
    }
    return copy;
}

/* The definition gets the device where it runs, or, when that place is another's in it, in one of
 * its own. */
static gboolean
prepare_config(Attachment *attachment, const VirtCpuDeviceInfo *device, GError **error)
{
    VirtCpuDomainChange *change = &attachment->change;
    const guint last = attachment->added->len;
    const VirtCpuDeviceInfo *live =
        last > 0 ? g_ptr_array_index(attachment->added, last - 1) : NULL;
    VirtCpuDomainDef *done =
        live != NULL ? add_to_config(change, copy_for_config(device, live, TRUE), NULL) : NULL;

    if (done == NULL) {
        done = add_to_config(change, copy_for_config(device, live, FALSE), error);
    }
    if (done != NULL) {
        change->next_config = done;
    }
    return done != NULL;
}

static gboolean
pass_tap(const Attachment *attachment, const VirtCpuNetDef *net, GError **error)
{
    g_autofree char *name = virtcpu_args_tap_name(net);

    return virtcpu_domain_give_fd(attachment->change.domain, name, attachment->tap, error);
}

/* What QEMU tells of a device only once it has it, and what is set then. */
static gboolean
finish_device(VirtCpuDomainChange *change, VirtCpuDeviceInfo *device, GError **error)
{
    const unsigned timeout_ms = change->domain->driver->monitor_timeout_ms;
    VirtCpuQmp *qmp = change->domain->run->qmp;

    if (device->kind == VIRTCPU_DEVICE_CONSOLE || device->kind == VIRTCPU_DEVICE_CHANNEL) {
        change->live_learned = TRUE;
        return virtcpu_domain_fill_ptys(change->next_live, qmp, timeout_ms, error);
    }
    if (device->kind == VIRTCPU_DEVICE_DISK) {
        const VirtCpuDiskDef *disk = (const VirtCpuDiskDef *)(const void *)device;

        return !virtcpu_disk_tune_is_set(&disk->tune) ||
               virtcpu_disk_throttle(disk, qmp, timeout_ms, error);
    }
    if (device->kind == VIRTCPU_DEVICE_NET) {
        const VirtCpuNetDef *net = (const VirtCpuNetDef *)(const void *)device;

        return net->link_up != VIRTCPU_TRISTATE_NO ||
               virtcpu_domain_set_link(net, qmp, timeout_ms, error);
    }
    return TRUE;
}

/* What the guest does not give up again is its own, and shown. */
static void
keep_device(VirtCpuDomain *domain, const VirtCpuDeviceInfo *device)
{
    VirtCpuDomainDef *live;

    g_mutex_lock(&domain->lock);
    live = virtcpu_domain_def_copy(domain->live);
    g_mutex_unlock(&domain->lock);
    virtcpu_domain_def_insert(live, virtcpu_device_copy(device));
    virtcpu_domain_set_live(domain, live);
}

/* Take the first @count of the devices that were added away again; those that stay are shown. */
static gboolean
unplug_added(const Attachment *attachment, guint count)
{
    const VirtCpuDomainChange *change = &attachment->change;
    const VirtCpuArgsInput input = { .def = change->next_live, .caps = change->caps };
    gboolean all_gone = TRUE;

    while (count > 0) {
        const VirtCpuDeviceInfo *device = g_ptr_array_index(attachment->added, --count);
        g_autoptr(GPtrArray) steps = virtcpu_args_plug(&input, device, NULL);
        g_autoptr(GError) error = NULL;
        gboolean gone = FALSE;

        if (!virtcpu_domain_unplug(change->domain, device->alias, UNDO_WAIT_MS, &gone, &error)) {
            g_message("%s", error->message);
        }
        if (gone) {
            virtcpu_plug_steps_undo(steps, steps->len - 1, change->domain->run->qmp,
                                    change->domain->driver->monitor_timeout_ms);
        } else {
            keep_device(change->domain, device);
        }
        all_gone = all_gone && gone;
    }
    return all_gone;
}

/* A descriptor that no network back end took over would stay open in QEMU. */
static void
take_tap_back(const Attachment *attachment, const VirtCpuNetDef *net)
{
    g_autofree char *name = virtcpu_args_tap_name(net);

    virtcpu_domain_take_fd_back(attachment->change.domain, name);
}

static gboolean
plug_one(Attachment *attachment, VirtCpuDeviceInfo *device, GError **error)
{
    VirtCpuDomainChange *change = &attachment->change;
    const VirtCpuArgsInput input = { .def = change->next_live, .caps = change->caps };
    g_autoptr(GPtrArray) steps = virtcpu_args_plug(&input, device, error);
    const VirtCpuNetDef *net = device->kind == VIRTCPU_DEVICE_NET && attachment->tap >= 0
                                   ? (const VirtCpuNetDef *)(const void *)device
                                   : NULL;

    if (steps == NULL || (net != NULL && !pass_tap(attachment, net, error))) {
        return FALSE;
    }
    if (virtcpu_plug_steps_run(steps, change->domain->run->qmp,
                               change->domain->driver->monitor_timeout_ms, error)) {
        return TRUE;
    }
    if (net != NULL) {
        take_tap_back(attachment, net);
    }
    return FALSE;
}

static gboolean
apply(VirtCpuDomainChange *change, gpointer data, GError **error)
{
    Attachment *attachment = data;
    const guint count = attachment->added->len;

    for (guint i = 0; i < count; i++) {
        if (!plug_one(attachment, g_ptr_array_index(attachment->added, i), error)) {
            (void)unplug_added(attachment, i);
            return FALSE;
        }
    }
    if (!finish_device(change, g_ptr_array_index(attachment->added, count - 1), error)) {
        (void)unplug_added(attachment, count);
        return FALSE;
    }
    return TRUE;
}

static gboolean
undo(VirtCpuDomainChange *change, gpointer data, GError **error)
{
    const Attachment *attachment = data;

    return unplug_added(attachment, attachment->added->len);
}

/* Older clients change the medium of a running guest's CD drive by attaching one. */
static gboolean
is_medium(const VirtCpuDomainChange *change, const VirtCpuDeviceInfo *device)
{
    const VirtCpuDiskDef *disk = (const VirtCpuDiskDef *)(const void *)device, *same;

    if (change->next_live == NULL || device->kind != VIRTCPU_DEVICE_DISK ||
        !g_str_equal(disk->device, "cdrom")) {
        return FALSE;
    }
    same = virtcpu_domain_def_find_disk(change->next_live, disk->target);
    return same != NULL && g_str_equal(same->device, "cdrom") && same->bus == disk->bus;
}

static gboolean
attach(Attachment *attachment, const VirtCpuDeviceInfo *device, GError **error)
{
    VirtCpuDomainChange *change = &attachment->change;
    g_autofree char *alias = NULL;

    if (change->next_live != NULL &&
        (!virtcpu_device_can_plug(change->next_live, device, error) ||
         !prepare_live(attachment, virtcpu_device_copy(device), error))) {
        return FALSE;
    }
    if (change->next_config != NULL &&
        (!virtcpu_device_can_define(change->next_config, device, error) ||
         !prepare_config(attachment, device, error))) {
        return FALSE;
    }
    if (attachment->added->len > 0) {
        const VirtCpuDeviceInfo *added =
            g_ptr_array_index(attachment->added, attachment->added->len - 1);

        alias = g_strdup(added->alias);
    }
    if (!virtcpu_domain_change_commit(change, apply, undo, attachment, error)) {
        return FALSE;
    }
    if (alias != NULL) {
        virtcpu_domain_note_device(change->domain, VIRTCPU_NOTE_DEVICE_ADDED, alias, 0);
    }
    return TRUE;
}

gboolean
virtcpu_driver_attach_device(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                             const char *xml, unsigned flags, GError **error)
{
    g_auto(Attachment) attachment = { .tap = -1 };
    VirtCpuDeviceInfo *device = virtcpu_device_parse(xml, error);
    gboolean done = FALSE;

    if (device == NULL) {
        return FALSE;
    }
    attachment.added = g_ptr_array_new();
    if (virtcpu_domain_change_begin(driver, uuid, flags & VIRTCPU_CHANGE_IMPACT, &attachment.change,
                                    error)) {
        done = is_medium(&attachment.change, device)
                   ? virtcpu_domain_change_medium(
                         &attachment.change, (const VirtCpuDiskDef *)(void *)device, FALSE, error)
                   : attach(&attachment, device, error);
    }
    virtcpu_device_free(device);
    return done;
}
