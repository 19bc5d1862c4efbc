/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/args-priv.h"

#include <string.h>

#define VNC_FIRST_PORT   5900
#define VNC_LAST_DISPLAY 199

/* The first version with -audiodev in JSON and with -vnc audiodev=: qapi/audio.json. */
#define AUDIODEV_VERSION 4002000

static gboolean
has_audiodev(const VirtCpuArgs *args)
{
    return virtcpu_qemu_caps_version(args->input->caps) >= AUDIODEV_VERSION;
}

/* A QEMU that does not know it has no sound of its own to silence either. */
static void
add_audios(VirtCpuArgs *args)
{
    const GPtrArray *audios = args->input->def->audios;

    for (guint i = 0; has_audiodev(args) && i < audios->len; i++) {
        const VirtCpuAudioDef *audio = g_ptr_array_index(audios, i);
        g_autofree char *id = g_strdup_printf("audio%u", audio->id);
        VirtCpuJson *object = virtcpu_json_new_object();

        virtcpu_json_set_string(object, "id", id);
        virtcpu_json_set_string(object, "driver", audio->type);
        virtcpu_args_add_json(args, "-audiodev", object);
    }
}

/* The id of the audio that clients of @vnc hear; 0: QEMU's own. */
static unsigned
vnc_audio(const VirtCpuArgs *args, const VirtCpuGraphicsDef *vnc)
{
    const GPtrArray *audios = args->input->def->audios;

    if (!has_audiodev(args) || audios->len == 0) {
        return 0;
    }
    return vnc->audio_id != 0 ? vnc->audio_id
                              : ((const VirtCpuAudioDef *)g_ptr_array_index(audios, 0))->id;
}

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
    const unsigned audio_id = vnc_audio(args, vnc);
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
    if (audio_id != 0) {
        g_string_append_printf(value, ",audiodev=audio%u", audio_id);
    }
    virtcpu_args_add(args, "-vnc", value->str);
    if (vnc->keymap != NULL) {
        virtcpu_args_add(args, "-k", vnc->keymap);
    }
    return TRUE;
}

/* SPICE is in modules of their own; the card is in one of them. */
static gboolean
check_spice(const VirtCpuArgs *args, GError **error)
{
    const VirtCpuQemuCaps *caps = args->input->caps;

    if (virtcpu_qemu_caps_has_command(caps, "query-spice") &&
        virtcpu_qemu_caps_has_device(caps, "qxl")) {
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                      _("spice graphics are not supported with this QEMU: '%s' was built without "
                        "SPICE, or its modules are not installed"),
                      caps->binary);
    return FALSE;
}

static void
append_spice_option(GString *value, const VirtCpuGraphicsDef *spice, VirtCpuSpiceOption option)
{
    const VirtCpuSpiceRow *row = virtcpu_spice_row(option);
    const int word = spice->spice[option] - 1;
    const char *text;

    if (word < 0) {
        return;
    }
    text =
        row->qemu_words != NULL ? row->qemu_words[word] : virtcpu_words_to_string(row->words, word);
    if (*text != '\0') {
        g_string_append_printf(value, ",%s=%s", row->qemu, text);
    }
}

static gboolean
add_spice(VirtCpuArgs *args, const VirtCpuGraphicsDef *spice, GError **error)
{
    g_autoptr(GString) value = g_string_new(NULL);
    g_autofree char *listen =
        virtcpu_args_escape(spice->listen != NULL ? spice->listen : "127.0.0.1");

    if (!check_spice(args, error)) {
        return FALSE;
    }
    g_string_append_printf(value, "port=%d,addr=%s", MAX(spice->port, 0), listen);
    if (spice->password == NULL) {
        g_string_append(value, ",disable-ticketing=on");
    }
    append_spice_option(value, spice, VIRTCPU_SPICE_MOUSE);
    for (VirtCpuSpiceOption option = 0; option < VIRTCPU_SPICE_OPTION_LAST; option++) {
        if (option != VIRTCPU_SPICE_MOUSE) {
            append_spice_option(value, spice, option);
        }
    }
    g_string_append(value, ",seamless-migration=on");
    virtcpu_args_add(args, "-spice", value->str);
    if (spice->keymap != NULL) {
        virtcpu_args_add(args, "-k", spice->keymap);
    }
    return TRUE;
}

/* A card: as the first, which firmware finds, and as one more. The first NULL: it cannot be. */
typedef struct {
    const char *model; /* <video><model type=> */
    const char *first, *more;
    gboolean has_vgamem; /* vgamem_mb says how much memory it has */
} VideoRow;

static const VideoRow video_rows[] = {
    { "vga", "VGA", "secondary-vga", TRUE },
    { "cirrus", "cirrus-vga", NULL, FALSE },
    { "bochs", "bochs-display", "bochs-display", FALSE },
    { "qxl", "qxl-vga", "qxl", FALSE },
};

static const VideoRow *
find_video(const char *model)
{
    for (gsize i = 0; i < G_N_ELEMENTS(video_rows); i++) {
        if (g_str_equal(video_rows[i].model, model)) {
            return &video_rows[i];
        }
    }
    return NULL;
}

static VirtCpuJson *
new_virtio_video(VirtCpuArgs *args, const VirtCpuVideoDef *video, gboolean is_first, GError **error)
{
    VirtCpuJson *device = is_first && args->bus->is_pc
                              ? virtcpu_args_device(args, "virtio-vga", &video->info, error)
                              : virtcpu_args_device(args, "virtio-gpu-pci", &video->info, error);

    if (device != NULL) {
        virtcpu_json_set_int(device, "max_outputs", video->heads);
    }
    return device;
}

/* Two regions in bytes, two in MiB, as the card has them. */
static void
add_qxl_memory(VirtCpuJson *device, const VirtCpuVideoDef *video)
{
    virtcpu_json_set_int(device, "ram_size", (gint64)video->qxl_ram_kib * 1024);
    virtcpu_json_set_int(device, "vram_size", (gint64)video->vram_kib * 1024);
    virtcpu_json_set_int(device, "vram64_size_mb", video->qxl_vram64_kib / 1024);
    virtcpu_json_set_int(device, "vgamem_mb", video->qxl_vgamem_kib / 1024);
    virtcpu_json_set_int(device, "max_outputs", video->heads);
}

static VirtCpuJson *
new_video(VirtCpuArgs *args, const VirtCpuVideoDef *video, gboolean is_first, GError **error)
{
    const VideoRow *row = find_video(video->model);
    const char *type = row == NULL ? NULL : is_first ? row->first : row->more;
    VirtCpuJson *device;

    if (g_str_equal(video->model, "virtio")) {
        return new_virtio_video(args, video, is_first, error);
    }
    if (type == NULL) {
        g_autofree char *who = virtcpu_device_describe(video);

        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("video type '%s' is only valid as primary video device: %s"),
                          video->model, who);
        return NULL;
    }
    device = virtcpu_args_device(args, type, &video->info, error);
    if (device != NULL && row->has_vgamem) {
        virtcpu_json_set_int(device, "vgamem_mb", video->vram_kib / 1024);
    }
    if (device != NULL && g_str_equal(video->model, "qxl")) {
        add_qxl_memory(device, video);
    }
    return device;
}

static gboolean
add_videos(VirtCpuArgs *args, GError **error)
{
    const GPtrArray *videos = args->input->def->videos;

    for (guint i = 0; i < videos->len; i++) {
        const VirtCpuVideoDef *video = g_ptr_array_index(videos, i);
        VirtCpuJson *device;

        if (g_str_equal(video->model, "none")) {
            continue;
        }
        device = new_video(args, video, i == 0, error);
        if (device == NULL) {
            return FALSE;
        }
        virtcpu_args_add_json(args, "-device", device);
    }
    return TRUE;
}

gboolean
virtcpu_args_graphics(VirtCpuArgs *args, GError **error)
{
    const VirtCpuDomainDef *def = args->input->def;

    if (def->graphics->len == 0) {
        virtcpu_args_add(args, "-display", "none");
    }
    add_audios(args);
    for (guint i = 0; i < def->graphics->len; i++) {
        const VirtCpuGraphicsDef *graphics = g_ptr_array_index(def->graphics, i);

        if (!(graphics->is_spice ? add_spice(args, graphics, error)
                                 : add_vnc(args, graphics, error))) {
            return FALSE;
        }
    }
    return add_videos(args, error);
}
