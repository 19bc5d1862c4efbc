/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/args-priv.h"

#define VNC_FIRST_PORT   5900
#define VNC_LAST_DISPLAY 199

static char *
vnc_address(const VirtCpuGraphicsDef *vnc)
{
    const char *listen = vnc->listen != NULL ? vnc->listen : "127.0.0.1";
    g_autofree char *address = NULL;

    if (vnc->socket != NULL) {
        g_autofree char *path = virtcpu_args_escape(vnc->socket);

        return g_strconcat("unix:", path, NULL);
    }
    address = strchr(listen, ':') != NULL ? g_strdup_printf("[%s]", listen) : g_strdup(listen);
    if (vnc->port > 0) {
        return g_strdup_printf("%s:%d", address, vnc->port - VNC_FIRST_PORT);
    }
    return g_strdup_printf("%s:0,to=%d", address, VNC_LAST_DISPLAY);
}

static gboolean
add_vnc(VirtCpuArgs *args, const VirtCpuGraphicsDef *vnc, GError **error)
{
    g_autoptr(GString) value = NULL;
    g_autofree char *address = NULL;

    if (vnc->port > 0 && vnc->port < VNC_FIRST_PORT) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("VNC port must be in range [%d,%d]; <graphics> asks for %d"),
                          VNC_FIRST_PORT, G_MAXUINT16, vnc->port);
        return FALSE;
    }
    address = vnc_address(vnc);
    value = g_string_new(address);
    if (vnc->password != NULL) {
        g_string_append(value, ",password=on");
    }
    virtcpu_args_add(args, "-vnc", value->str);
    if (vnc->keymap != NULL) {
        virtcpu_args_add(args, "-k", vnc->keymap);
    }
    return TRUE;
}

typedef struct {
    const char *model; /* <video><model type=> */
    const char *device;
} VideoRow;

static const VideoRow video_rows[] = {
    { "vga", "VGA" },
    { "cirrus", "cirrus-vga" },
    { "bochs", "bochs-display" },
    { "virtio", "virtio-vga" },
};

static gboolean
add_video(VirtCpuArgs *args, const char *model, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(video_rows); i++) {
        VirtCpuJson *device;

        if (!g_str_equal(video_rows[i].model, model)) {
            continue;
        }
        device =
            virtcpu_args_device(args, video_rows[i].device, "video0", args->bus.bus != NULL, error);
        if (device == NULL) {
            return FALSE;
        }
        virtcpu_args_add_json(args, "-device", device);
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                      _("video model '%s' is not supported; choose vga, cirrus, bochs or virtio"),
                      model);
    return FALSE;
}

gboolean
virtcpu_args_graphics(VirtCpuArgs *args, GError **error)
{
    const VirtCpuDomainDef *def = args->input->def;

    if (def->graphics->len == 0) {
        virtcpu_args_add(args, "-display", "none");
    }
    for (guint i = 0; i < def->graphics->len; i++) {
        if (!add_vnc(args, g_ptr_array_index(def->graphics, i), error)) {
            return FALSE;
        }
    }
    if (def->video_model != NULL && !g_str_equal(def->video_model, "none")) {
        return add_video(args, def->video_model, error);
    }
    return TRUE;
}
