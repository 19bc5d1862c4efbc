/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/device-stats.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-monitor.h"
#include "drivers/qemu/drive.h"
#include "drivers/qemu/driver-priv.h"

#include <string.h>
#include <unistd.h>

#define DIRTY_RATE_MAX_SECONDS 60

/* ---- disks ---- */

static void
disk_stats_free(gpointer data)
{
    VirtCpuDiskStats *stats = data;

    g_free(stats->target);
    g_free(stats->source);
    g_free(stats);
}

static gboolean
is_path_of(const char *path, const char *target, const char *source)
{
    return g_strcmp0(path, target) == 0 || (source != NULL && g_strcmp0(path, source) == 0);
}

const VirtCpuDiskStats *
virtcpu_disk_stats_find(const GPtrArray *stats, const char *path)
{
    for (guint i = 0; i < stats->len; i++) {
        const VirtCpuDiskStats *disk = g_ptr_array_index(stats, i);

        if (is_path_of(path, disk->target, disk->source)) {
            return disk;
        }
    }
    return NULL;
}

static guint64
count_of(const VirtCpuJson *stats, const char *key)
{
    gint64 value = 0;

    return virtcpu_json_get_int(stats, key, &value) && value > 0 ? (guint64)value : 0;
}

static int
error_of(const VirtCpuJson *drive)
{
    const char *status = virtcpu_json_get_string(drive, "io-status");

    return g_strcmp0(status, "nospace") == 0 ? 2 : g_strcmp0(status, "failed") == 0 ? 1 : 0;
}

static VirtCpuDiskStats *
make_disk_stats(const VirtCpuDiskDef *disk, const VirtCpuJson *counts, const VirtCpuJson *blocks)
{
    const VirtCpuJson *drive = virtcpu_drive_find(counts, disk);
    const VirtCpuJson *stats = drive ? virtcpu_json_get(drive, "stats") : NULL;
    const VirtCpuJson *block = virtcpu_drive_find(blocks, disk);
    VirtCpuDiskStats *made = g_new0(VirtCpuDiskStats, 1);

    made->target = g_strdup(disk->target);
    made->source = g_strdup(disk->source);
    made->node = disk->node;
    if (stats) {
        made->rd_bytes = count_of(stats, "rd_bytes");
        made->rd_requests = count_of(stats, "rd_operations");
        made->rd_ns = count_of(stats, "rd_total_time_ns");
        made->wr_bytes = count_of(stats, "wr_bytes");
        made->wr_requests = count_of(stats, "wr_operations");
        made->wr_ns = count_of(stats, "wr_total_time_ns");
        made->flush_requests = count_of(stats, "flush_operations");
        made->flush_ns = count_of(stats, "flush_total_time_ns");
    }
    made->error = block ? error_of(block) : 0;
    return made;
}

GPtrArray *
virtcpu_driver_disk_stats(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                          GError **error)
{
    g_autoptr(VirtCpuDomainDef) def = NULL;
    g_autoptr(VirtCpuQmp) qmp = virtcpu_driver_monitor(driver, uuid, &def, error);
    g_autoptr(VirtCpuJson) counts = NULL, blocks = NULL;
    GPtrArray *disks;

    if (!qmp ||
        !virtcpu_qmp_execute(qmp, "query-blockstats", NULL, driver->monitor_timeout_ms, &counts,
                             error) ||
        !virtcpu_qmp_execute(qmp, "query-block", NULL, driver->monitor_timeout_ms, &blocks,
                             error)) {
        return NULL;
    }
    disks = g_ptr_array_new_with_free_func(disk_stats_free);
    for (guint i = 0; i < def->disks->len; i++) {
        g_ptr_array_add(disks, make_disk_stats(g_ptr_array_index(def->disks, i), counts, blocks));
    }
    return disks;
}

/* The disk that @path names in @def (transfer none), or NULL with INVALID_ARG. */
static const VirtCpuDiskDef *
find_disk(const VirtCpuDomainDef *def, const char *path, GError **error)
{
    const VirtCpuDiskDef *disk = virtcpu_domain_def_find_disk_at(def, path);

    if (disk == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("invalid path %s not assigned to domain"), path);
    }
    return disk;
}

char *
virtcpu_driver_disk_source(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                           const char *path, GError **error)
{
    g_autoptr(VirtCpuDomain) domain = virtcpu_domain_list_find(driver->domains, uuid, error);
    const VirtCpuDomainDef *def;
    const VirtCpuDiskDef *disk = NULL;
    char *source = NULL;

    if (!domain) {
        return NULL;
    }
    g_mutex_lock(&domain->lock);
    def = domain->live ? domain->live : domain->config;
    disk = def ? find_disk(def, path, error) : NULL;
    source = disk ? g_strdup(disk->source) : NULL;
    g_mutex_unlock(&domain->lock);
    if (disk && !source) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("disk '%s' does not currently have a source assigned"), path);
    }
    return source;
}

/* Run @command with @arguments, to which the node of disk @path is added, with the job. */
static gboolean
command_disk(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES], const char *path,
             const char *command, const char *layer, VirtCpuJson *arguments, GError **error)
{
    VirtCpuDomain *domain = virtcpu_driver_begin_active_job(driver, uuid, error);
    const VirtCpuDiskDef *disk;
    gboolean done = FALSE;

    if (!domain) {
        return FALSE;
    }
    disk = find_disk(domain->live, path, error);
    if (disk) {
        g_autofree char *node = g_strdup_printf("libvirt-%u-%s", disk->node, layer);

        virtcpu_json_set_string(arguments, "node-name", node);
        done = virtcpu_domain_execute(domain, command, arguments, NULL, error);
    }
    virtcpu_driver_end_job(domain);
    return done;
}

gboolean
virtcpu_driver_resize_disk(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                           const char *path, guint64 bytes, GError **error)
{
    g_autoptr(VirtCpuJson) arguments = virtcpu_json_new_object();

    virtcpu_json_set(arguments, "size", virtcpu_json_new_uint(bytes));
    return command_disk(driver, uuid, path, "block_resize", "format", arguments, error);
}

gboolean
virtcpu_driver_set_threshold(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                             const char *target, guint64 bytes, GError **error)
{
    g_autoptr(VirtCpuJson) arguments = virtcpu_json_new_object();

    virtcpu_json_set(arguments, "write-threshold", virtcpu_json_new_uint(bytes));
    return command_disk(driver, uuid, target, "block-set-write-threshold", "storage", arguments,
                        error);
}

/* ---- network cards ---- */

static void
net_stats_free(gpointer data)
{
    VirtCpuNetStats *stats = data;

    g_free(stats->device);
    g_free(stats);
}

static guint64
read_count(const char *device, const char *name)
{
    g_autofree char *path = g_strdup_printf("/sys/class/net/%s/statistics/%s", device, name);
    g_autofree char *text = NULL;

    return g_file_get_contents(path, &text, NULL, NULL) ? g_ascii_strtoull(text, NULL, 10) : 0;
}

/* What the host's end of the cable sends the guest receives. @device: NULL for one that has no
 * such end. */
static VirtCpuNetStats *
make_net_stats(const char *device)
{
    VirtCpuNetStats *stats = g_new0(VirtCpuNetStats, 1);

    if (!device || strchr(device, '/')) {
        return stats;
    }
    stats->device = g_strdup(device);
    stats->rx_bytes = read_count(device, "tx_bytes");
    stats->rx_packets = read_count(device, "tx_packets");
    stats->rx_errors = read_count(device, "tx_errors");
    stats->rx_drops = read_count(device, "tx_dropped");
    stats->tx_bytes = read_count(device, "rx_bytes");
    stats->tx_packets = read_count(device, "rx_packets");
    stats->tx_errors = read_count(device, "rx_errors");
    stats->tx_drops = read_count(device, "rx_dropped");
    return stats;
}

GPtrArray *
virtcpu_driver_net_stats(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                         GError **error)
{
    g_autoptr(VirtCpuDomainDef) def = NULL;
    g_autoptr(VirtCpuQmp) qmp = virtcpu_driver_monitor(driver, uuid, &def, error);
    GPtrArray *nets;

    if (!qmp) {
        return NULL;
    }
    nets = g_ptr_array_new_with_free_func(net_stats_free);
    for (guint i = 0; i < def->nets->len; i++) {
        const VirtCpuNetDef *net = g_ptr_array_index(def->nets, i);

        g_ptr_array_add(nets, make_net_stats(net->target));
    }
    return nets;
}

/* ---- memory ---- */

guint64
virtcpu_process_rss_kib(int pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/statm", pid);
    g_autofree char *text = NULL;
    unsigned long long pages = 0;

    if (!g_file_get_contents(path, &text, NULL, NULL) || sscanf(text, "%*u %llu", &pages) != 1) {
        return 0;
    }
    return pages * (guint64)sysconf(_SC_PAGESIZE) / 1024;
}

gboolean
virtcpu_driver_measure_dirty_rate(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                  int seconds, const char *mode, GError **error)
{
    g_autoptr(VirtCpuJson) arguments = virtcpu_json_new_object();
    g_autoptr(VirtCpuDomainDef) def = NULL;
    g_autoptr(VirtCpuQmp) qmp = NULL;

    if (seconds < 1 || seconds > DIRTY_RATE_MAX_SECONDS) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("seconds=%d is invalid, please choose value within [1, %d]."), seconds,
                          DIRTY_RATE_MAX_SECONDS);
        return FALSE;
    }
    virtcpu_json_set_int(arguments, "calc-time", seconds);
    virtcpu_json_set_string(arguments, "mode", mode);
    qmp = virtcpu_driver_monitor(driver, uuid, &def, error);
    return qmp && virtcpu_qmp_execute(qmp, "calc-dirty-rate", arguments, driver->monitor_timeout_ms,
                                      NULL, error);
}
