/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which CPUs of the host the threads of a QEMU run on, and under which scheduler: by the kernel's
 * calls on threads, without cgroups. */
#pragma once

#include "drivers/qemu/driver.h"
#include "drivers/qemu/qmp.h"

/* A thread of a QEMU. */
typedef struct {
    unsigned number; /* of the vCPU or the I/O thread */
    int thread;      /* the kernel's number */
} VirtCpuThread;

/* The threads of the vCPUs, in QEMU's order; of VirtCpuThread (transfer full). In a TCG without a
 * thread for each they are all the same. Errors: INTERNAL_ERROR, OPERATION_TIMEOUT. Blocks. */
GArray *virtcpu_threads_vcpus(VirtCpuQmp *qmp, unsigned timeout_ms,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same of the I/O threads. */
GArray *virtcpu_threads_iothreads(VirtCpuQmp *qmp, unsigned timeout_ms,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The number of the I/O thread that @json, one of query-iothreads' answers, is about; -1 when it is
 * none of ours. */
gint64 virtcpu_threads_iothread_number(const VirtCpuJson *json);

/* Threads of process @pid that are none of those of @vcpus and @iothreads (transfer full). */
GArray *virtcpu_threads_others(int pid, const GArray *vcpus,
                               const GArray *iothreads) G_GNUC_WARN_UNUSED_RESULT;

/* That numbered @number in @threads, or NULL. */
const VirtCpuThread *virtcpu_threads_find(const GArray *threads, unsigned number);

/* Have @thread run on the CPUs @cpus (a list; NULL: wherever the kernel lets it). Errors:
 * SYSTEM_ERROR. */
gboolean virtcpu_thread_pin(int thread, const char *cpus, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Bit N of byte N / 8 of @map for each CPU that @thread may run on; left empty when the kernel
 * refuses. */
void virtcpu_thread_affinity(int thread, guint8 map[VIRTCPU_VCPU_MAP_BYTES]);

/* Put all threads of process @pid, a QEMU that runs @def, where and how its <cputune> says. Blocks
 * shortly. Errors: SYSTEM_ERROR naming what the kernel refused; as virtcpu_threads_vcpus. */
gboolean virtcpu_threads_tune(const VirtCpuDomainDef *def, VirtCpuQmp *qmp, int pid,
                              unsigned timeout_ms, GError **error) G_GNUC_WARN_UNUSED_RESULT;
