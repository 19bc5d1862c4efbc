/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-monitor.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/migrate-priv.h"
#include "drivers/qemu/migrate-self.h"

#include <string.h>

/* What a sender may hold for mandatory: we read it, or there is nothing in it for us (libvirtd says
 * "lockstate" without a lock manager, too). */
#define ACCEPTED                                                                                   \
    (1u << VIRTCPU_COOKIE_LOCKSTATE | 1u << VIRTCPU_COOKIE_PERSISTENT |                            \
     1u << VIRTCPU_COOKIE_STATISTICS | 1u << VIRTCPU_COOKIE_CPU |                                  \
     1u << VIRTCPU_COOKIE_ALLOW_REBOOT | 1u << VIRTCPU_COOKIE_CAPABILITIES |                       \
     1u << VIRTCPU_COOKIE_CPU_HOTPLUG | 1u << VIRTCPU_COOKIE_GRAPHICS)

gboolean
virtcpu_migration_check_subject(const VirtCpuMigrationCookie *cookie, const char *name,
                                const guint8 *uuid, GError **error)
{
    if (name != NULL && !g_str_equal(cookie->name, name)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("Incoming cookie data had unexpected name %s vs %s"), cookie->name,
                          name);
        return FALSE;
    }
    if (uuid != NULL && memcmp(cookie->uuid, uuid, VIRTCPU_UUID_BYTES) != 0) {
        g_autofree char *here = virtcpu_uuid_to_string(uuid);
        g_autofree char *there = virtcpu_uuid_to_string(cookie->uuid);

        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("Incoming cookie data had unexpected UUID %s vs %s"), there, here);
        return FALSE;
    }
    return TRUE;
}

VirtCpuMigrationCookie *
virtcpu_migration_read_cookie(VirtCpuDriver *driver, const VirtCpuMigrateCall *call,
                              const char *name, const guint8 *uuid, GError **error)
{
    g_autoptr(VirtCpuMigrationCookie) cookie = NULL;
    gsize length;
    const char *data = g_bytes_get_data(call->cookie, &length);

    cookie = virtcpu_migration_cookie_parse(data, length, error);
    if (cookie == NULL || !virtcpu_migration_check_subject(cookie, name, uuid, error) ||
        !virtcpu_migrate_self_check(driver->self, cookie, error) ||
        !virtcpu_migration_cookie_check_features(cookie, ACCEPTED, error)) {
        return NULL;
    }
    return g_steal_pointer(&cookie);
}

VirtCpuMigrationCookie *
virtcpu_migration_new_cookie(VirtCpuDomain *domain, const char *name)
{
    VirtCpuMigrationCookie *cookie = virtcpu_migration_cookie_new();

    cookie->name = g_strdup(name);
    memcpy(cookie->uuid, domain->uuid, VIRTCPU_UUID_BYTES);
    virtcpu_migrate_self_sign(domain->driver->self, cookie);
    return cookie;
}

/* What statistics are called, and whether a progress knows them. */
static const struct {
    const char *name;
    gsize value; /* offset of a guint64 */
    gsize known; /* offset of a gboolean; 0: always */
} statistic_rows[] = {
    { "time_elapsed", G_STRUCT_OFFSET(VirtCpuOperationProgress, elapsed_ms), 0 },
    { "downtime", G_STRUCT_OFFSET(VirtCpuOperationProgress, downtime_ms),
      G_STRUCT_OFFSET(VirtCpuOperationProgress, has_downtime) },
    { "setup_time", G_STRUCT_OFFSET(VirtCpuOperationProgress, setup_ms),
      G_STRUCT_OFFSET(VirtCpuOperationProgress, has_setup) },
    { "memory_total", G_STRUCT_OFFSET(VirtCpuOperationProgress, memory_total), 0 },
    { "memory_processed", G_STRUCT_OFFSET(VirtCpuOperationProgress, memory_processed), 0 },
    { "memory_remaining", G_STRUCT_OFFSET(VirtCpuOperationProgress, memory_remaining), 0 },
};

void
virtcpu_migration_add_statistics(VirtCpuMigrationCookie *cookie,
                                 const VirtCpuOperationProgress *progress)
{
    const char *base = (const char *)progress;

    for (gsize i = 0; i < G_N_ELEMENTS(statistic_rows); i++) {
        gconstpointer value = base + statistic_rows[i].value;
        gconstpointer known = base + statistic_rows[i].known;

        if (statistic_rows[i].known == 0 || *(const gboolean *)known) {
            virtcpu_migration_cookie_add_statistic(cookie, statistic_rows[i].name,
                                                   *(const guint64 *)value);
        }
    }
}

static void
read_statistic(const VirtCpuCookieStatistic *statistic, VirtCpuOperationProgress *progress)
{
    for (gsize i = 0; i < G_N_ELEMENTS(statistic_rows); i++) {
        const gsize known = statistic_rows[i].known;

        if (!g_str_equal(statistic->name, statistic_rows[i].name)) {
            continue;
        }
        G_STRUCT_MEMBER(guint64, progress, statistic_rows[i].value) = statistic->value;
        if (known != 0) {
            G_STRUCT_MEMBER(gboolean, progress, known) = TRUE;
        }
    }
}

void
virtcpu_migration_read_statistics(const VirtCpuMigrationCookie *cookie,
                                  VirtCpuOperationProgress *progress)
{
    for (guint i = 0; i < cookie->statistics->len; i++) {
        read_statistic(g_ptr_array_index(cookie->statistics, i), progress);
    }
}

GBytes *
virtcpu_migration_pack_cookie(const VirtCpuMigrationCookie *cookie)
{
    char *text = virtcpu_migration_cookie_format(cookie);

    return g_bytes_new_take(text, strlen(text) + 1);
}

gboolean
virtcpu_migration_add_capabilities(VirtCpuDomain *domain, VirtCpuMigrationCookie *cookie,
                                   const char *automatic, GError **error)
{
    g_autoptr(VirtCpuJson) reply = NULL;

    if (!virtcpu_domain_execute(domain, "query-migrate-capabilities", NULL, &reply, error)) {
        return FALSE;
    }
    for (gsize i = 0; i < virtcpu_json_size(reply); i++) {
        const char *name = virtcpu_json_get_string(virtcpu_json_at(reply, i), "capability");

        if (name != NULL && cookie->capabilities->len < VIRTCPU_MIGRATION_COOKIE_MAX_ITEMS) {
            virtcpu_migration_cookie_add_capability(cookie, name, g_str_equal(name, automatic));
        }
    }
    return TRUE;
}
