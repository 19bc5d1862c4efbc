/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/managed-image.h"
#include "drivers/qemu/proc-stat.h"

#include <string.h>

/* virConnectListAllDomainsFlags. */
enum {
    LIST_ACTIVE = 1 << 0,
    LIST_INACTIVE = 1 << 1,
    LIST_PERSISTENT = 1 << 2,
    LIST_TRANSIENT = 1 << 3,
    LIST_RUNNING = 1 << 4,
    LIST_PAUSED = 1 << 5,
    LIST_SHUTOFF = 1 << 6,
    LIST_OTHER = 1 << 7,
    LIST_MANAGED_SAVE = 1 << 8,
    LIST_NO_MANAGED_SAVE = 1 << 9,
    LIST_AUTOSTART = 1 << 10,
    LIST_NO_AUTOSTART = 1 << 11,
    LIST_HAS_SNAPSHOT = 1 << 12,
    LIST_NO_SNAPSHOT = 1 << 13,
    LIST_HAS_CHECKPOINT = 1 << 14,
    LIST_NO_CHECKPOINT = 1 << 15,
};

/* A domain is in exactly one of each group; a group of which no flag is set chooses nothing. */
static const unsigned list_groups[] = {
    LIST_ACTIVE | LIST_INACTIVE,
    LIST_PERSISTENT | LIST_TRANSIENT,
    LIST_RUNNING | LIST_PAUSED | LIST_SHUTOFF | LIST_OTHER,
    LIST_MANAGED_SAVE | LIST_NO_MANAGED_SAVE,
    LIST_AUTOSTART | LIST_NO_AUTOSTART,
    LIST_HAS_SNAPSHOT | LIST_NO_SNAPSHOT,
    LIST_HAS_CHECKPOINT | LIST_NO_CHECKPOINT,
};

static unsigned
state_flag(VirtCpuDomainState state)
{
    static const unsigned flags[] = {
        [VIRTCPU_DOMAIN_NOSTATE] = LIST_OTHER,  [VIRTCPU_DOMAIN_RUNNING] = LIST_RUNNING,
        [VIRTCPU_DOMAIN_BLOCKED] = LIST_OTHER,  [VIRTCPU_DOMAIN_PAUSED] = LIST_PAUSED,
        [VIRTCPU_DOMAIN_SHUTDOWN] = LIST_OTHER, [VIRTCPU_DOMAIN_SHUTOFF] = LIST_SHUTOFF,
        [VIRTCPU_DOMAIN_CRASHED] = LIST_OTHER,  [VIRTCPU_DOMAIN_PMSUSPENDED] = LIST_OTHER,
    };

    return flags[state];
}

static unsigned
list_flags(VirtCpuDomain *domain, unsigned asked)
{
    unsigned flags = LIST_NO_SNAPSHOT | LIST_NO_CHECKPOINT;

    if (asked &
        (LIST_MANAGED_SAVE | LIST_NO_MANAGED_SAVE)) { /* the disk is not asked for nothing */
        flags |= virtcpu_managed_image_exists(domain) ? LIST_MANAGED_SAVE : LIST_NO_MANAGED_SAVE;
    }
    g_mutex_lock(&domain->lock);
    flags |= domain->live ? LIST_ACTIVE : LIST_INACTIVE;
    flags |= domain->config ? LIST_PERSISTENT : LIST_TRANSIENT;
    flags |= domain->autostart ? LIST_AUTOSTART : LIST_NO_AUTOSTART;
    flags |= state_flag(domain->state);
    g_mutex_unlock(&domain->lock);
    return flags;
}

static gboolean
is_chosen(VirtCpuDomain *domain, unsigned flags)
{
    const unsigned own = flags ? list_flags(domain, flags) : 0;

    for (gsize i = 0; i < G_N_ELEMENTS(list_groups); i++) {
        unsigned wanted = flags & list_groups[i];

        if (wanted && !(wanted & own)) {
            return FALSE;
        }
    }
    return TRUE;
}

static void
ref_free(gpointer ref)
{
    virtcpu_domain_ref_free(ref);
}

GPtrArray *
virtcpu_driver_list(VirtCpuDriver *driver, unsigned flags)
{
    g_autoptr(GPtrArray) all = virtcpu_domain_list_all(driver->domains);
    GPtrArray *chosen = g_ptr_array_new_with_free_func(ref_free);

    for (guint i = 0; i < all->len; i++) {
        VirtCpuDomain *domain = g_ptr_array_index(all, i);

        if (is_chosen(domain, flags)) {
            g_ptr_array_add(chosen, virtcpu_domain_to_ref(domain));
        }
    }
    return chosen;
}

VirtCpuDomainRef *
virtcpu_driver_lookup_uuid(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                           GError **error)
{
    g_autoptr(VirtCpuDomain) domain = virtcpu_domain_list_find(driver->domains, uuid, error);

    return domain ? virtcpu_domain_to_ref(domain) : NULL;
}

VirtCpuDomainRef *
virtcpu_driver_lookup_name(VirtCpuDriver *driver, const char *name, GError **error)
{
    g_autoptr(VirtCpuDomain) domain = virtcpu_domain_list_find_name(driver->domains, name, error);

    return domain ? virtcpu_domain_to_ref(domain) : NULL;
}

VirtCpuDomainRef *
virtcpu_driver_lookup_id(VirtCpuDriver *driver, int id, GError **error)
{
    g_autoptr(VirtCpuDomain) domain = virtcpu_domain_list_find_id(driver->domains, id, error);

    return domain ? virtcpu_domain_to_ref(domain) : NULL;
}

void
virtcpu_domain_info_clear(VirtCpuDomainInfo *info)
{
    g_free(info->ref.name);
    memset(info, 0, sizeof(*info));
}

static void
fill_locked(VirtCpuDomain *domain, VirtCpuDomainInfo *info)
{
    const VirtCpuDomainDef *current = domain->live ? domain->live : domain->config;
    const VirtCpuDomainDef *config = domain->config ? domain->config : domain->live;

    info->ref.id = domain->id;
    info->state = domain->state;
    info->reason = domain->reason;
    info->max_memory_kib = current->max_memory_kib;
    info->memory_kib = current->current_memory_kib;
    info->max_vcpus = current->max_vcpus;
    info->vcpus = current->vcpus;
    info->config_max_vcpus = config->max_vcpus;
    info->config_vcpus = config->vcpus;
    info->active = domain->live != NULL;
    info->persistent = domain->config != NULL;
    info->autostart = domain->autostart;
    info->updated = domain->updated;
    info->monitor_trouble = domain->troubles[VIRTCPU_TROUBLE_MONITOR] != NULL ||
                            domain->troubles[VIRTCPU_TROUBLE_STOPPED] != NULL;
    info->has_operation = domain->operation.kind != VIRTCPU_OPERATION_NONE;
    if (info->has_operation) {
        info->operation_ms = (guint64)(g_get_monotonic_time() - domain->operation.began_us) / 1000;
    }
    info->pid = domain->run ? (int)virtcpu_process_pid(domain->run->process) : 0;
}

gboolean
virtcpu_driver_info(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                    VirtCpuDomainInfo *info, GError **error)
{
    g_autoptr(VirtCpuDomain) domain = virtcpu_domain_list_find(driver->domains, uuid, error);
    VirtCpuProcStat stat;
    gboolean known;

    memset(info, 0, sizeof(*info));
    if (!domain) {
        return FALSE;
    }
    g_mutex_lock(&domain->lock);
    known = domain->live || domain->config;
    if (known) {
        fill_locked(domain, info);
    }
    g_mutex_unlock(&domain->lock);
    if (!known) {
        return virtcpu_driver_info(driver, uuid, info, error);
    }

    info->ref.name = g_strdup(domain->name);
    memcpy(info->ref.uuid, domain->uuid, VIRTCPU_UUID_BYTES);
    if (info->pid && virtcpu_proc_stat_read(info->pid, 0, &stat)) {
        info->cpu_time_ns = stat.cpu_time_ns;
        info->cpu_user_ns = stat.user_ns;
        info->cpu_system_ns = stat.system_ns;
    }
    return TRUE;
}
