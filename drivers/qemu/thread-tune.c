/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/thread-tune.h"

#include "conf/cpuset.h"
#include "conf/error.h"
#include "conf/i18n.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#define IOTHREAD_PREFIX "iothread"

gint64
virtcpu_threads_iothread_number(const VirtCpuJson *json)
{
    const char *id = virtcpu_json_get_string(json, "id");
    guint64 number;

    if (id == NULL || !g_str_has_prefix(id, IOTHREAD_PREFIX) ||
        !g_ascii_string_to_unsigned(id + strlen(IOTHREAD_PREFIX), 10, 1, G_MAXUINT, &number,
                                    NULL)) {
        return -1;
    }
    return (gint64)number;
}

static gint64
vcpu_number(const VirtCpuJson *json)
{
    gint64 number;

    return virtcpu_json_get_int(json, "cpu-index", &number) && number <= G_MAXINT ? number : -1;
}

/* What @command answers, each with the number that @number_of finds; those without are left out. */
static GArray *
ask(VirtCpuQmp *qmp, const char *command, gint64 (*number_of)(const VirtCpuJson *json),
    unsigned timeout_ms, GError **error)
{
    g_autoptr(GArray) threads = g_array_new(FALSE, FALSE, sizeof(VirtCpuThread));
    g_autoptr(VirtCpuJson) reply = NULL;

    if (!virtcpu_qmp_execute(qmp, command, NULL, timeout_ms, &reply, error)) {
        return NULL;
    }
    for (gsize i = 0; i < virtcpu_json_size(reply); i++) {
        const VirtCpuJson *json = virtcpu_json_at(reply, i);
        const gint64 number = number_of(json);
        VirtCpuThread thread = { .number = (unsigned)number };
        gint64 id;

        if (number < 0) {
            continue;
        }
        if (!virtcpu_json_get_int(json, "thread-id", &id) || id <= 0 || id > G_MAXINT) {
            virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                              _("QEMU's answer to '%s' names no thread"), command);
            return NULL;
        }
        thread.thread = (int)id;
        g_array_append_val(threads, thread);
    }
    return g_steal_pointer(&threads);
}

GArray *
virtcpu_threads_vcpus(VirtCpuQmp *qmp, unsigned timeout_ms, GError **error)
{
    return ask(qmp, "query-cpus-fast", vcpu_number, timeout_ms, error);
}

GArray *
virtcpu_threads_iothreads(VirtCpuQmp *qmp, unsigned timeout_ms, GError **error)
{
    return ask(qmp, "query-iothreads", virtcpu_threads_iothread_number, timeout_ms, error);
}

static gboolean
has_thread(const GArray *threads, int thread)
{
    for (guint i = 0; i < threads->len; i++) {
        if (g_array_index(threads, VirtCpuThread, i).thread == thread) {
            return TRUE;
        }
    }
    return FALSE;
}

GArray *
virtcpu_threads_others(int pid, const GArray *vcpus, const GArray *iothreads)
{
    GArray *others = g_array_new(FALSE, FALSE, sizeof(VirtCpuThread));
    g_autofree char *path = g_strdup_printf("/proc/%d/task", pid);
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    const char *name;

    while (folder != NULL && (name = g_dir_read_name(folder)) != NULL) {
        const VirtCpuThread thread = { .thread = (int)g_ascii_strtoll(name, NULL, 10) };

        if (!has_thread(vcpus, thread.thread) && !has_thread(iothreads, thread.thread)) {
            g_array_append_val(others, thread);
        }
    }
    return others;
}

const VirtCpuThread *
virtcpu_threads_find(const GArray *threads, unsigned number)
{
    for (guint i = 0; i < threads->len; i++) {
        const VirtCpuThread *thread = &g_array_index(threads, VirtCpuThread, i);

        if (thread->number == number) {
            return thread;
        }
    }
    return NULL;
}

/* The CPUs in @cpus, or all, into @set. */
static void
fill_set(const char *cpus, cpu_set_t *set, gsize bytes)
{
    g_autoptr(VirtCpuCpuset) wanted = cpus != NULL ? virtcpu_cpuset_parse(cpus) : NULL;

    CPU_ZERO_S(bytes, set);
    for (unsigned cpu = 0; cpu < VIRTCPU_HOST_MAX_CPUS; cpu++) {
        if (wanted == NULL || virtcpu_cpuset_contains(wanted, cpu)) {
            CPU_SET_S(cpu, bytes, set);
        }
    }
}

gboolean
virtcpu_thread_pin(int thread, const char *cpus, GError **error)
{
    const gsize bytes = CPU_ALLOC_SIZE(VIRTCPU_HOST_MAX_CPUS);
    cpu_set_t *set = CPU_ALLOC(VIRTCPU_HOST_MAX_CPUS);
    int failed;

    if (set == NULL) {
        g_error("out of memory");
    }
    fill_set(cpus, set, bytes);
    failed = sched_setaffinity(thread, bytes, set) != 0 ? errno : 0;
    CPU_FREE(set);
    if (failed != 0) {
        virtcpu_error_set_errno(error, failed,
                                _("cannot set CPU affinity on process %d to CPUs '%s'"), thread,
                                cpus != NULL ? cpus : "all");
    }
    return failed == 0;
}

/* Have @thread run under the scheduler that @tune wishes for, if it does. */
static gboolean
schedule(int thread, const VirtCpuThreadTune *tune, GError **error)
{
    static const int policies[] = {
        [VIRTCPU_SCHEDULER_BATCH] = SCHED_BATCH,
        [VIRTCPU_SCHEDULER_IDLE] = SCHED_IDLE,
        [VIRTCPU_SCHEDULER_FIFO] = SCHED_FIFO,
        [VIRTCPU_SCHEDULER_RR] = SCHED_RR,
    };
    const struct sched_param param = { .sched_priority = (int)tune->priority };

    if (tune->scheduler == VIRTCPU_SCHEDULER_NONE ||
        sched_setscheduler(thread, policies[tune->scheduler], &param) == 0) {
        return TRUE;
    }
    virtcpu_error_set_errno(error, errno,
                            _("Cannot set scheduler parameters for pid %d to policy %d with "
                              "priority %u"),
                            thread, policies[tune->scheduler], tune->priority);
    return FALSE;
}

void
virtcpu_thread_affinity(int thread, guint8 map[VIRTCPU_VCPU_MAP_BYTES])
{
    const gsize bytes = CPU_ALLOC_SIZE(VIRTCPU_HOST_MAX_CPUS);
    cpu_set_t *set = CPU_ALLOC(VIRTCPU_HOST_MAX_CPUS);

    if (set != NULL && sched_getaffinity(thread, bytes, set) == 0) {
        for (unsigned cpu = 0; cpu < VIRTCPU_HOST_MAX_CPUS; cpu++) {
            if (CPU_ISSET_S(cpu, bytes, set)) {
                map[cpu / 8] |= (guint8)(1u << (cpu % 8));
            }
        }
    }
    CPU_FREE(set);
}

/* @wish may be NULL: @general is for what is not pinned itself. */
static gboolean
tune_thread(int thread, const VirtCpuThreadTune *wish, const char *general, GError **error)
{
    const char *cpus = wish != NULL && wish->cpus != NULL ? wish->cpus : general;

    return (cpus == NULL || virtcpu_thread_pin(thread, cpus, error)) &&
           (wish == NULL || schedule(thread, wish, error));
}

static gboolean
tune_vcpus(const VirtCpuTune *tune, const GArray *vcpus, GError **error)
{
    for (guint i = 0; i < vcpus->len; i++) {
        const VirtCpuThread *vcpu = &g_array_index(vcpus, VirtCpuThread, i);

        if (!tune_thread(vcpu->thread, virtcpu_tune_find_vcpu(tune, vcpu->number), tune->cpus,
                         error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
tune_iothreads(const VirtCpuTune *tune, const GArray *iothreads, GError **error)
{
    for (guint i = 0; i < iothreads->len; i++) {
        const VirtCpuThread *iothread = &g_array_index(iothreads, VirtCpuThread, i);

        if (!tune_thread(iothread->thread, virtcpu_tune_find_iothread(tune, iothread->number),
                         tune->cpus, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
wishes_nothing(const VirtCpuTune *tune)
{
    return tune->cpus == NULL && tune->vcpus->len == 0 && tune->iothreads->len == 0 &&
           tune->emulator.cpus == NULL && tune->emulator.scheduler == VIRTCPU_SCHEDULER_NONE;
}

gboolean
virtcpu_threads_tune(const VirtCpuDomainDef *def, VirtCpuQmp *qmp, int pid, unsigned timeout_ms,
                     GError **error)
{
    const VirtCpuTune *tune = &def->tune;
    g_autoptr(GArray) vcpus = NULL;
    g_autoptr(GArray) iothreads = NULL;
    g_autoptr(GArray) others = NULL;

    if (wishes_nothing(tune)) {
        return TRUE;
    }
    vcpus = virtcpu_threads_vcpus(qmp, timeout_ms, error);
    iothreads = vcpus != NULL ? virtcpu_threads_iothreads(qmp, timeout_ms, error) : NULL;
    if (iothreads == NULL) {
        return FALSE;
    }
    others = virtcpu_threads_others(pid, vcpus, iothreads);
    for (guint i = 0; i < others->len; i++) {
        if (!tune_thread(g_array_index(others, VirtCpuThread, i).thread, &tune->emulator,
                         tune->cpus, error)) {
            return FALSE;
        }
    }
    return tune_vcpus(tune, vcpus, error) && tune_iothreads(tune, iothreads, error);
}
