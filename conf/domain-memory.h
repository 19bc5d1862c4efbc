/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <memoryBacking> and <numatune>: what on the host a guest's memory is. */
#pragma once

#include "conf/words.h"

#include <glib.h>

/* <memoryBacking>. Words are those of the tables below, static; NULL: not written. */
typedef struct {
    gboolean hugepages;
    guint64 hugepage_kib; /* 0: the host's default size */
    gboolean nosharepages, locked, discard;
    const char *source;     /* "anonymous", "file", "memfd" */
    const char *access;     /* "shared", "private" */
    const char *allocation; /* "immediate", "ondemand" */
    unsigned threads;       /* that allocate; 0: QEMU's choice */
} VirtCpuMemoryBacking;

/* <numatune>'s <memory> or a <memnode>. */
typedef struct {
    int cell;         /* of the guest; -1: all that have none of their own */
    const char *mode; /* static: "strict", "preferred", "interleave" */
    char *nodeset;    /* of the host, the shortest list */
} VirtCpuMemoryNode;

/* Free a VirtCpuMemoryNode (may be NULL). */
void virtcpu_memory_node_free(gpointer node);

/* A deep copy of the VirtCpuMemoryNode @node (transfer full); @data is not used. */
gpointer virtcpu_memory_node_copy(gconstpointer node, gpointer data) G_GNUC_WARN_UNUSED_RESULT;

/* Append <memoryBacking>, nothing when @backing says nothing. */
void virtcpu_memory_backing_format(const VirtCpuMemoryBacking *backing, GString *out);

/* Append <numatune> of @nodes (VirtCpuMemoryNode), nothing when there are none. */
void virtcpu_memory_nodes_format(const GPtrArray *nodes, GString *out);
