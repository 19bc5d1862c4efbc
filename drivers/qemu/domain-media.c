/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/domain-media.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/args.h"
#include "drivers/qemu/disk-throttle.h"
#include "drivers/qemu/domain-files.h"
#include "drivers/qemu/domain-monitor.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/plug-steps.h"

/* One disc for another; each may be missing (no source). */
typedef struct {
    const char *alias; /* of the drive */
    const VirtCpuDiskDef *from, *to;
    gboolean force;
} Exchange;

static gboolean
tell_drive(const VirtCpuDomainChange *change, const Exchange *exchange, const char *command,
           const char *node, GError **error)
{
    g_autoptr(VirtCpuJson) arguments = virtcpu_json_new_object();

    virtcpu_json_set_string(arguments, "id", exchange->alias);
    virtcpu_json_set_string(arguments, "node-name", node);
    if (g_str_equal(command, "blockdev-open-tray")) {
        virtcpu_json_set_bool(arguments, "force", exchange->force);
    }
    return virtcpu_domain_execute(change->domain, command, arguments, NULL, error);
}

static gboolean
insert(const VirtCpuDomainChange *change, const Exchange *exchange, const VirtCpuDiskDef *disk,
       GError **error)
{
    g_autofree char *node = disk->source != NULL ? virtcpu_args_medium_name(disk) : NULL;

    return node == NULL || tell_drive(change, exchange, "blockdev-insert-medium", node, error);
}

static gboolean
add_nodes(const VirtCpuDomainChange *change, const VirtCpuDiskDef *disk, GError **error)
{
    g_autoptr(GPtrArray) steps = disk->source != NULL ? virtcpu_args_medium(disk) : NULL;

    return steps == NULL ||
           virtcpu_plug_steps_run(steps, change->domain->run->qmp,
                                  change->domain->driver->monitor_timeout_ms, error);
}

static void
remove_nodes(const VirtCpuDomainChange *change, const VirtCpuDiskDef *disk)
{
    g_autoptr(GPtrArray) steps = disk->source != NULL ? virtcpu_args_medium(disk) : NULL;

    if (steps != NULL) {
        virtcpu_plug_steps_undo(steps, steps->len, change->domain->run->qmp,
                                change->domain->driver->monitor_timeout_ms);
    }
}

/* Put the old disc back; what QEMU says of it is logged. */
static void
put_back(const VirtCpuDomainChange *change, const Exchange *exchange)
{
    g_autoptr(GError) error = NULL;

    if (!insert(change, exchange, exchange->from, &error) ||
        !tell_drive(change, exchange, "blockdev-close-tray", NULL, &error)) {
        g_message("Drive '%s' of domain '%s' is left open: %s", exchange->alias,
                  change->domain->name, error->message);
    }
}

/* A drive that was empty has the limits of its last medium, if any. */
static gboolean
limit(const VirtCpuDomainChange *change, const Exchange *exchange, GError **error)
{
    return exchange->from->source != NULL ||
           virtcpu_disk_throttle(exchange->to, change->domain->run->qmp,
                                 change->domain->driver->monitor_timeout_ms, error);
}

/* With the new nodes there: the drive takes them for the old ones. */
static gboolean
swap(const VirtCpuDomainChange *change, const Exchange *exchange, GError **error)
{
    if (!tell_drive(change, exchange, "blockdev-open-tray", NULL, error)) {
        return FALSE;
    }
    if (exchange->from->source != NULL &&
        !tell_drive(change, exchange, "blockdev-remove-medium", NULL, error)) {
        return FALSE;
    }
    if (!insert(change, exchange, exchange->to, error)) {
        put_back(change, exchange);
        return FALSE;
    }
    if (!limit(change, exchange, error)) {
        (void)tell_drive(change, exchange, "blockdev-remove-medium", NULL, NULL);
        put_back(change, exchange);
        return FALSE;
    }
    return tell_drive(change, exchange, "blockdev-close-tray", NULL, error);
}

static gboolean
apply(VirtCpuDomainChange *change, gpointer data, GError **error)
{
    const Exchange *exchange = data;

    if (!add_nodes(change, exchange->to, error)) {
        return FALSE;
    }
    if (!swap(change, exchange, error)) {
        remove_nodes(change, exchange->to);
        return FALSE;
    }
    remove_nodes(change, exchange->from);
    return TRUE;
}

static gboolean
undo(VirtCpuDomainChange *change, gpointer data, GError **error)
{
    const Exchange *done = data;
    Exchange back = { .alias = done->alias, .from = done->to, .to = done->from, .force = TRUE };

    return apply(change, &back, error);
}

/* Have @disk be of the medium of @wanted. */
static void
take_medium(VirtCpuDiskDef *disk, const VirtCpuDiskDef *wanted)
{
    g_free(disk->source);
    disk->source = g_strdup(wanted->source);
    disk->is_block = wanted->is_block;
    disk->startup = wanted->startup;
    if (wanted->format != NULL) {
        g_free(disk->format);
        disk->format = g_strdup(wanted->format);
    }
}

gboolean
virtcpu_domain_change_medium(VirtCpuDomainChange *change, const VirtCpuDiskDef *wanted,
                             gboolean force, GError **error)
{
    VirtCpuDiskDef *disk = change->next_live != NULL
                               ? virtcpu_domain_def_find_disk(change->next_live, wanted->target)
                               : NULL;
    VirtCpuDiskDef *config = change->next_config != NULL
                                 ? virtcpu_domain_def_find_disk(change->next_config, wanted->target)
                                 : NULL;
    VirtCpuDiskDef *before = disk != NULL ? virtcpu_device_copy(disk) : NULL;
    Exchange exchange = { .from = before, .to = disk, .force = force };
    gboolean done;

    if (disk != NULL && disk->bus == VIRTCPU_BUS_USB) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_UNSUPPORTED,
                          _("the medium of drive '%s' on bus 'usb' cannot be changed; detach the "
                            "drive and attach another"),
                          disk->target);
        virtcpu_device_free(before);
        return FALSE;
    }
    if (disk != NULL) {
        exchange.alias = before->info.alias;
        take_medium(disk, wanted);
        disk->node = disk->source != NULL ? virtcpu_args_next_node(change->next_live) : 0;
    }
    if (config != NULL) {
        take_medium(config, wanted);
    }
    done = (disk == NULL || virtcpu_domain_files_lend_disk(change->domain, disk, error)) &&
           virtcpu_domain_change_commit(change, apply, undo, &exchange, error);
    virtcpu_device_free(before);
    return done;
}
