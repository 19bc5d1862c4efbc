/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/assign-priv.h"

/* The channel subsystem of virtual devices, and how many it holds. */
#define VIRTUAL_CSSID 0xfe
#define LAST_DEVNO    0xffff

static gpointer
ccw_key(const VirtCpuAddress *at)
{
    return GUINT_TO_POINTER(at->ssid << 16 | at->devno);
}

static gboolean
is_ccw_without_number(const VirtCpuAddress *at)
{
    return at->type == VIRTCPU_ADDRESS_CCW && at->cssid == 0;
}

static gboolean
note_ccw(VirtCpuDeviceInfo *device, gpointer taken, GError **error)
{
    const VirtCpuAddress *at = &device->address;
    g_autofree char *who = NULL;

    if (at->type != VIRTCPU_ADDRESS_CCW || is_ccw_without_number(at)) {
        return TRUE;
    }
    who = virtcpu_device_describe(device);
    if (at->cssid != VIRTUAL_CSSID) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("%s has cssid 0x%x; virtual devices are in channel subsystem 0x%x"),
                          who, at->cssid, VIRTUAL_CSSID);
        return FALSE;
    }
    if (!g_hash_table_add(taken, ccw_key(at))) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("The CCW devno '%x.%x.%04x' of %s is in use already"), at->cssid,
                          at->ssid, at->devno, who);
        return FALSE;
    }
    return TRUE;
}

static void
take_devno(VirtCpuDeviceInfo *device, GHashTable *taken)
{
    VirtCpuAddress at = { .type = VIRTCPU_ADDRESS_CCW, .cssid = VIRTUAL_CSSID };

    while (at.devno <= LAST_DEVNO && !g_hash_table_add(taken, ccw_key(&at))) {
        at.devno++;
    }
    device->address = at;
}

/* libvirt's order. */
static const VirtCpuDeviceKind ccw_order[] = {
    VIRTCPU_DEVICE_DISK,  VIRTCPU_DEVICE_NET,        VIRTCPU_DEVICE_CONTROLLER,
    VIRTCPU_DEVICE_INPUT, VIRTCPU_DEVICE_MEMBALLOON, VIRTCPU_DEVICE_RNG,
};

gboolean
virtcpu_assign_ccw(VirtCpuAssign *assign, GError **error)
{
    g_autoptr(GHashTable) taken = g_hash_table_new(NULL, NULL);

    if (!virtcpu_domain_def_visit(assign->def, note_ccw, taken, error)) {
        return FALSE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(ccw_order); i++) {
        const GPtrArray *devices = virtcpu_domain_def_devices(assign->def, ccw_order[i]);

        for (guint k = 0; k < devices->len; k++) {
            VirtCpuDeviceInfo *device = g_ptr_array_index(devices, k);

            if (is_ccw_without_number(&device->address)) {
                take_devno(device, taken);
            }
        }
    }
    return TRUE;
}
