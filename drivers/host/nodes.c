/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/host/nodes.h"

#include "drivers/host/memory.h"
#include "drivers/host/sysfile.h"

#include <unistd.h>

#define NODE_FOLDER "/sys/devices/system/node"

static void
node_free(gpointer data)
{
    VirtCpuHostNode *node = data;

    g_array_unref(node->pages);
    g_array_unref(node->distances);
    g_array_unref(node->cpus);
    g_free(node);
}

static VirtCpuHostNode *
node_new(unsigned id)
{
    VirtCpuHostNode *node = g_new0(VirtCpuHostNode, 1);

    node->id = id;
    node->pages = g_array_new(FALSE, FALSE, sizeof(VirtCpuHostPages));
    node->distances = g_array_new(FALSE, FALSE, sizeof(unsigned));
    node->cpus = g_array_new(FALSE, FALSE, sizeof(unsigned));
    return node;
}

/* Page sizes of @node from @folder; ordinary pages are what huge ones leave, as libvirt counts. */
static void
read_pages(VirtCpuHostNode *node, const char *sysroot, const char *folder)
{
    g_autoptr(GArray) sizes = virtcpu_sysfile_numbered(sysroot, folder, "hugepages-", "kB");
    VirtCpuHostPages base = { .size_kib = (guint64)sysconf(_SC_PAGESIZE) / 1024 };
    guint64 huge_kib = 0;

    g_array_append_val(node->pages, base);
    for (guint i = 0; i < sizes->len; i++) {
        VirtCpuHostPages pages = { .size_kib = g_array_index(sizes, guint64, i) };
        g_autofree char *path = g_strdup_printf("%s/hugepages-%" G_GUINT64_FORMAT "kB/nr_hugepages",
                                                folder, pages.size_kib);

        (void)virtcpu_sysfile_number(sysroot, path, G_MAXUINT32, &pages.count);
        huge_kib += pages.size_kib * pages.count;
        g_array_append_val(node->pages, pages);
    }
    g_array_index(node->pages, VirtCpuHostPages, 0).count =
        node->memory_kib > huge_kib ? (node->memory_kib - huge_kib) / base.size_kib : 0;
}

/* "10 21": one number a node, in node order. */
static void
read_distances(VirtCpuHostNode *node, const char *sysroot, const char *folder)
{
    g_autofree char *path = g_build_filename(folder, "distance", NULL);
    g_autofree char *text = virtcpu_sysfile_read(sysroot, path);
    g_auto(GStrv) words = g_strsplit_set(text != NULL ? text : "", " \t", -1);

    for (char **word = words; *word != NULL; word++) {
        guint64 distance;

        if (g_ascii_string_to_unsigned(*word, 10, 0, G_MAXUINT16, &distance, NULL)) {
            unsigned value = (unsigned)distance;

            g_array_append_val(node->distances, value);
        }
    }
}

static VirtCpuHostNode *
node_read(const char *sysroot, unsigned id)
{
    VirtCpuHostNode *node = node_new(id);
    g_autofree char *folder = g_strdup_printf(NODE_FOLDER "/node%u", id);
    g_autofree char *hugepages = g_build_filename(folder, "hugepages", NULL);
    g_autofree char *cpulist = g_build_filename(folder, "cpulist", NULL);
    g_autofree char *text = virtcpu_sysfile_read(sysroot, cpulist);

    g_array_unref(node->cpus);
    node->cpus = virtcpu_cpulist_parse(text);
    node->memory_kib = virtcpu_memory_node_kib(sysroot, id, "MemTotal");
    read_pages(node, sysroot, hugepages);
    read_distances(node, sysroot, folder);
    return node;
}

/* The one node of a machine whose kernel knows no NUMA. */
static VirtCpuHostNode *
node_of_all(const VirtCpuHost *host)
{
    VirtCpuHostNode *node = node_new(0);

    for (guint i = 0; i < host->cpus->len; i++) {
        const VirtCpuHostCpu *cpu = g_ptr_array_index(host->cpus, i);

        if (cpu->online) {
            g_array_append_val(node->cpus, cpu->id);
        }
    }
    node->memory_kib = host->memory_kib;
    read_pages(node, host->sysroot, "/sys/kernel/mm/hugepages");
    return node;
}

GPtrArray *
virtcpu_nodes_read(const VirtCpuHost *host)
{
    g_autoptr(GArray) ids = virtcpu_sysfile_numbered(host->sysroot, NODE_FOLDER, "node", "");
    GPtrArray *nodes = g_ptr_array_new_with_free_func(node_free);

    for (guint i = 0; i < ids->len; i++) {
        guint64 id = g_array_index(ids, guint64, i);

        if (id < VIRTCPU_HOST_MAX_CPUS) {
            g_ptr_array_add(nodes, node_read(host->sysroot, (unsigned)id));
        }
    }
    if (nodes->len == 0) {
        g_ptr_array_add(nodes, node_of_all(host));
    }
    return nodes;
}
