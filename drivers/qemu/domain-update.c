/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/domain-words.h"
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/device-match.h"
#include "drivers/qemu/domain-change.h"
#include "drivers/qemu/domain-live.h"
#include "drivers/qemu/domain-media.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/tap.h"

#include <string.h>

/* An update under way. */
typedef struct {
    VirtCpuDomainChange change;
    VirtCpuDeviceInfo *wanted; /* owned */
    VirtCpuDeviceInfo *before; /* the running guest's as it was; owned, may be NULL */
    VirtCpuDeviceInfo *after;  /* that of change.next_live */
    gboolean force;
} Update;

static void
update_clear(Update *update)
{
    virtcpu_domain_change_end(&update->change);
    virtcpu_device_free(update->wanted);
    virtcpu_device_free(update->before);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Update, update_clear)

/* TRUE when a client that writes @wanted leaves @now as it is. */
static gboolean
keeps(const char *wanted, const char *now)
{
    return wanted == NULL || g_strcmp0(wanted, now) == 0;
}

/* What is limited otherwise in @wanted, where that says anything, or NULL. */
static const char *
changed_limit(const VirtCpuDiskTune *wanted, const VirtCpuDiskTune *now)
{
    for (unsigned i = 0; i < VIRTCPU_DISK_LIMITS; i++) {
        if (wanted->limits[i] != 0 && wanted->limits[i] != now->limits[i]) {
            return virtcpu_disk_limit_name(i);
        }
    }
    return keeps(wanted->group, now->group) ? NULL : "group_name";
}

/* The first thing about @now, but for its medium, that @wanted would change, or NULL. */
static const char *
changed_disk_field(const VirtCpuDiskDef *wanted, const VirtCpuDiskDef *now)
{
    const struct {
        const char *name;
        gboolean kept;
    } fields[] = {
        { "bus", wanted->bus == now->bus },
        { "device", g_str_equal(wanted->device, now->device) },
        { "cache", keeps(wanted->cache, now->cache) },
        { "io", keeps(wanted->io, now->io) },
        { "discard", keeps(wanted->discard, now->discard) },
        { "serial", keeps(wanted->serial, now->serial) },
        { "iothread", wanted->iothread == 0 || wanted->iothread == now->iothread },
        { "boot order",
          wanted->info.boot_order == 0 || wanted->info.boot_order == now->info.boot_order },
        { "shareable", wanted->shareable == now->shareable },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
        if (!fields[i].kept) {
            return fields[i].name;
        }
    }
    return changed_limit(&wanted->tune, &now->tune);
}

static gboolean
check_disk(const VirtCpuDiskDef *wanted, const VirtCpuDiskDef *now, GError **error)
{
    const char *changed = changed_disk_field(wanted, now);

    if (changed != NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_UNSUPPORTED,
                          _("cannot modify field '%s' of the disk '%s'"), changed, now->target);
        return FALSE;
    }
    if (!g_str_equal(now->device, "cdrom") &&
        (g_strcmp0(wanted->source, now->source) != 0 || wanted->is_block != now->is_block)) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("disk source can be changed only in removable drives"));
        return FALSE;
    }
    return TRUE;
}

static gboolean
refuse_net(GError **error, const char *what, const char *from, const char *to)
{
    virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_UNSUPPORTED,
                      _("cannot modify network device %s from %s to %s"), what,
                      from != NULL ? from : "(null)", to != NULL ? to : "(null)");
    return FALSE;
}

/* The link and the bridge can change while the guest runs. */
static gboolean
check_net(const VirtCpuNetDef *wanted, const VirtCpuNetDef *now, GError **error)
{
    if (wanted->type != now->type) {
        return refuse_net(error, "type",
                          virtcpu_words_to_string(&virtcpu_net_type_words, (int)now->type),
                          virtcpu_words_to_string(&virtcpu_net_type_words, (int)wanted->type));
    }
    if (!keeps(wanted->model, now->model)) {
        return refuse_net(error, "model", now->model, wanted->model);
    }
    if (!keeps(wanted->target, now->target)) {
        return refuse_net(error, "target", now->target, wanted->target);
    }
    if (wanted->info.boot_order != 0 && wanted->info.boot_order != now->info.boot_order) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_UNSUPPORTED,
                          _("cannot modify network device boot index setting"));
        return FALSE;
    }
    return TRUE;
}

/* The password can change while the guest runs. */
static gboolean
check_graphics(const VirtCpuGraphicsDef *wanted, const VirtCpuGraphicsDef *now, GError **error)
{
    const char *type = now->is_spice ? "spice" : "vnc";

    if ((!wanted->autoport && wanted->port > 0 && wanted->port != now->port) ||
        wanted->autoport != now->autoport) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_UNSUPPORTED,
                          _("cannot change port settings on %s graphics"), type);
        return FALSE;
    }
    if (!keeps(wanted->listen, now->listen) || !keeps(wanted->socket, now->socket)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_UNSUPPORTED,
                          _("cannot change listen address setting on %s graphics"), type);
        return FALSE;
    }
    if (!keeps(wanted->keymap, now->keymap)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_UNSUPPORTED,
                          _("cannot change keymap setting on %s graphics"), type);
        return FALSE;
    }
    return TRUE;
}

static void
set_text(char **text, const char *value)
{
    g_free(*text);
    *text = g_strdup(value);
}

static gboolean
apply_net(const VirtCpuDomainChange *change, const VirtCpuNetDef *from, const VirtCpuNetDef *to,
          GError **error)
{
    if (g_strcmp0(from->bridge, to->bridge) != 0 && !virtcpu_tap_move(to, from->bridge, error)) {
        return FALSE;
    }
    return (from->link_up == VIRTCPU_TRISTATE_NO) == (to->link_up == VIRTCPU_TRISTATE_NO) ||
           virtcpu_domain_set_link(to, change->domain->run->qmp,
                                   change->domain->driver->monitor_timeout_ms, error);
}

static gboolean
apply_between(const VirtCpuDomainChange *change, const VirtCpuDeviceInfo *from,
              const VirtCpuDeviceInfo *to, GError **error)
{
    gconstpointer old = from, new = to;

    if (to->kind == VIRTCPU_DEVICE_NET) {
        return apply_net(change, old, new, error);
    }
    return to->kind != VIRTCPU_DEVICE_GRAPHICS ||
           virtcpu_domain_set_password(new, change->domain->run->qmp,
                                       change->domain->driver->monitor_timeout_ms, error);
}

static gboolean
apply(VirtCpuDomainChange *change, gpointer data, GError **error)
{
    const Update *update = data;

    return apply_between(change, update->before, update->after, error);
}

static gboolean
undo(VirtCpuDomainChange *change, gpointer data, GError **error)
{
    const Update *update = data;

    return apply_between(change, update->after, update->before, error);
}

/* Have the running guest's device be as is wanted, in change.next_live. */
static gboolean
prepare_live(Update *update, GError **error)
{
    gpointer wanted = update->wanted, now;

    if (update->wanted->kind != VIRTCPU_DEVICE_NET &&
        update->wanted->kind != VIRTCPU_DEVICE_GRAPHICS) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("live update of device '%s' is not supported"),
                          virtcpu_device_element(update->wanted->kind));
        return FALSE;
    }
    now = update->after =
        virtcpu_device_match(update->change.next_live, update->wanted, TRUE, error);
    if (now == NULL) {
        return FALSE;
    }
    update->before = virtcpu_device_copy(now);
    if (update->wanted->kind == VIRTCPU_DEVICE_NET) {
        if (!check_net(wanted, now, error)) {
            return FALSE;
        }
        ((VirtCpuNetDef *)now)->link_up = ((const VirtCpuNetDef *)wanted)->link_up;
        set_text(&((VirtCpuNetDef *)now)->bridge, ((const VirtCpuNetDef *)wanted)->bridge);
        return TRUE;
    }
    if (!check_graphics(wanted, now, error)) {
        return FALSE;
    }
    set_text(&((VirtCpuGraphicsDef *)now)->password,
             ((const VirtCpuGraphicsDef *)wanted)->password);
    return TRUE;
}

/* The definition's device that is to be replaced, or NULL. */
static VirtCpuDeviceInfo *
find_config(const Update *update, GError **error)
{
    const VirtCpuDomainDef *config = update->change.next_config;

    switch (update->wanted->kind) {
    case VIRTCPU_DEVICE_DISK: {
        const char *target = ((const VirtCpuDiskDef *)(const void *)update->wanted)->target;
        VirtCpuDiskDef *disk = virtcpu_domain_def_find_disk(config, target);

        if (disk == NULL) {
            virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("target %s doesn't exist."),
                              target);
        }
        return disk != NULL ? &disk->info : NULL;
    }
    case VIRTCPU_DEVICE_NET:
    case VIRTCPU_DEVICE_GRAPHICS:
        return virtcpu_device_match(config, update->wanted, FALSE, error);
    case VIRTCPU_DEVICE_CONTROLLER:
    case VIRTCPU_DEVICE_SERIAL:
    case VIRTCPU_DEVICE_CONSOLE:
    case VIRTCPU_DEVICE_CHANNEL:
    case VIRTCPU_DEVICE_INPUT:
    case VIRTCPU_DEVICE_AUDIO:
    case VIRTCPU_DEVICE_VIDEO:
    case VIRTCPU_DEVICE_WATCHDOG:
    case VIRTCPU_DEVICE_MEMBALLOON:
    case VIRTCPU_DEVICE_RNG:
    case VIRTCPU_DEVICE_LAST:
    default:
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_UNSUPPORTED,
                          _("persistent update of device '%s' is not supported"),
                          virtcpu_device_element(update->wanted->kind));
        return NULL;
    }
}

/* What is not written of an interface stays as the guest knows it. */
static void
keep_net(VirtCpuNetDef *net, const VirtCpuNetDef *old)
{
    if (net->model == NULL) {
        net->model = g_strdup(old->model);
    }
    if (!net->has_mac) {
        memcpy(net->mac, old->mac, sizeof(net->mac));
        net->has_mac = old->has_mac;
    }
}

/* Put a copy of what is wanted in the place of the definition's device: it stays where it is. */
static gboolean
prepare_config(Update *update, GError **error)
{
    VirtCpuDeviceInfo *old = find_config(update, error);
    GPtrArray *devices;
    VirtCpuDeviceInfo *copy;
    guint place = 0;

    if (old == NULL) {
        return FALSE;
    }
    copy = virtcpu_device_copy(update->wanted);
    if (!virtcpu_address_is_assigned(&copy->address)) {
        copy->address = old->address;
    }
    if (copy->alias == NULL) {
        copy->alias = g_strdup(old->alias);
    }
    if (copy->kind == VIRTCPU_DEVICE_NET) {
        keep_net((VirtCpuNetDef *)(void *)copy, (const VirtCpuNetDef *)(const void *)old);
    }
    devices = virtcpu_domain_def_devices(update->change.next_config, copy->kind);
    while (g_ptr_array_index(devices, place) != old) {
        place++;
    }
    virtcpu_device_free(old);
    devices->pdata[place] = copy;
    return virtcpu_domain_change_complete_config(&update->change, error);
}

static gboolean
update_disk(Update *update, GError **error)
{
    VirtCpuDomainChange *change = &update->change;
    const VirtCpuDiskDef *wanted = (const VirtCpuDiskDef *)(const void *)update->wanted;
    VirtCpuDiskDef *now = virtcpu_domain_def_find_disk(change->next_live, wanted->target);

    if (now == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, _("disk '%s' not found"),
                          wanted->target);
        return FALSE;
    }
    if (!check_disk(wanted, now, error)) {
        return FALSE;
    }
    if (g_strcmp0(now->source, wanted->source) == 0 && now->is_block == wanted->is_block) {
        now->startup = wanted->startup;
        return virtcpu_domain_change_commit(change, NULL, NULL, NULL, error);
    }
    return virtcpu_domain_change_medium(change, wanted, update->force, error);
}

static gboolean
make(Update *update, GError **error)
{
    VirtCpuDomainChange *change = &update->change;

    if (change->next_config != NULL && !prepare_config(update, error)) {
        return FALSE;
    }
    if (change->next_live != NULL && update->wanted->kind == VIRTCPU_DEVICE_DISK) {
        return update_disk(update, error);
    }
    if (change->next_live != NULL && !prepare_live(update, error)) {
        return FALSE;
    }
    return virtcpu_domain_change_commit(change, apply, undo, update, error);
}

gboolean
virtcpu_driver_update_device(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                             const char *xml, unsigned flags, GError **error)
{
    g_auto(Update) update = { .force = (flags & VIRTCPU_CHANGE_FORCE) != 0 };

    update.wanted = virtcpu_device_parse(xml, error);
    return update.wanted != NULL &&
           virtcpu_domain_change_begin(driver, uuid, flags & VIRTCPU_CHANGE_IMPACT, &update.change,
                                       error) &&
           make(&update, error);
}
