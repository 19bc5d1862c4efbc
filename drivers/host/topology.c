/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/host/topology.h"

#include "drivers/host/sysfile.h"

#define CPU_FOLDER "/sys/devices/system/cpu"

static void
cpu_free(gpointer data)
{
    VirtCpuHostCpu *cpu = data;

    g_free(cpu->siblings);
    g_free(cpu);
}

/* File @name of CPU @id's topology folder as an id; -1 when the kernel does not say (it writes -1
 * itself where there is no such level). */
static int
read_id(const char *sysroot, unsigned id, const char *name)
{
    g_autofree char *path = g_strdup_printf(CPU_FOLDER "/cpu%u/topology/%s", id, name);
    guint64 value;

    return virtcpu_sysfile_number(sysroot, path, G_MAXUINT16, &value) ? (int)value : -1;
}

static VirtCpuHostCpu *
cpu_read(const char *sysroot, unsigned id, gboolean online)
{
    VirtCpuHostCpu *cpu = g_new0(VirtCpuHostCpu, 1);
    g_autofree char *siblings =
        g_strdup_printf(CPU_FOLDER "/cpu%u/topology/thread_siblings_list", id);

    cpu->id = id;
    cpu->online = online;
    cpu->socket_id = read_id(sysroot, id, "physical_package_id");
    cpu->die_id = read_id(sysroot, id, "die_id");
    cpu->cluster_id = read_id(sysroot, id, "cluster_id");
    cpu->core_id = read_id(sysroot, id, "core_id");
    cpu->siblings = virtcpu_sysfile_read(sysroot, siblings);
    return cpu;
}

/* A list file such as "present"; CPU 0 when it cannot be read. */
static GArray *
read_list(const char *sysroot, const char *name)
{
    g_autofree char *path = g_build_filename(CPU_FOLDER, name, NULL);
    g_autofree char *text = virtcpu_sysfile_read(sysroot, path);
    g_autoptr(GArray) cpus = virtcpu_cpulist_parse(text);

    return cpus->len > 0 ? g_steal_pointer(&cpus) : virtcpu_cpulist_parse("0");
}

GPtrArray *
virtcpu_topology_read_cpus(const char *sysroot)
{
    g_autoptr(GArray) present = read_list(sysroot, "present");
    g_autoptr(GArray) online = read_list(sysroot, "online");
    GPtrArray *cpus = g_ptr_array_new_with_free_func(cpu_free);

    for (guint i = 0, next = 0; i < present->len; i++) {
        unsigned id = g_array_index(present, unsigned, i);

        while (next < online->len && g_array_index(online, unsigned, next) < id) {
            next++;
        }
        g_ptr_array_add(
            cpus, cpu_read(sysroot, id,
                           next < online->len && g_array_index(online, unsigned, next) == id));
    }
    return cpus;
}

static VirtCpuHostCpu *
find_cpu(const VirtCpuHost *host, unsigned id)
{
    for (guint i = 0; i < host->cpus->len; i++) {
        VirtCpuHostCpu *cpu = g_ptr_array_index(host->cpus, i);

        if (cpu->id == id) {
            return cpu;
        }
    }
    return NULL;
}

static unsigned
count_siblings(const VirtCpuHostCpu *cpu)
{
    g_autoptr(GArray) siblings = virtcpu_cpulist_parse(cpu->siblings);

    return MAX(siblings->len, 1);
}

/* Tells the cores of a socket apart: kernels number them anew on each die (transfer full). */
static gint64 *
core_key(const VirtCpuHostCpu *cpu)
{
    gint64 *key = g_new(gint64, 1);

    *key = (gint64)cpu->die_id * G_MAXUINT16 + cpu->core_id;
    return key;
}

/* Raise @host's counts to those of node number @index. */
static void
count_node(VirtCpuHost *host, guint index)
{
    const VirtCpuHostNode *node = g_ptr_array_index(host->nodes, index);
    g_autoptr(GHashTable) sockets =
        g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_hash_table_unref);
    GHashTableIter iter;
    gpointer cores;

    for (guint i = 0; i < node->cpus->len; i++) {
        VirtCpuHostCpu *cpu = find_cpu(host, g_array_index(node->cpus, unsigned, i));

        if (cpu == NULL || !cpu->online) {
            continue;
        }
        cpu->node = index;
        host->threads_per_core = MAX(host->threads_per_core, count_siblings(cpu));
        cores = g_hash_table_lookup(sockets, GINT_TO_POINTER(cpu->socket_id));
        if (cores == NULL) {
            cores = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
            g_hash_table_insert(sockets, GINT_TO_POINTER(cpu->socket_id), cores);
        }
        g_hash_table_add(cores, core_key(cpu));
    }
    host->sockets_per_node = MAX(host->sockets_per_node, g_hash_table_size(sockets));
    g_hash_table_iter_init(&iter, sockets);
    while (g_hash_table_iter_next(&iter, NULL, &cores)) {
        host->cores_per_socket = MAX(host->cores_per_socket, g_hash_table_size(cores));
    }
}

void
virtcpu_topology_count(VirtCpuHost *host)
{
    host->nodes_count = host->nodes->len;
    host->sockets_per_node = host->cores_per_socket = host->threads_per_core = 1;
    host->online_cpus = 0;
    for (guint i = 0; i < host->cpus->len; i++) {
        const VirtCpuHostCpu *cpu = g_ptr_array_index(host->cpus, i);

        host->online_cpus += cpu->online;
    }
    for (guint i = 0; i < host->nodes->len; i++) {
        count_node(host, i);
    }
    if ((guint64)host->nodes_count * host->sockets_per_node * host->cores_per_socket *
            host->threads_per_core !=
        host->cpus->len) {
        host->nodes_count = host->sockets_per_node = host->threads_per_core = 1;
        host->cores_per_socket = host->online_cpus;
    }
}
