/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/domain-abi.h"

#include "conf/error.h"
#include "conf/i18n.h"

#include <string.h>

/* How I/O threads are helped is the host's side of them. */
static void
strip_iothreads(VirtCpuTune *tune)
{
    for (guint i = 0; i < tune->iothreads->len; i++) {
        VirtCpuThreadTune *thread = g_ptr_array_index(tune->iothreads, i);

        thread->pool_min = thread->pool_max = -1;
    }
}

static void
strip_machine(VirtCpuDomainDef *def)
{
    def->id = -1;
    g_free(def->name);
    def->name = g_strdup("-");
    g_clear_pointer(&def->title, g_free);
    g_clear_pointer(&def->description, g_free);
    g_clear_pointer(&def->metadata, g_free);
    def->current_memory_kib = def->max_memory_kib;
    strip_iothreads(&def->tune);
    memset(&def->memory_backing, 0, sizeof(def->memory_backing));
    g_ptr_array_set_size(def->memory_nodes, 0);
    g_clear_pointer(&def->emulator, g_free);
    g_clear_pointer(&def->cpu, virtcpu_def_free);
    def->on_poweroff = def->on_reboot = def->on_crash = VIRTCPU_ACTION_DESTROY;
}

/* What has been read when the guest began to run is its own from then on. */
static void
strip_boot(VirtCpuDomainDef *def)
{
    g_clear_pointer(&def->loader, g_free);
    g_clear_pointer(&def->nvram, g_free);
    g_clear_pointer(&def->nvram_template, g_free);
    g_clear_pointer(&def->kernel, g_free);
    g_clear_pointer(&def->initrd, g_free);
    g_clear_pointer(&def->cmdline, g_free);
    g_clear_pointer(&def->dtb, g_free);
    g_ptr_array_set_size(def->boot_devs, 0);
    def->bootmenu = VIRTCPU_TRISTATE_ABSENT;
}

static void
strip_disk(VirtCpuDiskDef *disk)
{
    g_clear_pointer(&disk->source, g_free);
    g_clear_pointer(&disk->cache, g_free);
    g_clear_pointer(&disk->io, g_free);
    g_clear_pointer(&disk->discard, g_free);
    g_free(disk->format);
    disk->format = g_strdup("raw");
    disk->is_block = FALSE;
    disk->shareable = FALSE;
    virtcpu_disk_tune_clear(&disk->tune);
    disk->startup = VIRTCPU_STARTUP_DEFAULT;
}

static void
strip_net(VirtCpuNetDef *net)
{
    net->type = VIRTCPU_NET_USER;
    g_clear_pointer(&net->bridge, g_free);
    g_clear_pointer(&net->target, g_free);
}

static void
strip_chardev(VirtCpuChardevDef *chardev)
{
    chardev->kind = VIRTCPU_CHARDEV_PTY;
    g_clear_pointer(&chardev->path, g_free);
    chardev->append = chardev->listen = FALSE;
}

static void
strip_rng(VirtCpuRngDef *rng)
{
    g_clear_pointer(&rng->backend_path, g_free);
    rng->rate_bytes = rng->rate_period_ms = 0;
}

static gboolean
strip_device(VirtCpuDeviceInfo *device, gpointer data, GError **error)
{
    g_clear_pointer(&device->alias, g_free);
    device->boot_order = 0;
    switch ((int)device->kind) {
    case VIRTCPU_DEVICE_DISK:
        strip_disk((VirtCpuDiskDef *)device);
        break;
    case VIRTCPU_DEVICE_NET:
        strip_net((VirtCpuNetDef *)device);
        break;
    case VIRTCPU_DEVICE_SERIAL:
    case VIRTCPU_DEVICE_CONSOLE:
    case VIRTCPU_DEVICE_CHANNEL:
        strip_chardev((VirtCpuChardevDef *)device);
        break;
    case VIRTCPU_DEVICE_WATCHDOG:
        g_clear_pointer(&((VirtCpuWatchdogDef *)device)->action, g_free);
        break;
    case VIRTCPU_DEVICE_RNG:
        strip_rng((VirtCpuRngDef *)device);
        break;
    case VIRTCPU_DEVICE_MEMBALLOON:
        ((VirtCpuMemballoonDef *)device)->period_s = 0;
        break;
    default:
        break;
    }
    return TRUE;
}

/* What the guest sees, as text (transfer full). */
static char *
seen_text(const VirtCpuDomainDef *def)
{
    g_autoptr(VirtCpuDomainDef) seen = virtcpu_domain_def_copy(def);
    gboolean stripped;

    strip_machine(seen);
    strip_boot(seen);
    /* screens, and where sound ends, are the host's side of <video> and of sound cards */
    g_ptr_array_set_size(seen->graphics, 0);
    g_ptr_array_set_size(seen->audios, 0);
    stripped = virtcpu_domain_def_visit(seen, strip_device, NULL, NULL);
    g_assert(stripped);
    return virtcpu_domain_def_format(seen, VIRTCPU_DOMAIN_XML_INACTIVE);
}

char *
virtcpu_domain_abi_digest(const VirtCpuDomainDef *def)
{
    g_autofree char *text = seen_text(def);

    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
}

/* The first of @lines that @others has not, at or after the place where the two differ. */
static const char *
first_alone(char **lines, char **others)
{
    for (char **line = lines; *line != NULL; line++) {
        if (!g_strv_contains((const char *const *)others, *line)) {
            return g_strstrip(*line);
        }
    }
    return "";
}

static void
tell_difference(const char *source, const char *target, GError **error)
{
    g_auto(GStrv) here = g_strsplit(source, "\n", -1);
    g_auto(GStrv) there = g_strsplit(target, "\n", -1);
    g_auto(GStrv) here_again = g_strdupv(here);
    const char *ours = first_alone(here, there);
    const char *theirs = first_alone(there, here_again);

    virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                      _("The target definition differs from what the guest sees: the source has "
                        "\"%s\" where the target has \"%s\"."),
                      ours, theirs);
}

gboolean
virtcpu_domain_abi_check(const VirtCpuDomainDef *source, const VirtCpuDomainDef *target,
                         GError **error)
{
    g_autofree char *here = seen_text(source);
    g_autofree char *there = seen_text(target);

    if (memcmp(source->uuid, target->uuid, VIRTCPU_UUID_BYTES) != 0) {
        g_autofree char *uuid = virtcpu_uuid_to_string(source->uuid);
        g_autofree char *other = virtcpu_uuid_to_string(target->uuid);

        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("Target domain uuid %s does not match source %s"), other, uuid);
        return FALSE;
    }
    if (!g_str_equal(here, there)) {
        tell_difference(here, there, error);
        return FALSE;
    }
    return TRUE;
}
