/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CPUs and how they stand together, as sysfs tells them. */
#pragma once

#include "drivers/host/host.h"

/* The CPUs that are present below @sysroot (NULL: this machine), by id, as VirtCpuHostCpu (transfer
 * full). Never empty: without sysfs CPU 0 alone. Their node is 0 until it is known. */
GPtrArray *virtcpu_topology_read_cpus(const char *sysroot) G_GNUC_WARN_UNUSED_RESULT;

/* Set @host's counts, and each CPU's node, from its cpus and nodes. As libvirt's node information
 * has it: the most sockets of a node, cores of a socket and threads of a core; where their product
 * is not the number of CPUs the machine counts as one socket of single-thread cores. */
void virtcpu_topology_count(VirtCpuHost *host);
