/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many vCPUs and how much memory. */
#include "conf/error.h"
#include "conf/i18n.h"
#include "conf/vcpu-list.h"
#include "drivers/qemu/balloon.h"
#include "drivers/qemu/domain-change.h"
#include "drivers/qemu/domain-monitor.h"
#include "drivers/qemu/domain-vcpu-plug.h"
#include "drivers/qemu/driver-priv.h"

static gboolean
check_vcpus(const VirtCpuDomainDef *def, unsigned count, gboolean live, GError **error)
{
    if (count <= def->max_vcpus) {
        return TRUE;
    }
    virtcpu_error_set(
        error, VIRTCPU_ERR_INVALID_ARG,
        live ? _("requested vcpus is greater than max allowable vcpus for the live domain: %u > %u")
             : _("requested vcpus is greater than max allowable vcpus for the persistent domain: "
                 "%u > %u"),
        count, def->max_vcpus);
    return FALSE;
}

static gboolean
plug_vcpus(VirtCpuDomainChange *change, gpointer before, GError **error)
{
    if (virtcpu_domain_plug_vcpus(change->domain, change->next_live, change->next_live->vcpus,
                                  error)) {
        return TRUE;
    }
    /* some may be there that were not, or the other way round */
    virtcpu_domain_recount_vcpus(change->domain);
    return FALSE;
}

static gboolean
unplug_vcpus(VirtCpuDomainChange *change, gpointer before, GError **error)
{
    return virtcpu_domain_plug_vcpus(change->domain, change->next_live, *(const unsigned *)before,
                                     error);
}

static gboolean
set_current(VirtCpuDomainChange *change, unsigned count, gboolean hotpluggable, GError **error)
{
    unsigned before = 0;

    if (change->next_live != NULL) {
        if (!check_vcpus(change->next_live, count, TRUE, error)) {
            return FALSE;
        }
        before = change->next_live->vcpus;
        virtcpu_domain_def_plug_vcpus(change->next_live, count);
    }
    if (change->next_config != NULL) {
        if (!check_vcpus(change->next_config, count, FALSE, error)) {
            return FALSE;
        }
        virtcpu_domain_def_plug_vcpus(change->next_config, count);
        if (!hotpluggable) {
            change->next_config->fixed_vcpus = 0;
        }
    }
    return virtcpu_domain_change_commit(change, plug_vcpus, unplug_vcpus, &before, error);
}

/* The topology is the product of sockets, cores and threads: it does not stretch. */
static gboolean
check_topology(const VirtCpuDef *cpu, unsigned count, GError **error)
{
    if (cpu == NULL || cpu->sockets == 0 ||
        (guint64)cpu->sockets * MAX(cpu->dies, 1) * MAX(cpu->clusters, 1) * cpu->cores *
                cpu->threads ==
            count) {
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                      _("CPU topology doesn't match the desired vcpu count"));
    return FALSE;
}

static gboolean
set_max_vcpus(VirtCpuDomainChange *change, unsigned count, GError **error)
{
    VirtCpuDomainDef *config = change->next_config;

    if (change->next_live != NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                          _("maximum vcpu count of a live domain can't be modified"));
        return FALSE;
    }
    if (!check_topology(config->cpu, count, error)) {
        return FALSE;
    }
    config->max_vcpus = count;
    config->vcpus = MIN(config->vcpus, count);
    virtcpu_tune_limit_vcpus(&config->tune, count);
    return virtcpu_domain_change_complete_config(change, error) &&
           virtcpu_domain_change_commit(change, NULL, NULL, NULL, error);
}

gboolean
virtcpu_driver_set_vcpus(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                         unsigned count, unsigned flags, GError **error)
{
    g_auto(VirtCpuDomainChange) change = { 0 };

    if (count == 0 || count > G_MAXUINT16) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("argument nvcpus in virDomainSetVcpusFlags must be from 1 to %d"),
                          G_MAXUINT16);
        return FALSE;
    }
    if (!virtcpu_domain_change_begin(driver, uuid, flags & VIRTCPU_CHANGE_IMPACT, &change, error)) {
        return FALSE;
    }
    return (flags & VIRTCPU_CHANGE_MAXIMUM) != 0
               ? set_max_vcpus(&change, count, error)
               : set_current(&change, count, (flags & VIRTCPU_CHANGE_HOTPLUGGABLE) != 0, error);
}

gboolean
virtcpu_driver_switch_vcpus(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                            const char *list, gboolean on, unsigned flags, GError **error)
{
    g_auto(VirtCpuDomainChange) change = { 0 };
    g_autoptr(VirtCpuCpuset) vcpus = virtcpu_cpuset_parse(list);
    unsigned before = 0;

    if (vcpus == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("Failed to parse bitmap '%s'"), list);
        return FALSE;
    }
    if (!virtcpu_domain_change_begin(driver, uuid, flags, &change, error)) {
        return FALSE;
    }
    before = change.next_live != NULL ? change.next_live->vcpus : 0;
    return (change.next_live == NULL ||
            virtcpu_vcpu_list_switch(change.next_live, vcpus, on, error)) &&
           (change.next_config == NULL ||
            virtcpu_vcpu_list_define(change.next_config, vcpus, on, error)) &&
           virtcpu_domain_change_commit(&change, plug_vcpus, unplug_vcpus, &before, error);
}

static gboolean
check_memory(const VirtCpuDomainDef *def, guint64 kib, GError **error)
{
    if (kib <= def->max_memory_kib) {
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                      _("cannot set memory higher than max memory"));
    return FALSE;
}

/* How much memory the balloon is to leave, and was. */
typedef struct {
    guint64 kib, before_kib;
} Balloon;

/* What the guest makes of it QEMU tells by an event. */
static gboolean
ask_balloon(const VirtCpuDomainChange *change, guint64 kib, GError **error)
{
    g_autoptr(VirtCpuJson) arguments = virtcpu_json_new_object();

    virtcpu_json_set(arguments, "value", virtcpu_json_new_uint(kib * 1024));
    return virtcpu_domain_execute(change->domain, "balloon", arguments, NULL, error);
}

static gboolean
move_balloon(VirtCpuDomainChange *change, gpointer data, GError **error)
{
    return ask_balloon(change, ((const Balloon *)data)->kib, error);
}

static gboolean
move_balloon_back(VirtCpuDomainChange *change, gpointer data, GError **error)
{
    return ask_balloon(change, ((const Balloon *)data)->before_kib, error);
}

static gboolean
set_current_memory(VirtCpuDomainChange *change, guint64 kib, GError **error)
{
    Balloon balloon = { .kib = kib };

    if (change->next_live != NULL && !check_memory(change->next_live, kib, error)) {
        return FALSE;
    }
    if (change->next_live != NULL && virtcpu_balloon_find(change->next_live) == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                          _("Unable to change memory of active domain without the balloon device "
                            "and guest OS balloon driver"));
        return FALSE;
    }
    if (change->next_live != NULL) {
        balloon.before_kib = change->next_live->current_memory_kib;
    }
    if (change->next_config != NULL) {
        if (!check_memory(change->next_config, kib, error)) {
            return FALSE;
        }
        change->next_config->current_memory_kib = kib;
    }
    return virtcpu_domain_change_commit(change, move_balloon, move_balloon_back, &balloon, error);
}

static gboolean
set_max_memory(VirtCpuDomainChange *change, guint64 kib, GError **error)
{
    VirtCpuDomainDef *config = change->next_config;

    if (change->next_live != NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                          _("cannot resize the maximum memory on an active domain"));
        return FALSE;
    }
    if (config->cpu != NULL && config->cpu->numa_cells->len > 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                          _("initial memory size of a domain with NUMA nodes cannot be modified "
                            "with this API"));
        return FALSE;
    }
    config->max_memory_kib = kib;
    config->current_memory_kib = MIN(config->current_memory_kib, kib);
    return virtcpu_domain_change_commit(change, NULL, NULL, NULL, error);
}

gboolean
virtcpu_driver_set_memory(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES], guint64 kib,
                          unsigned flags, GError **error)
{
    g_auto(VirtCpuDomainChange) change = { 0 };

    if (kib == 0 || kib > G_MAXUINT64 / 1024) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("memory in virDomainSetMemoryFlags must be from 1 to %llu KiB"),
                          (unsigned long long)(G_MAXUINT64 / 1024));
        return FALSE;
    }
    if (!virtcpu_domain_change_begin(driver, uuid, flags & VIRTCPU_CHANGE_IMPACT, &change, error)) {
        return FALSE;
    }
    return (flags & VIRTCPU_CHANGE_MAXIMUM) != 0 ? set_max_memory(&change, kib, error)
                                                 : set_current_memory(&change, kib, error);
}
