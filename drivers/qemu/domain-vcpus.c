/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the vCPUs of a running domain do: QEMU says which threads they are, the kernel the rest. */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-monitor.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/proc-stat.h"
#include "drivers/qemu/thread-tune.h"

/* Add what @json, one of query-cpus-fast's answers, names. A vCPU that was unplugged meanwhile is
 * left out; in a TCG without a thread for each, all have the times of the one they share. */
static gboolean
add_vcpu(GArray *vcpus, int pid, const VirtCpuJson *json, GError **error)
{
    VirtCpuVcpuState vcpu = { 0 };
    VirtCpuProcStat stat;
    gint64 number, thread;

    if (!virtcpu_json_get_int(json, "cpu-index", &number) ||
        !virtcpu_json_get_int(json, "thread-id", &thread) || number < 0 || number > G_MAXINT ||
        thread <= 0 || thread > G_MAXINT) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("QEMU's answer to query-cpus-fast names no vCPU"));
        return FALSE;
    }
    if (!virtcpu_proc_stat_read(pid, (int)thread, &stat)) {
        return TRUE;
    }
    vcpu.number = (unsigned)number;
    vcpu.cpu_time_ns = stat.cpu_time_ns;
    vcpu.host_cpu = stat.cpu;
    virtcpu_thread_affinity((int)thread, vcpu.affinity);
    g_array_append_val(vcpus, vcpu);
    return TRUE;
}

static int
compare_numbers(gconstpointer a, gconstpointer b)
{
    const VirtCpuVcpuState *left = a;
    const VirtCpuVcpuState *right = b;

    return (left->number > right->number) - (left->number < right->number);
}

/* While the job is held. */
static GArray *
ask(VirtCpuDomain *domain, GError **error)
{
    g_autoptr(GArray) vcpus = g_array_new(FALSE, FALSE, sizeof(VirtCpuVcpuState));
    const int pid = (int)virtcpu_process_pid(domain->run->process);
    g_autoptr(VirtCpuJson) reply = NULL;

    if (!virtcpu_domain_execute(domain, "query-cpus-fast", NULL, &reply, error)) {
        return NULL;
    }
    for (gsize i = 0; i < virtcpu_json_size(reply); i++) {
        if (!add_vcpu(vcpus, pid, virtcpu_json_at(reply, i), error)) {
            return NULL;
        }
    }
    g_array_sort(vcpus, compare_numbers);
    return g_steal_pointer(&vcpus);
}

GArray *
virtcpu_driver_vcpus(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES], GError **error)
{
    VirtCpuDomain *domain = virtcpu_driver_begin_active_beside(driver, uuid, error);
    GArray *vcpus;

    if (domain == NULL) {
        return NULL;
    }
    vcpus = ask(domain, error);
    virtcpu_driver_end_job(domain);
    return vcpus;
}
