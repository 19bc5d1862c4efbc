/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fills in the devices that come by themselves, then checks the devices against each other. */
#include "conf/domain-complete.h"

#include "conf/error.h"
#include "conf/i18n.h"

#define DEFAULT_VRAM_KIB 16384
#define QXL_MEMORY_KIB   65536

static VirtCpuChardevDef *
copy_source(const VirtCpuChardevDef *from, VirtCpuDeviceKind element)
{
    VirtCpuChardevDef *chardev = virtcpu_device_new(element, 0);

    chardev->kind = from->kind;
    chardev->path = g_strdup(from->path);
    chardev->append = from->append;
    chardev->listen = from->listen;
    return chardev;
}

static void
complete_serials(VirtCpuDomainDef *def)
{
    for (guint i = 0; i < def->serials->len; i++) {
        VirtCpuChardevDef *serial = g_ptr_array_index(def->serials, i);

        if (serial->target_type == NULL) {
            serial->target_type =
                g_strdup(virtcpu_arch_is_pc(def->arch) ? "isa-serial" : "system-serial");
        }
        if (serial->target_model == NULL && g_str_equal(serial->target_type, "isa-serial")) {
            serial->target_model = g_strdup("isa-serial");
        }
    }
}

static gboolean
check_serial_ports(const VirtCpuDomainDef *def, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < def->serials->len; i++) {
        unsigned port = ((const VirtCpuChardevDef *)g_ptr_array_index(def->serials, i))->port;

        if (!g_hash_table_add(seen, GUINT_TO_POINTER(port))) {
            virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                              _("target port '%u' used for more than one serial device"), port);
            return FALSE;
        }
    }
    return TRUE;
}

/* The first console is the first serial port under another name, and either brings the other. */
static void
complete_consoles(VirtCpuDomainDef *def)
{
    for (guint i = 0; i < def->consoles->len; i++) {
        VirtCpuChardevDef *console = g_ptr_array_index(def->consoles, i);

        if (console->target_type == NULL) {
            console->target_type = g_strdup(i == 0 ? "serial" : "virtio");
        }
    }
    if (def->consoles->len == 0 && def->serials->len > 0) {
        VirtCpuChardevDef *console =
            copy_source(g_ptr_array_index(def->serials, 0), VIRTCPU_DEVICE_CONSOLE);

        console->target_type = g_strdup("serial");
        g_ptr_array_add(def->consoles, console);
    } else if (def->consoles->len > 0 && def->serials->len == 0) {
        const VirtCpuChardevDef *first = g_ptr_array_index(def->consoles, 0);

        if (g_str_equal(first->target_type, "serial")) {
            g_ptr_array_add(def->serials, copy_source(first, VIRTCPU_DEVICE_SERIAL));
        }
    }
}

static gboolean
check_consoles(const VirtCpuDomainDef *def, GError **error)
{
    for (guint i = 1; i < def->consoles->len; i++) {
        const VirtCpuChardevDef *console = g_ptr_array_index(def->consoles, i);

        if (!g_str_equal(console->target_type, "virtio")) {
            virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                              _("Only the first console can be a serial port; console %u must have "
                                "target type 'virtio'"),
                              i);
            return FALSE;
        }
    }
    return TRUE;
}

/* The agent's channel leads to the SPICE server. */
static gboolean
check_agent_channel(const VirtCpuDomainDef *def, gboolean has_spice, GError **error)
{
    for (guint i = 0; i < def->channels->len; i++) {
        VirtCpuChardevDef *channel = g_ptr_array_index(def->channels, i);

        if (channel->kind != VIRTCPU_CHARDEV_SPICEVMC) {
            continue;
        }
        if (!has_spice) {
            virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                              _("chardev 'spicevmc' not supported without spice graphics (line "
                                "%ld)"),
                              channel->info.line);
            return FALSE;
        }
        if (channel->target_name == NULL) {
            channel->target_name = g_strdup("com.redhat.spice.0");
        }
    }
    return TRUE;
}

static gboolean
complete_graphics(VirtCpuDomainDef *def, GError **error)
{
    gboolean seen[] = { FALSE, FALSE };

    for (guint i = 0; i < def->graphics->len; i++) {
        VirtCpuGraphicsDef *graphics = g_ptr_array_index(def->graphics, i);
        const int kind = graphics->is_spice ? 1 : 0;

        if (seen[kind]) {
            virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                              _("only 1 graphics device of each type (vnc, spice) is supported"));
            return FALSE;
        }
        seen[kind] = TRUE;
        graphics->port = graphics->autoport ? -1 : graphics->port;
    }
    if (def->graphics->len > 0 && def->videos->len == 0) {
        g_ptr_array_add(def->videos, virtcpu_device_new(VIRTCPU_DEVICE_VIDEO, 0));
    }
    return check_agent_channel(def, seen[1], error);
}

static gboolean
check_audio(const VirtCpuDomainDef *def, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < def->audios->len; i++) {
        const VirtCpuAudioDef *audio = g_ptr_array_index(def->audios, i);

        if (!g_hash_table_add(seen, GUINT_TO_POINTER(audio->id))) {
            virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                              _("audio id '%u' is used more than once (line %ld)"), audio->id,
                              audio->info.line);
            return FALSE;
        }
    }
    for (guint i = 0; i < def->graphics->len; i++) {
        const VirtCpuGraphicsDef *graphics = g_ptr_array_index(def->graphics, i);

        if (graphics->audio_id != 0 &&
            !g_hash_table_contains(seen, GUINT_TO_POINTER(graphics->audio_id))) {
            virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                              _("<graphics> (line %ld) names audio id '%u', which no <audio> has"),
                              graphics->info.line, graphics->audio_id);
            return FALSE;
        }
    }
    return TRUE;
}

/* Note the boot order of @device; FALSE when another has it. */
static gboolean
collect_order(VirtCpuDeviceInfo *device, gpointer seen, GError **error)
{
    const unsigned order = device->boot_order;

    if (order != 0 && !g_hash_table_add(seen, GUINT_TO_POINTER(order))) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("boot order '%u' used for more than one device"), order);
        return FALSE;
    }
    return TRUE;
}

static gboolean
complete_boot(VirtCpuDomainDef *def, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

    if (!virtcpu_domain_def_visit(def, collect_order, seen, error)) {
        return FALSE;
    }
    if (g_hash_table_size(seen) > 0 && def->boot_devs->len > 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("per-device boot elements cannot be used together with os/boot "
                            "elements"));
        return FALSE;
    }
    if (g_hash_table_size(seen) == 0 && def->boot_devs->len == 0) {
        g_ptr_array_add(def->boot_devs, g_strdup("hd"));
    }
    return TRUE;
}

static void
complete_memballoon(VirtCpuDomainDef *def, const VirtCpuDomainDefaults *defaults)
{
    VirtCpuMemballoonDef *balloon;

    if (def->memballoons->len == 0 && !defaults->no_memballoon) {
        balloon = virtcpu_device_new(VIRTCPU_DEVICE_MEMBALLOON, 0);
        balloon->model = g_strdup("virtio");
        g_ptr_array_add(def->memballoons, balloon);
    }
}

/* libvirt's sizes. */
static void
complete_qxl(VirtCpuVideoDef *video)
{
    video->qxl_ram_kib = video->qxl_ram_kib != 0 ? video->qxl_ram_kib : QXL_MEMORY_KIB;
    video->vram_kib = video->vram_kib != 0 ? video->vram_kib : QXL_MEMORY_KIB;
    video->qxl_vgamem_kib = video->qxl_vgamem_kib != 0 ? video->qxl_vgamem_kib : DEFAULT_VRAM_KIB;
}

static void
complete_videos(VirtCpuDomainDef *def)
{
    for (guint i = 0; i < def->videos->len; i++) {
        VirtCpuVideoDef *video = g_ptr_array_index(def->videos, i);

        if (video->model == NULL) {
            video->model = g_strdup("vga");
        }
        if (g_str_equal(video->model, "none")) {
            continue;
        }
        if (g_str_equal(video->model, "qxl")) {
            complete_qxl(video);
        }
        if (video->vram_kib == 0 && !g_str_equal(video->model, "virtio")) {
            video->vram_kib = DEFAULT_VRAM_KIB;
        }
        video->heads = MAX(video->heads, 1);
    }
}

static gboolean
complete_device(VirtCpuDeviceInfo *device, gpointer def, GError **error)
{
    return virtcpu_device_complete(device, def, error);
}

static gboolean
complete_watchdogs(VirtCpuDomainDef *def, GError **error)
{
    for (guint i = 0; i < def->watchdogs->len; i++) {
        VirtCpuWatchdogDef *watchdog = g_ptr_array_index(def->watchdogs, i);

        if (watchdog->action == NULL) {
            watchdog->action = g_strdup("reset");
        }
    }
    if (def->watchdogs->len > 1) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("only a single watchdog device is supported"));
        return FALSE;
    }
    return TRUE;
}

gboolean
virtcpu_domain_def_complete_devices(VirtCpuDomainDef *def, const VirtCpuDomainDefaults *defaults,
                                    GError **error)
{
    complete_consoles(def);
    complete_serials(def);
    complete_memballoon(def, defaults);
    if (!virtcpu_domain_def_visit(def, complete_device, def, error) ||
        !check_serial_ports(def, error) || !check_consoles(def, error) ||
        !complete_graphics(def, error) || !check_audio(def, error) ||
        !complete_watchdogs(def, error)) {
        return FALSE;
    }
    complete_videos(def);
    return complete_boot(def, error);
}
