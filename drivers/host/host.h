/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What this machine is. All that other floors include of drivers/host. */
#pragma once

#include "drivers/cpu/cpu.h"

#define VIRTCPU_HOST_MAX_CPUS 16384

/* One logical CPU. */
typedef struct {
    unsigned id;
    int socket_id, die_id, cluster_id, core_id; /* -1: the kernel does not say */
    char *siblings;                             /* cpulist of threads of the same core */
    unsigned node;                              /* index into nodes */
    gboolean online;
} VirtCpuHostCpu;

/* One page size of a NUMA node. */
typedef struct {
    guint64 size_kib;
    guint64 count;
} VirtCpuHostPages;

/* One NUMA node; a machine without NUMA has one. */
typedef struct {
    unsigned id;
    guint64 memory_kib;
    GArray *pages;     /* of VirtCpuHostPages, ascending */
    GArray *distances; /* of unsigned, by node order; empty when unknown */
    GArray *cpus;      /* of unsigned: ids of CPUs here */
} VirtCpuHostNode;

/* A snapshot of the machine; immutable and shared once made. */
typedef struct {
    char *sysroot; /* put before the paths of what is read later; NULL: none */
    VirtCpuArch arch;
    char *hostname;
    char *uuid; /* DMI system UUID, or a random one kept in the state folder; set by the daemon, may
                   be NULL */
    char *kernel; /* uname release and version */
    guint64 memory_kib;
    unsigned mhz;
    unsigned online_cpus;
    unsigned nodes_count, sockets_per_node, cores_per_socket, threads_per_core;
    GPtrArray *cpus;  /* of VirtCpuHostCpu, by id */
    GPtrArray *nodes; /* of VirtCpuHostNode, by id */

    VirtCpuData
        *cpu_data;   /* what this machine executes: CPUID and MSRs, PVR, MIDR; NULL elsewhere */
    VirtCpuDef *cpu; /* host definition decoded from it; NULL when there is no map for it */
    char *microcode; /* decimal version, or NULL */
    guint64 tsc_hz;  /* 0: unknown */
    VirtCpuTristate tsc_scaling;
    unsigned physaddr_bits; /* 0: unknown */

    gboolean kvm_usable;
    char *kvm_reason;      /* a translated sentence: why KVM cannot be used; NULL when it can */
    VirtCpuData *kvm_data; /* KVM_GET_SUPPORTED_CPUID and feature MSRs; NULL without KVM */
} VirtCpuHost;

/* Read everything from CPUID, /dev/kvm, sysfs and procfs; what cannot be read is left unknown.
 * @sysroot is put before /sys, /proc and /etc paths (NULL: none; tests give a recorded tree).
 * Returns (transfer full). Blocks for some ms: start-up or a worker, not the main loop. */
VirtCpuHost *virtcpu_host_read(const char *sysroot, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* One of which nothing is known, to be filled in by its owner before it is shared: another machine,
 * told of by a document (transfer full). */
VirtCpuHost *virtcpu_host_new(void) G_GNUC_WARN_UNUSED_RESULT;

/* Drop a reference to @host (may be NULL). Any thread. */
void virtcpu_host_unref(VirtCpuHost *host);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuHost, virtcpu_host_unref)

/* Take a reference (returns @host). Any thread. */
VirtCpuHost *virtcpu_host_ref(VirtCpuHost *host);

/* Free memory in bytes of the whole machine, read now; 0 when unknown. Any thread. */
guint64 virtcpu_host_free_memory(const VirtCpuHost *host);

/* Free memory in bytes of NUMA node @node, read now; 0 when unknown. Any thread. */
guint64 virtcpu_host_node_free_memory(const VirtCpuHost *host, unsigned node);

/* Memory in KiB, read at one instant; 0 where the kernel does not say. */
typedef struct {
    guint64 total, free;
    guint64 buffers, cached; /* of the whole machine only */
} VirtCpuHostMemory;

/* Memory of NUMA node @node, or of the whole machine for -1, read now. FALSE when there is no such
 * node. Any thread. */
gboolean virtcpu_host_memory(const VirtCpuHost *host, int node,
                             VirtCpuHostMemory *memory) G_GNUC_WARN_UNUSED_RESULT;

/* What a CPU did since the machine started. */
typedef struct {
    guint64 kernel_ns, user_ns, idle_ns, iowait_ns;
} VirtCpuHostCpuTimes;

/* Times of CPU @cpu, or of all together for -1, read now from /proc/stat. FALSE when there is no
 * such CPU or it is offline. Any thread. */
gboolean virtcpu_host_cpu_times(const VirtCpuHost *host, int cpu,
                                VirtCpuHostCpuTimes *times) G_GNUC_WARN_UNUSED_RESULT;

/* All that a QEMU probe's answer depends on besides the binary: kernel, microcode, CPUID, KVM
 * module parameters and access, one "name=value" line each, large values as their digests (transfer
 * full). Module parameters and access are read now, from some 40 small files of sysfs: ask once a
 * request, not once a row. Any thread. */
char *virtcpu_host_fingerprint(const VirtCpuHost *host) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE when the kernel's log, as far as it still goes back and may be read, says that it killed
 * process @pid for lack of memory, of the host or of a cgroup. Any thread. */
gboolean virtcpu_host_ran_out_of_memory(pid_t pid);
