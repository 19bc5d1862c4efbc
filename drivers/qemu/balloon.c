/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/balloon.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/device-stats.h"
#include "drivers/qemu/domain-change.h"
#include "drivers/qemu/domain-monitor.h"
#include "drivers/qemu/driver-priv.h"

/* QEMU's value of what the guest does not tell. */
#define UNTOLD (-1)

VirtCpuMemballoonDef *
virtcpu_balloon_find(const VirtCpuDomainDef *def)
{
    VirtCpuMemballoonDef *balloon =
        def->memballoons->len > 0 ? g_ptr_array_index(def->memballoons, 0) : NULL;

    return balloon != NULL && g_strcmp0(balloon->model, "none") != 0 ? balloon : NULL;
}

/* Arguments for @property of @balloon (transfer full). */
static VirtCpuJson *
property_of(const VirtCpuMemballoonDef *balloon, const char *property)
{
    g_autofree char *path = g_strdup_printf("/machine/peripheral/%s", balloon->info.alias);
    VirtCpuJson *arguments = virtcpu_json_new_object();

    virtcpu_json_set_string(arguments, "path", path);
    virtcpu_json_set_string(arguments, "property", property);
    return arguments;
}

/* Have the guest asked about its memory as often as @balloon, which has its alias, says. */
static gboolean
set_period(const VirtCpuMemballoonDef *balloon, VirtCpuQmp *qmp, unsigned timeout_ms,
           GError **error)
{
    g_autoptr(VirtCpuJson) arguments = property_of(balloon, "guest-stats-polling-interval");

    virtcpu_json_set_int(arguments, "value", balloon->period_s);
    return virtcpu_qmp_execute(qmp, "qom-set", arguments, timeout_ms, NULL, error);
}

static gboolean
fill_size(VirtCpuDomainDef *def, VirtCpuQmp *qmp, unsigned timeout_ms, GError **error)
{
    g_autoptr(VirtCpuJson) reply = NULL;
    gint64 bytes;

    if (!virtcpu_qmp_execute(qmp, "query-balloon", NULL, timeout_ms, &reply, error)) {
        return FALSE;
    }
    if (virtcpu_json_get_int(reply, "actual", &bytes) && bytes > 0) {
        def->current_memory_kib = (guint64)bytes / 1024;
    }
    return TRUE;
}

gboolean
virtcpu_balloon_begin(VirtCpuDomainDef *def, gboolean arrives, VirtCpuQmp *qmp, unsigned timeout_ms,
                      GError **error)
{
    const VirtCpuMemballoonDef *balloon = virtcpu_balloon_find(def);
    g_autoptr(VirtCpuJson) arguments = NULL;

    if (balloon != NULL && balloon->period_s > 0 && !set_period(balloon, qmp, timeout_ms, error)) {
        return FALSE;
    }
    if (arrives || def->current_memory_kib == def->max_memory_kib) {
        return TRUE;
    }
    if (balloon == NULL) {
        def->current_memory_kib = def->max_memory_kib;
        return TRUE;
    }
    arguments = virtcpu_json_new_object();
    virtcpu_json_set(arguments, "value", virtcpu_json_new_uint(def->current_memory_kib * 1024));
    return virtcpu_qmp_execute(qmp, "balloon", arguments, timeout_ms, NULL, error) &&
           fill_size(def, qmp, timeout_ms, error);
}

gboolean
virtcpu_driver_memory_stats(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                            VirtCpuMemoryStats *memory, GError **error)
{
    g_autoptr(VirtCpuDomainDef) def = NULL;
    g_autoptr(VirtCpuQmp) qmp = virtcpu_driver_monitor(driver, uuid, &def, error);
    const VirtCpuMemballoonDef *balloon = qmp != NULL ? virtcpu_balloon_find(def) : NULL;
    g_autoptr(VirtCpuJson) arguments = NULL;
    g_autoptr(VirtCpuJson) reply = NULL;

    memory->count = 0;
    if (balloon == NULL) {
        return qmp != NULL;
    }
    arguments = property_of(balloon, "guest-stats");
    if (!virtcpu_qmp_execute(qmp, "qom-get", arguments, driver->monitor_timeout_ms, &reply,
                             error)) {
        return FALSE;
    }
    for (gsize i = 0; i < virtcpu_memory_stat_rows_length; i++) {
        const VirtCpuMemoryStatRow *row = &virtcpu_memory_stat_rows[i];
        const VirtCpuJson *place = row->in_guest ? virtcpu_json_get(reply, "stats") : reply;
        gint64 value = UNTOLD;

        if (place != NULL && virtcpu_json_get_int(place, row->key, &value) && value >= 0) {
            memory->stats[memory->count].row = row;
            memory->stats[memory->count++].value = (guint64)value / row->divisor;
        }
    }
    return TRUE;
}

const VirtCpuMemoryStatRow virtcpu_memory_stat_rows[] = {
    { 0, "stat-swap-in", "swap_in", 1024, TRUE },
    { 1, "stat-swap-out", "swap_out", 1024, TRUE },
    { 2, "stat-major-faults", "major_fault", 1, TRUE },
    { 3, "stat-minor-faults", "minor_fault", 1, TRUE },
    { 4, "stat-free-memory", "unused", 1024, TRUE },
    { 5, "stat-total-memory", "available", 1024, TRUE },
    { 8, "stat-available-memory", "usable", 1024, TRUE },
    { 9, "last-update", "last-update", 1, FALSE },
    { 10, "stat-disk-caches", "disk_caches", 1024, TRUE },
    { 11, "stat-htlb-pgalloc", "hugetlb_pgalloc", 1, TRUE },
    { 12, "stat-htlb-pgfail", "hugetlb_pgfail", 1, TRUE },
};
const gsize virtcpu_memory_stat_rows_length = G_N_ELEMENTS(virtcpu_memory_stat_rows);
G_STATIC_ASSERT(G_N_ELEMENTS(virtcpu_memory_stat_rows) <= VIRTCPU_MEMORY_STATS_MAX);

static gboolean
poll_again(VirtCpuDomainChange *change, gpointer data, GError **error)
{
    return set_period(virtcpu_balloon_find(change->next_live), change->domain->run->qmp,
                      change->domain->driver->monitor_timeout_ms, error);
}

static gboolean
poll_as_before(VirtCpuDomainChange *change, gpointer data, GError **error)
{
    return set_period(virtcpu_balloon_find(change->domain->live), change->domain->run->qmp,
                      change->domain->driver->monitor_timeout_ms, error);
}

gboolean
virtcpu_driver_set_memory_period(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                 int period_s, unsigned flags, GError **error)
{
    g_auto(VirtCpuDomainChange) change = { 0 };
    VirtCpuDomainDef *defs[2];

    if (period_s < 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("period in virDomainSetMemoryStatsPeriod must be zero or greater"));
        return FALSE;
    }
    if (!virtcpu_domain_change_begin(driver, uuid, flags, &change, error)) {
        return FALSE;
    }
    defs[0] = change.next_live;
    defs[1] = change.next_config;
    for (gsize i = 0; i < G_N_ELEMENTS(defs); i++) {
        VirtCpuMemballoonDef *balloon = defs[i] != NULL ? virtcpu_balloon_find(defs[i]) : NULL;

        if (balloon != NULL) {
            balloon->period_s = (unsigned)period_s;
        } else if (defs[i] != NULL) {
            virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                              _("Memory balloon model must be virtio to set the collection "
                                "period"));
            return FALSE;
        }
    }
    return virtcpu_domain_change_commit(&change, poll_again, poll_as_before, NULL, error);
}
