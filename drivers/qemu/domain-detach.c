/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/device-match.h"
#include "drivers/qemu/device-plugs.h"
#include "drivers/qemu/domain-change.h"
#include "drivers/qemu/domain-unplug.h"
#include "drivers/qemu/driver-priv.h"

/* How long a guest has to give a device up before the caller is told that it was asked. */
#define WAIT_MS 5000

/* A detachment under way. */
typedef struct {
    VirtCpuDomainChange change;
    char *alias;      /* of the device in the running guest; NULL: that keeps it */
    unsigned wait_ms; /* for the guest */
    gboolean gone;    /* it was given up meanwhile */
} Detachment;

static void
detachment_clear(Detachment *detachment)
{
    virtcpu_domain_change_end(&detachment->change);
    g_free(detachment->alias);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Detachment, detachment_clear)

/* That it is gone is recorded when it is: until then it is shown. */
static gboolean
ask_guest(VirtCpuDomainChange *change, gpointer data, GError **error)
{
    Detachment *detachment = data;

    return virtcpu_domain_unplug(change->domain, detachment->alias, detachment->wait_ms,
                                 &detachment->gone, error);
}

static gboolean
commit(Detachment *detachment, GError **error)
{
    VirtCpuDomainChange *change = &detachment->change;
    const gboolean done = virtcpu_domain_change_commit(change, ask_guest, NULL, detachment, error);

    if (detachment->gone) {
        virtcpu_domain_forget_device(change->domain, detachment->alias);
    }
    return done;
}

/* Note @device, one of the running guest's. */
static gboolean
take_live(Detachment *detachment, const VirtCpuDeviceInfo *device, GError **error)
{
    if (!virtcpu_device_can_unplug(detachment->change.next_live, device, error)) {
        return FALSE;
    }
    detachment->alias = g_strdup(device->alias);
    return TRUE;
}

/* The first console may be the first serial port under another name: it goes with that. */
static void
drop_console(const VirtCpuDomainDef *config, const VirtCpuDeviceInfo *device)
{
    if (device->kind == VIRTCPU_DEVICE_SERIAL && config->consoles->len > 0 &&
        g_ptr_array_index(config->serials, 0) == (gconstpointer)device) {
        const VirtCpuChardevDef *console = g_ptr_array_index(config->consoles, 0);

        if (g_strcmp0(console->target_type, "serial") == 0) {
            g_ptr_array_remove_index(config->consoles, 0);
        }
    }
}

/* Take @device out of the definition it is of. */
static gboolean
take_config(Detachment *detachment, VirtCpuDeviceInfo *device, GError **error)
{
    drop_console(detachment->change.next_config, device);
    virtcpu_domain_def_remove(detachment->change.next_config, device);
    return virtcpu_domain_change_complete_config(&detachment->change, error);
}

static gboolean
detach_like(Detachment *detachment, const VirtCpuDeviceInfo *like, GError **error)
{
    const VirtCpuDomainChange *change = &detachment->change;
    VirtCpuDeviceInfo *device;

    if (change->next_config != NULL) {
        device = virtcpu_device_can_undefine(like, error)
                     ? virtcpu_device_match(change->next_config, like, FALSE, error)
                     : NULL;
        if (device == NULL || !take_config(detachment, device, error)) {
            return FALSE;
        }
    }
    if (change->next_live != NULL) {
        device = virtcpu_device_can_unplug_kind(like, error)
                     ? virtcpu_device_match(change->next_live, like, TRUE, error)
                     : NULL;
        if (device == NULL || !take_live(detachment, device, error)) {
            return FALSE;
        }
    }
    return commit(detachment, error);
}

gboolean
virtcpu_driver_detach_device(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                             const char *xml, unsigned flags, GError **error)
{
    g_auto(Detachment) detachment = { .wait_ms = WAIT_MS };
    VirtCpuDeviceInfo *like = virtcpu_device_parse(xml, error);
    gboolean done;

    if (like == NULL) {
        return FALSE;
    }
    done = virtcpu_domain_change_begin(driver, uuid, flags & VIRTCPU_CHANGE_IMPACT,
                                       &detachment.change, error) &&
           detach_like(&detachment, like, error);
    virtcpu_device_free(like);
    return done;
}

static VirtCpuDeviceInfo *
find_alias(const VirtCpuDomainDef *def, const char *alias, GError **error)
{
    VirtCpuDeviceInfo *device = virtcpu_domain_def_find_alias(def, alias);

    if (device == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_DEVICE_MISSING, _("no device found with alias %s"),
                          alias);
    }
    return device;
}

static gboolean
detach_named(Detachment *detachment, const char *alias, GError **error)
{
    const VirtCpuDomainChange *change = &detachment->change;
    VirtCpuDeviceInfo *device;

    if (change->next_config != NULL) {
        device = find_alias(change->next_config, alias, error);
        if (device == NULL || !virtcpu_device_can_undefine(device, error) ||
            !take_config(detachment, device, error)) {
            return FALSE;
        }
    }
    if (change->next_live != NULL) {
        device = find_alias(change->next_live, alias, error);
        if (device == NULL || !take_live(detachment, device, error)) {
            return FALSE;
        }
    }
    return commit(detachment, error);
}

gboolean
virtcpu_driver_detach_alias(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                            const char *alias, unsigned flags, GError **error)
{
    g_auto(Detachment) detachment = { .wait_ms = 0 };

    return virtcpu_domain_change_begin(driver, uuid, flags & VIRTCPU_CHANGE_IMPACT,
                                       &detachment.change, error) &&
           detach_named(&detachment, alias, error);
}
