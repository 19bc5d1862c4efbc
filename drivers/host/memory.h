/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory of the machine and of its NUMA nodes. */
#pragma once

#include <glib.h>

/* Row @key ("MemTotal", "MemFree") of /proc/meminfo in KiB; 0 when unknown. Any thread. */
guint64 virtcpu_memory_kib(const char *sysroot, const char *key);

/* The same of NUMA node @node; 0 when there is no such node. Any thread. */
guint64 virtcpu_memory_node_kib(const char *sysroot, unsigned node, const char *key);
