/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <vcpu cpuset=>, <iothreads>, <iothreadids> and <cputune>: where and how the threads of a QEMU
 * run. */
#pragma once

#include "conf/words.h"

#include <glib.h>

/* scheduler= of <vcpusched> and its siblings. */
typedef enum {
    VIRTCPU_SCHEDULER_NONE, /* none written */
    VIRTCPU_SCHEDULER_BATCH,
    VIRTCPU_SCHEDULER_IDLE,
    VIRTCPU_SCHEDULER_FIFO,
    VIRTCPU_SCHEDULER_RR,
    VIRTCPU_SCHEDULER_LAST,
} VirtCpuScheduler;

/* What is wished for one thread: that of a vCPU, an I/O thread, or all others of the QEMU. */
typedef struct {
    unsigned number;  /* of the vCPU, from 0; of the I/O thread, from 1 */
    gboolean counted; /* an I/O thread that only the count of <iothreads> asks for */
    char *cpus;       /* of the host, the shortest list; NULL: not pinned */
    VirtCpuScheduler scheduler;
    unsigned priority;      /* of FIFO and RR */
    int pool_min, pool_max; /* an I/O thread's: how many threads help it; -1: QEMU decides */
} VirtCpuThreadTune;

/* All of it. */
typedef struct {
    char *cpus;                 /* <vcpu cpuset=>: for what is not pinned itself; or NULL */
    GPtrArray *vcpus;           /* of VirtCpuThreadTune by number; those with wishes only */
    VirtCpuThreadTune emulator; /* number 0 */
    GPtrArray *iothreads;       /* of VirtCpuThreadTune, in the order of <iothreadids> */
} VirtCpuTune;

/* Make zeroed @tune hold nothing; end with virtcpu_tune_clear. */
void virtcpu_tune_init(VirtCpuTune *tune);

/* Release what @tune owns. */
void virtcpu_tune_clear(VirtCpuTune *tune);

/* Make zeroed @copy a deep copy of @tune. */
void virtcpu_tune_copy(VirtCpuTune *copy, const VirtCpuTune *tune);

/* The wishes for vCPU @number (transfer none), or NULL when there are none. */
VirtCpuThreadTune *virtcpu_tune_find_vcpu(const VirtCpuTune *tune, unsigned number);

/* The same, made when there are none. */
VirtCpuThreadTune *virtcpu_tune_need_vcpu(VirtCpuTune *tune, unsigned number);

/* Forget the wishes for vCPUs from number @count on. */
void virtcpu_tune_limit_vcpus(VirtCpuTune *tune, unsigned count);

/* I/O thread @number (transfer none), or NULL. */
VirtCpuThreadTune *virtcpu_tune_find_iothread(const VirtCpuTune *tune, unsigned number);

/* A new I/O thread @number, which there is none of, at the end (transfer none). */
VirtCpuThreadTune *virtcpu_tune_add_iothread(VirtCpuTune *tune, unsigned number);

/* Take I/O thread @number, which is there, out. Those left keep their numbers: all are written. */
void virtcpu_tune_remove_iothread(VirtCpuTune *tune, unsigned number);

/* Have @thread run on host CPUs @cpus (a list, NULL: on any). */
void virtcpu_thread_tune_pin(VirtCpuThreadTune *thread, const char *cpus);

/* Append <iothreads>, <iothreadids> and <cputune>, each when there is something in it. */
void virtcpu_tune_format(const VirtCpuTune *tune, GString *out);
