/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NUMA nodes, their memory, pages and distances, as sysfs tells them. */
#pragma once

#include "drivers/host/host.h"

/* The NUMA nodes of @host, by id, as VirtCpuHostNode (transfer full); a machine without node
 * folders has one node 0 with all CPUs in @host->cpus and all memory. */
GPtrArray *virtcpu_nodes_read(const VirtCpuHost *host) G_GNUC_WARN_UNUSED_RESULT;
