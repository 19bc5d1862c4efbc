/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What follows when a guest powers off, reboots or crashes. */
#include "drivers/qemu/domain-actions.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-change.h"
#include "drivers/qemu/domain-monitor.h"
#include "drivers/qemu/driver-priv.h"

/* virDomainLifecycle. */
enum {
    LIFECYCLE_POWEROFF,
    LIFECYCLE_REBOOT,
    LIFECYCLE_CRASH,
};

gboolean
virtcpu_domain_check_actions(const VirtCpuDomainDef *def, GError **error)
{
    if (def->on_poweroff == VIRTCPU_ACTION_PRESERVE || def->on_reboot == VIRTCPU_ACTION_PRESERVE) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("qemu driver doesn't support the 'preserve' action for "
                            "'on_reboot'/'on_poweroff'"));
        return FALSE;
    }
    /* QEMU makes a reboot that is to end the guest a power-off */
    if (def->on_reboot == VIRTCPU_ACTION_DESTROY && def->on_poweroff == VIRTCPU_ACTION_RESTART) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("qemu driver doesn't support 'onReboot' set to 'destroy' and "
                            "'onPoweroff' set to 'reboot'"));
        return FALSE;
    }
    return TRUE;
}

static VirtCpuLifecycleAction *
action_of(VirtCpuDomainDef *def, unsigned type)
{
    return type == LIFECYCLE_POWEROFF ? &def->on_poweroff
           : type == LIFECYCLE_REBOOT ? &def->on_reboot
                                      : &def->on_crash;
}

static gboolean
check_numbers(unsigned type, unsigned action, GError **error)
{
    if (type > LIFECYCLE_CRASH) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("Lifecycle event %u is unknown"), type);
        return FALSE;
    }
    if (action >= VIRTCPU_ACTION_LAST || action == VIRTCPU_ACTION_RENAME_RESTART) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("Action %u of virDomainLifecycleAction is not supported: only "
                            "'destroy', 'restart' and 'preserve' are"),
                          action);
        return FALSE;
    }
    return TRUE;
}

/* What follows a power-off and a crash is the daemon's to do. */
static gboolean
tell_qemu(const VirtCpuDomainChange *change, VirtCpuLifecycleAction on_reboot, GError **error)
{
    g_autoptr(VirtCpuJson) arguments = virtcpu_json_new_object();

    if (change->next_live->on_reboot == change->domain->live->on_reboot) {
        return TRUE;
    }
    virtcpu_json_set_string(arguments, "reboot",
                            on_reboot == VIRTCPU_ACTION_DESTROY ? "shutdown" : "reset");
    return virtcpu_domain_execute(change->domain, "set-action", arguments, NULL, error);
}

static gboolean
apply(VirtCpuDomainChange *change, gpointer data, GError **error)
{
    return tell_qemu(change, change->next_live->on_reboot, error);
}

static gboolean
undo(VirtCpuDomainChange *change, gpointer data, GError **error)
{
    return tell_qemu(change, change->domain->live->on_reboot, error);
}

gboolean
virtcpu_driver_set_action(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                          unsigned type, unsigned action, unsigned flags, GError **error)
{
    g_auto(VirtCpuDomainChange) change = { 0 };
    VirtCpuDomainDef *defs[2];

    if (!check_numbers(type, action, error) ||
        !virtcpu_domain_change_begin(driver, uuid, flags, &change, error)) {
        return FALSE;
    }
    defs[0] = change.next_live;
    defs[1] = change.next_config;
    for (gsize i = 0; i < G_N_ELEMENTS(defs); i++) {
        if (defs[i] != NULL) {
            *action_of(defs[i], type) = (VirtCpuLifecycleAction)action;
            if (!virtcpu_domain_check_actions(defs[i], error)) {
                return FALSE;
            }
        }
    }
    return virtcpu_domain_change_commit(&change, apply, undo, NULL, error);
}
