/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/domain.h"

#include "drivers/qemu/cpu-passport.h"
#include "drivers/qemu/driver-priv.h"

#include <string.h>

VirtCpuDomain *
virtcpu_domain_new(VirtCpuDriver *driver, const char *name, const guint8 uuid[VIRTCPU_UUID_BYTES])
{
    VirtCpuDomain *domain = g_new0(VirtCpuDomain, 1);

    g_atomic_ref_count_init(&domain->refs);
    domain->driver = driver;
    domain->name = g_strdup(name);
    memcpy(domain->uuid, uuid, VIRTCPU_UUID_BYTES);
    g_mutex_init(&domain->lock);
    g_cond_init(&domain->changed);
    domain->state = VIRTCPU_DOMAIN_SHUTOFF;
    domain->id = -1;
    domain->open_consoles = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return domain;
}

VirtCpuDomain *
virtcpu_domain_ref(VirtCpuDomain *domain)
{
    g_atomic_ref_count_inc(&domain->refs);
    return domain;
}

void
virtcpu_domain_unref(VirtCpuDomain *domain)
{
    if (!domain || !g_atomic_ref_count_dec(&domain->refs)) {
        return;
    }
    if (domain->operation.data_free != NULL) {
        domain->operation.data_free(domain->operation.data);
    }
    virtcpu_domain_run_free(domain->run);
    virtcpu_domain_def_free(domain->live);
    virtcpu_domain_def_free(domain->original);
    virtcpu_domain_def_free(domain->config);
    g_clear_pointer(&domain->lent, g_ptr_array_unref);
    for (VirtCpuTrouble kind = 0; kind < VIRTCPU_TROUBLE_COUNT; kind++) {
        g_free(domain->troubles[kind]);
    }
    g_hash_table_unref(domain->open_consoles);
    g_free(domain->destination);
    g_free(domain->operation.path);
    g_cond_clear(&domain->changed);
    g_mutex_clear(&domain->lock);
    g_free(domain->name);
    g_free(domain);
}

void
virtcpu_domain_run_free(VirtCpuDomainRun *run)
{
    if (!run) {
        return;
    }
    if (run->qmp) {
        virtcpu_qmp_close(run->qmp);
    }
    virtcpu_qmp_unref(run->qmp);
    if (run->last_moment) {
        g_source_destroy(run->last_moment);
        g_source_unref(run->last_moment);
    }
    virtcpu_process_free(run->process);
    g_clear_pointer(&run->unplugs, g_hash_table_unref);
    g_clear_pointer(&run->gone, g_ptr_array_unref);
    g_free(run->monitor_path);
    virtcpu_passport_unref(run->passport);
    g_free(run);
}

void
virtcpu_domain_run_expect_stop(VirtCpuDomainRun *run, int reason, int detail)
{
    run->paused_reason = reason;
    run->paused_detail = detail;
}

void
virtcpu_domain_ref_free(VirtCpuDomainRef *ref)
{
    if (!ref) {
        return;
    }
    g_free(ref->name);
    g_free(ref);
}

static VirtCpuDomainRef *
to_ref_locked(const VirtCpuDomain *domain)
{
    VirtCpuDomainRef *ref = g_new0(VirtCpuDomainRef, 1);

    ref->name = g_strdup(domain->name);
    memcpy(ref->uuid, domain->uuid, VIRTCPU_UUID_BYTES);
    ref->id = domain->id;
    return ref;
}

VirtCpuDomainRef *
virtcpu_domain_to_ref(VirtCpuDomain *domain)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    return to_ref_locked(domain);
}

gboolean
virtcpu_domain_is_known(VirtCpuDomain *domain)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    return !domain->removed && (domain->config || domain->live);
}

gboolean
virtcpu_domain_is_active(VirtCpuDomain *domain)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    return domain->run != NULL;
}

VirtCpuDomainState
virtcpu_domain_get_state(VirtCpuDomain *domain)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    return domain->state;
}

gboolean
virtcpu_domain_has_run(VirtCpuDomain *domain)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    return domain->state != VIRTCPU_DOMAIN_PAUSED || domain->reason == VIRTCPU_PAUSED_IOERROR ||
           domain->reason == VIRTCPU_PAUSED_WATCHDOG;
}

static void
post(VirtCpuDomain *domain, VirtCpuNote *note)
{
    g_autoptr(VirtCpuDomainRef) ref = virtcpu_domain_to_ref(domain);

    note->domain = ref;
    virtcpu_note_queue_post(domain->driver->notes, note);
}

void
virtcpu_domain_note_lifecycle_locked(VirtCpuDomain *domain, VirtCpuLifecycleEvent event, int detail)
{
    g_autoptr(VirtCpuDomainRef) ref = to_ref_locked(domain);
    const VirtCpuNote note = {
        .kind = VIRTCPU_NOTE_LIFECYCLE,
        .domain = ref,
        .event = (int)event,
        .detail = detail,
    };

    virtcpu_note_queue_post(domain->driver->notes, &note);
}

void
virtcpu_domain_note_lifecycle(VirtCpuDomain *domain, VirtCpuLifecycleEvent event, int detail)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    virtcpu_domain_note_lifecycle_locked(domain, event, detail);
}

void
virtcpu_domain_note(VirtCpuDomain *domain, VirtCpuNoteKind kind, gint64 number)
{
    VirtCpuNote note = { .kind = kind, .number = number };

    post(domain, &note);
}

void
virtcpu_domain_note_device(VirtCpuDomain *domain, VirtCpuNoteKind kind, const char *alias,
                           int event)
{
    VirtCpuNote note = { .kind = kind, .text = alias, .event = event };

    post(domain, &note);
}

void
virtcpu_domain_note_tunable(VirtCpuDomain *domain, const char *field, const char *value)
{
    VirtCpuNote note = { .kind = VIRTCPU_NOTE_TUNABLE, .text = field, .detail_text = value };

    post(domain, &note);
}

void
virtcpu_domain_note_missing_disk(VirtCpuDomain *domain, const char *source, const char *alias,
                                 gboolean dropped)
{
    /* virConnectDomainEventDiskChangeReason */
    VirtCpuNote note = {
        .kind = VIRTCPU_NOTE_DISK_CHANGE,
        .text = source,
        .detail_text = alias,
        .event = dropped ? 1 : 0,
    };

    post(domain, &note);
}

void
virtcpu_domain_note_disk_tune(VirtCpuDomain *domain, const char *path,
                              const VirtCpuDiskTuneWish *wish)
{
    VirtCpuNote note = { .kind = VIRTCPU_NOTE_TUNABLE, .text = path, .disk_tune = wish };

    post(domain, &note);
}

/* What clients are told of why it runs again. */
static int
resumed_detail(int reason)
{
    switch (reason) {
    case VIRTCPU_RUNNING_MIGRATED:
        return VIRTCPU_RESUMED_MIGRATED;
    case VIRTCPU_RUNNING_RESTORED:
        return VIRTCPU_RESUMED_FROM_SNAPSHOT;
    case VIRTCPU_RUNNING_POSTCOPY:
        return VIRTCPU_RESUMED_POSTCOPY;
    case VIRTCPU_RUNNING_POSTCOPY_FAILED:
        return VIRTCPU_RESUMED_POSTCOPY_FAILED;
    default:
        return VIRTCPU_RESUMED_UNPAUSED;
    }
}

void
virtcpu_domain_resumed(VirtCpuDomain *domain, gboolean told)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);
    int reason;

    if (domain->run == NULL) {
        return;
    }
    reason = domain->run->running_reason;
    domain->run->running_reason = VIRTCPU_RUNNING_UNKNOWN;
    if (domain->state == VIRTCPU_DOMAIN_PAUSED && (told || reason != VIRTCPU_RUNNING_UNKNOWN)) {
        domain->state = VIRTCPU_DOMAIN_RUNNING;
        /* unknown: somebody else let it go on */
        domain->reason = reason != VIRTCPU_RUNNING_UNKNOWN ? reason : VIRTCPU_RUNNING_UNPAUSED;
        virtcpu_domain_note_lifecycle_locked(domain, VIRTCPU_EVENT_RESUMED, resumed_detail(reason));
    }
}

void
virtcpu_domain_paused(VirtCpuDomain *domain, gboolean told)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);
    int reason, detail;

    if (domain->run == NULL) {
        return;
    }
    reason = domain->run->paused_reason;
    detail = domain->run->paused_detail;
    virtcpu_domain_run_expect_stop(domain->run, VIRTCPU_PAUSED_UNKNOWN, VIRTCPU_SUSPENDED_PAUSED);
    if (domain->state == VIRTCPU_DOMAIN_RUNNING && (told || reason != VIRTCPU_PAUSED_UNKNOWN)) {
        domain->state = VIRTCPU_DOMAIN_PAUSED;
        domain->reason = reason;
        virtcpu_domain_note_lifecycle_locked(domain, VIRTCPU_EVENT_SUSPENDED, detail);
    }
}
