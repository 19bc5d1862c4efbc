/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How far a domain's long operation is. QEMU is asked only when somebody asks us. */
#include "drivers/qemu/domain-operation.h"
#include "drivers/qemu/driver-priv.h"

#include <string.h>

/* Where in query-migrate's answer a number is, and in the progress. */
typedef struct {
    const char *group; /* a member that is an object; NULL: the answer itself */
    const char *name;
    gsize offset;
} Field;

#define FIELD(group, name, member)                                                                 \
    {                                                                                              \
        group, name, G_STRUCT_OFFSET(VirtCpuOperationProgress, member)                             \
    }

static const Field fields[] = {
    FIELD(NULL, "cpu-throttle-percentage", throttle_percent),
    FIELD(NULL, "setup-time", setup_ms),
    FIELD("disk", "remaining", disk_remaining),
    FIELD("disk", "total", disk_total),
    FIELD("disk", "transferred", disk_processed),
    FIELD("ram", "dirty-pages-rate", dirty_pages_per_second),
    FIELD("ram", "dirty-sync-count", iteration),
    FIELD("ram", "duplicate", constant_pages),
    FIELD("ram", "normal", normal_pages),
    FIELD("ram", "normal-bytes", normal_bytes),
    FIELD("ram", "page-size", page_size),
    FIELD("ram", "postcopy-requests", postcopy_requests),
    FIELD("ram", "remaining", memory_remaining),
    FIELD("ram", "total", memory_total),
    FIELD("ram", "transferred", memory_processed),
    FIELD("xbzrle-cache", "bytes", cache_sent_bytes),
    FIELD("xbzrle-cache", "cache-miss", cache_misses),
    FIELD("xbzrle-cache", "cache-size", cache_bytes),
    FIELD("xbzrle-cache", "overflow", cache_overflows),
    FIELD("xbzrle-cache", "pages", cache_pages),
};

static void
read_field(const VirtCpuJson *reply, const Field *field, VirtCpuOperationProgress *progress)
{
    const VirtCpuJson *group = field->group ? virtcpu_json_get(reply, field->group) : reply;
    guint64 *member = (guint64 *)(void *)((char *)progress + field->offset);
    guint64 value;

    if (virtcpu_json_to_uint(virtcpu_json_get(group, field->name), &value)) {
        *member = value;
    }
}

/* QEMU gives the rate in Mbit/s. */
static guint64
read_rate(const VirtCpuJson *group)
{
    double mbps;

    if (!virtcpu_json_to_double(virtcpu_json_get(group, "mbps"), &mbps) || mbps <= 0 ||
        mbps > 1e12) {
        return 0;
    }
    return (guint64)(mbps * 1e6 / 8);
}

/* The downtime there was, or, until then, the one to expect. */
static gboolean
read_downtime(const VirtCpuJson *reply, guint64 *downtime_ms)
{
    return virtcpu_json_to_uint(virtcpu_json_get(reply, "downtime"), downtime_ms) ||
           virtcpu_json_to_uint(virtcpu_json_get(reply, "expected-downtime"), downtime_ms);
}

/* What query-migrate answered, as far as it tells of it. */
static void
read_migration(const VirtCpuJson *reply, VirtCpuOperationProgress *progress)
{
    const VirtCpuJson *ram = virtcpu_json_get(reply, "ram");

    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
        read_field(reply, &fields[i], progress);
    }
    progress->has_downtime = read_downtime(reply, &progress->downtime_ms);
    progress->has_setup = virtcpu_json_get(reply, "setup-time") != NULL;
    progress->has_pages = virtcpu_json_get(ram, "duplicate") != NULL;
    progress->has_compression = virtcpu_json_get(reply, "xbzrle-cache") != NULL;
    progress->bytes_per_second = read_rate(ram);
    progress->disk_bytes_per_second = read_rate(virtcpu_json_get(reply, "disk"));
}

/* What query-dump answered: only how much is written. */
static void
read_dump(const VirtCpuJson *reply, VirtCpuOperationProgress *progress)
{
    guint64 completed = 0, total = 0;

    if (virtcpu_json_to_uint(virtcpu_json_get(reply, "completed"), &completed) &&
        virtcpu_json_to_uint(virtcpu_json_get(reply, "total"), &total) && completed <= total) {
        progress->memory_total = total;
        progress->memory_processed = completed;
        progress->memory_remaining = total - completed;
    }
}

gboolean
virtcpu_domain_operation_ask(VirtCpuDomain *domain, VirtCpuOperationProgress *progress,
                             GError **error)
{
    g_autoptr(VirtCpuQmp) qmp = NULL;
    g_autoptr(VirtCpuJson) reply = NULL;
    gboolean dumps = FALSE;

    memset(progress, 0, sizeof(*progress));
    g_mutex_lock(&domain->lock);
    if (domain->operation.kind != VIRTCPU_OPERATION_NONE) {
        progress->operation = domain->operation.kind;
        progress->type = VIRTCPU_JOB_UNBOUNDED;
        progress->elapsed_ms =
            (guint64)(g_get_monotonic_time() - domain->operation.began_us) / 1000;
    }
    /* before a stream begins QEMU would tell of an earlier one; while one comes in it tells
     * nothing, and may not listen */
    if (progress->type != VIRTCPU_JOB_NONE && domain->run && !domain->run->arriving &&
        (domain->run->move != VIRTCPU_MOVE_NONE || domain->run->dump != VIRTCPU_DUMP_NONE)) {
        qmp = virtcpu_qmp_ref(domain->run->qmp);
        dumps = domain->run->dump != VIRTCPU_DUMP_NONE;
    }
    g_mutex_unlock(&domain->lock);

    if (qmp && !virtcpu_qmp_execute(qmp, dumps ? "query-dump" : "query-migrate", NULL,
                                    domain->driver->monitor_timeout_ms, &reply, error)) {
        return FALSE;
    }
    if (dumps) {
        read_dump(reply, progress);
    } else {
        read_migration(reply, progress);
    }
    return TRUE;
}

void
virtcpu_domain_operation_completed(VirtCpuDomain *domain, VirtCpuOperationProgress *progress,
                                   VirtCpuJobType type)
{
    g_autoptr(VirtCpuDomainRef) ref = virtcpu_domain_to_ref(domain);
    const VirtCpuNote note = {
        .kind = VIRTCPU_NOTE_JOB_COMPLETED,
        .domain = ref,
        .progress = progress,
    };

    progress->type = type;
    g_mutex_lock(&domain->lock);
    domain->completed = *progress;
    g_mutex_unlock(&domain->lock);
    virtcpu_note_queue_post(domain->driver->notes, &note);
}
