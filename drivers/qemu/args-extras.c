/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/args-priv.h"

gboolean
virtcpu_args_rng(VirtCpuArgs *args, const VirtCpuRngDef *rng, GError **error)
{
    g_autofree char *object_id = g_strconcat("obj", rng->info.alias, NULL);
    VirtCpuJson *device = virtcpu_args_virtio(args, "rng", &rng->info, error);
    VirtCpuJson *object;

    if (device == NULL) {
        return FALSE;
    }
    object = virtcpu_json_new_object();
    virtcpu_json_set_string(object, "qom-type", "rng-random");
    virtcpu_json_set_string(object, "id", object_id);
    virtcpu_json_set_string(object, "filename",
                            rng->backend_path != NULL ? rng->backend_path : "/dev/random");
    virtcpu_args_add_json(args, "-object", object);

    virtcpu_json_set_string(device, "rng", object_id);
    if (rng->rate_bytes != 0) {
        virtcpu_json_set_int(device, "max-bytes", rng->rate_bytes);
        /* libvirt's default period is a second */
        virtcpu_json_set_int(device, "period",
                             rng->rate_period_ms != 0 ? rng->rate_period_ms : 1000);
    }
    virtcpu_args_add_json(args, "-device", device);
    return TRUE;
}

static gboolean
add_balloon(VirtCpuArgs *args, const VirtCpuMemballoonDef *balloon, GError **error)
{
    VirtCpuJson *device;

    if (g_str_equal(balloon->model, "none")) {
        return TRUE;
    }
    device = virtcpu_args_virtio(args, "balloon", &balloon->info, error);
    if (device == NULL) {
        return FALSE;
    }
    virtcpu_args_add_json(args, "-device", device);
    return TRUE;
}

gboolean
virtcpu_args_input(VirtCpuArgs *args, const VirtCpuInputDef *input, GError **error)
{
    static const struct {
        const char *type, *usb, *virtio;
    } rows[] = {
        { "tablet", "usb-tablet", "tablet" },
        { "mouse", "usb-mouse", "mouse" },
        { "keyboard", "usb-kbd", "keyboard" },
    };
    gsize row = 0;
    VirtCpuJson *device;

    if (g_str_equal(input->bus, "ps2")) {
        return TRUE;
    }
    while (!g_str_equal(rows[row].type, input->type)) {
        row++;
    }
    device = g_str_equal(input->bus, "usb")
                 ? virtcpu_args_device(args, rows[row].usb, &input->info, error)
                 : virtcpu_args_virtio(args, rows[row].virtio, &input->info, error);
    if (device == NULL) {
        return FALSE;
    }
    virtcpu_args_add_json(args, "-device", device);
    return TRUE;
}

static gboolean
add_watchdog(VirtCpuArgs *args, const VirtCpuWatchdogDef *watchdog, GError **error)
{
    g_autofree char *action = g_strconcat("watchdog=", watchdog->action, NULL);
    VirtCpuJson *device;

    if (g_str_equal(watchdog->model, "itco")) {
        /* the chipset's own, which is held back by a strap */
        virtcpu_args_add(args, "-global", "ICH9-LPC.noreboot=off");
    } else {
        device = virtcpu_args_device(args, watchdog->model, &watchdog->info, error);
        if (device == NULL) {
            return FALSE;
        }
        virtcpu_args_add_json(args, "-device", device);
    }
    virtcpu_args_add(args, "-action", action);
    return TRUE;
}

gboolean
virtcpu_args_extras(VirtCpuArgs *args, GError **error)
{
    const VirtCpuDomainDef *def = args->input->def;

    for (guint i = 0; i < def->inputs->len; i++) {
        if (!virtcpu_args_input(args, g_ptr_array_index(def->inputs, i), error)) {
            return FALSE;
        }
    }
    for (guint i = 0; i < def->watchdogs->len; i++) {
        if (!add_watchdog(args, g_ptr_array_index(def->watchdogs, i), error)) {
            return FALSE;
        }
    }
    for (guint i = 0; i < def->memballoons->len; i++) {
        if (!add_balloon(args, g_ptr_array_index(def->memballoons, i), error)) {
            return FALSE;
        }
    }
    for (guint i = 0; i < def->rngs->len; i++) {
        if (!virtcpu_args_rng(args, g_ptr_array_index(def->rngs, i), error)) {
            return FALSE;
        }
    }
    return TRUE;
}
