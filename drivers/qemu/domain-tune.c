/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Threads of a domain: where they run. */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-change.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/thread-tune.h"

/* A pinning under way. */
typedef struct {
    VirtCpuPinKind kind;
    unsigned number;
    const char *cpus;
    char *before; /* of what runs; owned, may be NULL */
} Pinning;

VirtCpuDomainDef *
virtcpu_driver_definition(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                          unsigned flags, GError **error)
{
    g_autoptr(VirtCpuDomain) domain = virtcpu_domain_list_find(driver->domains, uuid, error);
    const gboolean config = (flags & VIRTCPU_CHANGE_CONFIG) != 0;
    const VirtCpuDomainDef *def = NULL;
    VirtCpuDomainDef *copy;

    if (domain == NULL) {
        return NULL;
    }
    if ((flags & VIRTCPU_CHANGE_IMPACT) == VIRTCPU_CHANGE_IMPACT) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("The live and the persistent definition are asked for at once."));
        return NULL;
    }
    g_mutex_lock(&domain->lock);
    if (!config) {
        def = domain->live;
    }
    if (config || (def == NULL && (flags & VIRTCPU_CHANGE_LIVE) == 0)) {
        def = domain->config;
    }
    copy = def != NULL ? virtcpu_domain_def_copy(def) : NULL;
    g_mutex_unlock(&domain->lock);
    if (copy == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID, "%s",
                          config ? _("transient domains do not have any persistent config")
                                 : _("domain is not running"));
    }
    return copy;
}

/* The wishes of @def for the thread that @pinning means, made when there are none; NULL when it has
 * no such thread. */
static VirtCpuThreadTune *
need_tune(VirtCpuDomainDef *def, const Pinning *pinning, gboolean live, GError **error)
{
    VirtCpuThreadTune *thread = NULL;

    switch (pinning->kind) {
    case VIRTCPU_PIN_VCPU:
        if (pinning->number < def->max_vcpus) {
            return virtcpu_tune_need_vcpu(&def->tune, pinning->number);
        }
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          live ? _("vcpu %u is out of range of live cpu count %u")
                               : _("vcpu %u is out of range of persistent cpu count %u"),
                          pinning->number, live ? def->max_vcpus : def->vcpus);
        return NULL;
    case VIRTCPU_PIN_IOTHREAD:
        thread = virtcpu_tune_find_iothread(&def->tune, pinning->number);
        if (thread == NULL) {
            virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("iothread %u not found"),
                              pinning->number);
        }
        return thread;
    case VIRTCPU_PIN_EMULATOR:
    default:
        return &def->tune.emulator;
    }
}

static gboolean
pin_found(const GArray *threads, unsigned number, const char *cpus, GError **error)
{
    const VirtCpuThread *found = virtcpu_threads_find(threads, number);

    /* a vCPU that is not plugged yet is pinned when it is */
    return found == NULL || virtcpu_thread_pin(found->thread, cpus, error);
}

static gboolean
pin_all(const GArray *threads, const char *cpus, GError **error)
{
    for (guint i = 0; i < threads->len; i++) {
        if (!virtcpu_thread_pin(g_array_index(threads, VirtCpuThread, i).thread, cpus, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
pin_to(const VirtCpuDomainChange *change, const Pinning *pinning, const char *cpus, GError **error)
{
    const VirtCpuDomain *domain = change->domain;
    const unsigned timeout_ms = domain->driver->monitor_timeout_ms;
    VirtCpuQmp *qmp = domain->run->qmp;
    g_autoptr(GArray) vcpus = virtcpu_threads_vcpus(qmp, timeout_ms, error);
    g_autoptr(GArray) iothreads =
        vcpus != NULL ? virtcpu_threads_iothreads(qmp, timeout_ms, error) : NULL;
    g_autoptr(GArray) others = NULL;

    if (iothreads == NULL) {
        return FALSE;
    }
    if (pinning->kind == VIRTCPU_PIN_VCPU) {
        return pin_found(vcpus, pinning->number, cpus, error);
    }
    if (pinning->kind == VIRTCPU_PIN_IOTHREAD) {
        return pin_found(iothreads, pinning->number, cpus, error);
    }
    others =
        virtcpu_threads_others((int)virtcpu_process_pid(domain->run->process), vcpus, iothreads);
    return pin_all(others, cpus, error);
}

static gboolean
unpin(VirtCpuDomainChange *change, gpointer data, GError **error)
{
    const Pinning *pinning = data;

    return pin_to(change, pinning,
                  pinning->before != NULL ? pinning->before : change->next_live->tune.cpus, error);
}

static gboolean
pin(VirtCpuDomainChange *change, gpointer data, GError **error)
{
    const Pinning *pinning = data;

    if (pin_to(change, pinning, pinning->cpus, error)) {
        return TRUE;
    }
    /* some of many threads may have moved */
    if (!unpin(change, data, NULL)) {
        g_message("Threads of domain '%s' are not where they were", change->domain->name);
    }
    return FALSE;
}

/* libvirt's names of what was tuned. */
static void
tell(VirtCpuDomain *domain, const Pinning *pinning)
{
    g_autofree char *field = NULL;

    if (pinning->kind == VIRTCPU_PIN_EMULATOR) {
        field = g_strdup("cputune.emulatorpin");
    } else {
        field = g_strdup_printf(pinning->kind == VIRTCPU_PIN_VCPU ? "cputune.vcpupin%u"
                                                                  : "cputune.iothreadpin%u",
                                pinning->number);
    }
    virtcpu_domain_note_tunable(domain, field, pinning->cpus);
}

static gboolean
commit_pin(VirtCpuDomainChange *change, Pinning *pinning, GError **error)
{
    const gboolean live = change->next_live != NULL;

    if (live) {
        VirtCpuThreadTune *thread = need_tune(change->next_live, pinning, TRUE, error);

        if (thread == NULL) {
            return FALSE;
        }
        pinning->before = g_strdup(thread->cpus);
        virtcpu_thread_tune_pin(thread, pinning->cpus);
    }
    if (change->next_config != NULL) {
        VirtCpuThreadTune *thread = need_tune(change->next_config, pinning, FALSE, error);

        if (thread == NULL) {
            return FALSE;
        }
        virtcpu_thread_tune_pin(thread, pinning->cpus);
    }
    if (!virtcpu_domain_change_commit(change, pin, unpin, pinning, error)) {
        return FALSE;
    }
    if (live) {
        tell(change->domain, pinning);
    }
    return TRUE;
}

gboolean
virtcpu_driver_pin(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                   VirtCpuPinKind kind, unsigned number, const char *cpus, unsigned flags,
                   GError **error)
{
    g_auto(VirtCpuDomainChange) change = { 0 };
    Pinning pinning = { .kind = kind, .number = number, .cpus = cpus };
    gboolean done;

    done =
        virtcpu_domain_change_begin(driver, uuid, flags & VIRTCPU_CHANGE_IMPACT, &change, error) &&
        commit_pin(&change, &pinning, error);
    g_free(pinning.before);
    return done;
}
