/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/thread-stats.h"

#include "drivers/qemu/domain-monitor.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/proc-stat.h"
#include "drivers/qemu/thread-tune.h"

static int
compare_numbers(gconstpointer a, gconstpointer b)
{
    const unsigned left = *(const unsigned *)a, right = *(const unsigned *)b;

    return (left > right) - (left < right);
}

GArray *
virtcpu_driver_vcpu_stats(VirtCpuDriver *driver, const VirtCpuDomainInfo *info, GError **error)
{
    g_autoptr(VirtCpuDomainDef) def = NULL;
    g_autoptr(VirtCpuQmp) qmp = virtcpu_driver_monitor(driver, info->ref.uuid, &def, error);
    g_autoptr(GArray) threads =
        qmp != NULL ? virtcpu_threads_vcpus(qmp, driver->monitor_timeout_ms, error) : NULL;
    GArray *vcpus;

    if (threads == NULL) {
        return NULL;
    }
    vcpus = g_array_new(FALSE, FALSE, sizeof(VirtCpuVcpuStats));
    for (guint i = 0; i < threads->len; i++) {
        const VirtCpuThread *thread = &g_array_index(threads, VirtCpuThread, i);
        VirtCpuVcpuStats vcpu = { .number = thread->number };
        VirtCpuProcStat stat;

        if (virtcpu_proc_stat_read(info->pid, thread->thread, &stat)) {
            vcpu.cpu_time_ns = stat.cpu_time_ns;
            vcpu.delay_ns = virtcpu_proc_run_delay_ns(info->pid, thread->thread);
            g_array_append_val(vcpus, vcpu);
        }
    }
    g_array_sort(vcpus, compare_numbers);
    return vcpus;
}

GArray *
virtcpu_driver_iothread_stats(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                              GError **error)
{
    g_autoptr(VirtCpuDomainDef) def = NULL;
    g_autoptr(VirtCpuQmp) qmp = virtcpu_driver_monitor(driver, uuid, &def, error);
    g_autoptr(VirtCpuJson) reply = NULL;
    GArray *threads;

    if (qmp == NULL || !virtcpu_qmp_execute(qmp, "query-iothreads", NULL,
                                            driver->monitor_timeout_ms, &reply, error)) {
        return NULL;
    }
    threads = g_array_new(FALSE, FALSE, sizeof(VirtCpuIothreadStats));
    for (gsize i = 0; i < virtcpu_json_size(reply); i++) {
        const VirtCpuJson *json = virtcpu_json_at(reply, i);
        const gint64 number = virtcpu_threads_iothread_number(json);
        VirtCpuIothreadStats thread = { .number = (unsigned)number };

        if (number > 0 && virtcpu_json_get_int(json, "poll-max-ns", &thread.poll_max_ns) &&
            virtcpu_json_get_int(json, "poll-grow", &thread.poll_grow) &&
            virtcpu_json_get_int(json, "poll-shrink", &thread.poll_shrink)) {
            g_array_append_val(threads, thread);
        }
    }
    g_array_sort(threads, compare_numbers);
    return threads;
}

void
virtcpu_dirty_rate_clear(VirtCpuDirtyRate *rate)
{
    g_clear_pointer(&rate->mode, g_free);
}

gboolean
virtcpu_driver_dirty_rate(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                          VirtCpuDirtyRate *rate, GError **error)
{
    /* by VirtCpuDirtyRateStatus */
    static const char *const words[] = { "unstarted", "measuring", "measured" };
    g_autoptr(VirtCpuDomainDef) def = NULL;
    g_autoptr(VirtCpuQmp) qmp = virtcpu_driver_monitor(driver, uuid, &def, error);
    g_autoptr(VirtCpuJson) reply = NULL;
    const char *word;

    if (qmp == NULL || !virtcpu_qmp_execute(qmp, "query-dirty-rate", NULL,
                                            driver->monitor_timeout_ms, &reply, error)) {
        return FALSE;
    }
    word = virtcpu_json_get_string(reply, "status");
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        if (g_strcmp0(word, words[i]) == 0) {
            rate->status = (VirtCpuDirtyRateStatus)i;
        }
    }
    (void)virtcpu_json_get_int(reply, "start-time", &rate->start_s);
    (void)virtcpu_json_get_int(reply, "calc-time", &rate->period_s);
    (void)virtcpu_json_get_int(reply, "dirty-rate", &rate->mib_per_s);
    rate->mode = g_strdup(virtcpu_json_get_string(reply, "mode"));
    return TRUE;
}
