/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/device-match.h"

#include "conf/domain-words.h"
#include "conf/error.h"
#include "conf/i18n.h"

#include <string.h>

/* TRUE when @a does not say it, or both say the same. */
static gboolean
agrees(const char *a, const char *b)
{
    return a == NULL || g_strcmp0(a, b) == 0;
}

static gboolean
is_same_address(const VirtCpuAddress *a, const VirtCpuAddress *b)
{
    return a->type == b->type && a->domain == b->domain && a->bus == b->bus && a->slot == b->slot &&
           a->function == b->function && a->controller == b->controller && a->target == b->target &&
           a->unit == b->unit && a->port == b->port && strcmp(a->usb_port, b->usb_port) == 0 &&
           a->cssid == b->cssid && a->ssid == b->ssid && a->devno == b->devno;
}

/* Where and what it is called, as far as @like says. A disk's target and a controller's index say
 * all; a definition has only those aliases that its user chose. */
static gboolean
fits_info(const VirtCpuDeviceInfo *like, const VirtCpuDeviceInfo *device, gboolean live)
{
    const gboolean named = live || virtcpu_device_is_user_alias(like->alias);

    if (like->kind == VIRTCPU_DEVICE_DISK || like->kind == VIRTCPU_DEVICE_CONTROLLER) {
        return TRUE;
    }
    return (!named || agrees(like->alias, device->alias)) &&
           (!virtcpu_address_is_assigned(&like->address) ||
            is_same_address(&like->address, &device->address));
}

static gboolean
fits_controller(const VirtCpuControllerDef *like, const VirtCpuControllerDef *controller)
{
    return like->type == controller->type && like->index == controller->index;
}

static gboolean
fits_net(const VirtCpuNetDef *like, const VirtCpuNetDef *net)
{
    return !like->has_mac || memcmp(like->mac, net->mac, sizeof(net->mac)) == 0;
}

static gboolean
fits_chardev(const VirtCpuChardevDef *like, const VirtCpuChardevDef *chardev)
{
    return like->kind == chardev->kind && agrees(like->target_type, chardev->target_type) &&
           agrees(like->target_name, chardev->target_name) &&
           (like->kind == VIRTCPU_CHARDEV_PTY || agrees(like->path, chardev->path)) &&
           (chardev->info.kind != VIRTCPU_DEVICE_SERIAL || like->port == chardev->port);
}

static gboolean
fits_rng(const VirtCpuRngDef *like, const VirtCpuRngDef *rng)
{
    return g_strcmp0(like->backend_path, rng->backend_path) == 0 &&
           like->rate_bytes == rng->rate_bytes && like->rate_period_ms == rng->rate_period_ms;
}

static gboolean
fits(const VirtCpuDeviceInfo *like, const VirtCpuDeviceInfo *device)
{
    gconstpointer a = like, b = device;

    switch (like->kind) {
    case VIRTCPU_DEVICE_DISK:
        return g_str_equal(((const VirtCpuDiskDef *)a)->target,
                           ((const VirtCpuDiskDef *)b)->target);
    case VIRTCPU_DEVICE_CONTROLLER:
        return fits_controller(a, b);
    case VIRTCPU_DEVICE_NET:
        return fits_net(a, b);
    case VIRTCPU_DEVICE_SERIAL:
    case VIRTCPU_DEVICE_CONSOLE:
    case VIRTCPU_DEVICE_CHANNEL:
        return fits_chardev(a, b);
    case VIRTCPU_DEVICE_INPUT:
        return g_str_equal(((const VirtCpuInputDef *)a)->type,
                           ((const VirtCpuInputDef *)b)->type) &&
               agrees(((const VirtCpuInputDef *)a)->bus, ((const VirtCpuInputDef *)b)->bus);
    case VIRTCPU_DEVICE_WATCHDOG:
        return agrees(((const VirtCpuWatchdogDef *)a)->model,
                      ((const VirtCpuWatchdogDef *)b)->model);
    case VIRTCPU_DEVICE_RNG:
        return fits_rng(a, b);
    case VIRTCPU_DEVICE_GRAPHICS:
        return ((const VirtCpuGraphicsDef *)a)->is_spice ==
               ((const VirtCpuGraphicsDef *)b)->is_spice;
    case VIRTCPU_DEVICE_AUDIO:
    case VIRTCPU_DEVICE_VIDEO:
    case VIRTCPU_DEVICE_MEMBALLOON:
    case VIRTCPU_DEVICE_LAST:
    default:
        return TRUE;
    }
}

/* No such interface, or @found of them. */
static void
set_net_error(const VirtCpuNetDef *like, guint found, GError **error)
{
    g_autofree char *mac = virtcpu_mac_to_string(like->mac);
    g_autofree char *where = virtcpu_address_is_assigned(&like->info.address)
                                 ? virtcpu_address_pci_to_text(&like->info.address)
                                 : g_strdup("(<null>)");

    if (found > 1) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                          _("multiple devices matching MAC address %s found"), mac);
    } else {
        virtcpu_error_set(error, VIRTCPU_ERR_DEVICE_MISSING,
                          _("no device found at address '%s' matching MAC address '%s' and alias "
                            "'%s'"),
                          where, mac, like->info.alias != NULL ? like->info.alias : "(<null>)");
    }
}

static void
set_missing_controller(const VirtCpuControllerDef *like, gboolean live, GError **error)
{
    if (live) {
        virtcpu_error_set(error, VIRTCPU_ERR_DEVICE_MISSING, _("controller %s:%d not found"),
                          virtcpu_words_to_string(&virtcpu_controller_type_words, (int)like->type),
                          like->index);
    } else {
        virtcpu_error_set(error, VIRTCPU_ERR_DEVICE_MISSING,
                          _("device not present in domain configuration"));
    }
}

static void
set_missing(const VirtCpuDeviceInfo *like, gboolean live, GError **error)
{
    gconstpointer any = like;

    switch (like->kind) {
    case VIRTCPU_DEVICE_DISK:
        virtcpu_error_set(error, VIRTCPU_ERR_DEVICE_MISSING,
                          live ? _("disk %s not found") : _("no target device %s"),
                          ((const VirtCpuDiskDef *)any)->target);
        break;
    case VIRTCPU_DEVICE_SERIAL:
    case VIRTCPU_DEVICE_CONSOLE:
    case VIRTCPU_DEVICE_CHANNEL:
        virtcpu_error_set(error, VIRTCPU_ERR_DEVICE_MISSING,
                          _("chr type '%s' device not present in domain configuration"),
                          virtcpu_device_element(like->kind));
        break;
    case VIRTCPU_DEVICE_RNG:
        virtcpu_error_set(error, VIRTCPU_ERR_DEVICE_MISSING, _("no matching RNG device was found"));
        break;
    case VIRTCPU_DEVICE_INPUT:
        virtcpu_error_set(error, VIRTCPU_ERR_DEVICE_MISSING, _("matching input device not found"));
        break;
    case VIRTCPU_DEVICE_WATCHDOG:
        virtcpu_error_set(error, VIRTCPU_ERR_DEVICE_MISSING,
                          _("model '%s' watchdog device not present in domain configuration"),
                          ((const VirtCpuWatchdogDef *)any)->model);
        break;
    case VIRTCPU_DEVICE_CONTROLLER:
        set_missing_controller(any, live, error);
        break;
    case VIRTCPU_DEVICE_GRAPHICS:
        virtcpu_error_set(error, VIRTCPU_ERR_DEVICE_MISSING,
                          _("cannot find existing graphics device to modify of type '%s'"),
                          ((const VirtCpuGraphicsDef *)any)->is_spice ? "spice" : "vnc");
        break;
    case VIRTCPU_DEVICE_NET:
    case VIRTCPU_DEVICE_AUDIO:
    case VIRTCPU_DEVICE_VIDEO:
    case VIRTCPU_DEVICE_MEMBALLOON:
    case VIRTCPU_DEVICE_LAST:
    default:
        virtcpu_error_set(error, VIRTCPU_ERR_DEVICE_MISSING,
                          _("device not present in domain configuration"));
        break;
    }
}

VirtCpuDeviceInfo *
virtcpu_device_match(const VirtCpuDomainDef *def, const VirtCpuDeviceInfo *like, gboolean live,
                     GError **error)
{
    const GPtrArray *devices = virtcpu_domain_def_devices(def, like->kind);
    VirtCpuDeviceInfo *first = NULL;
    guint found = 0;

    for (guint i = 0; i < devices->len; i++) {
        VirtCpuDeviceInfo *device = g_ptr_array_index(devices, i);

        if (fits(like, device) && fits_info(like, device, live)) {
            first = first != NULL ? first : device;
            found++;
        }
    }
    if (like->kind == VIRTCPU_DEVICE_NET && found != 1) {
        set_net_error((const VirtCpuNetDef *)(const void *)like, found, error);
        return NULL;
    }
    if (first == NULL) {
        set_missing(like, live, error);
    }
    return first;
}
