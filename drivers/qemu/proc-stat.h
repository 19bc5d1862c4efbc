/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel tells of a process or a thread: proc(5), stat. */
#pragma once

#include <glib.h>

typedef struct {
    guint64 cpu_time_ns;        /* user and system */
    guint64 user_ns, system_ns; /* each alone */
    int cpu;                    /* the one it ran on last */
} VirtCpuProcStat;

/* Process @pid, or its thread @thread when that is not 0. FALSE, @stat untouched, when there is
 * none or the kernel's text makes no sense. Any thread. */
gboolean virtcpu_proc_stat_read(int pid, int thread,
                                VirtCpuProcStat *stat) G_GNUC_WARN_UNUSED_RESULT;

/* How long thread @thread of process @pid has waited for a CPU, in ns; 0 when there is none, or the
 * kernel does not count it. Any thread. */
guint64 virtcpu_proc_run_delay_ns(int pid, int thread);
