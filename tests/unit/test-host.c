/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/host/host.h"
#include "drivers/host/sysfile.h"

#include <sched.h>
#include <string.h>
#include <unistd.h>

/* A recorded tree of tests/data/host as a machine. */
static VirtCpuHost *
read_recorded(const char *name)
{
    g_autofree char *root = g_build_filename(g_getenv("VIRTCPU_TEST_DATA"), "host", name, NULL);
    g_autoptr(GError) error = NULL;
    VirtCpuHost *host = virtcpu_host_read(root, &error);

    g_assert_no_error(error);
    return host;
}

/* Run on the first of @allowed, or on the last. */
static void
move_to(const cpu_set_t *allowed, gboolean last)
{
    cpu_set_t one;
    int chosen = -1;

    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET(cpu, allowed) && (last || chosen < 0)) {
            chosen = cpu;
        }
    }
    CPU_ZERO(&one);
    CPU_SET(chosen, &one);
    g_assert_cmpint(sched_setaffinity(0, sizeof(one), &one), ==, 0);
}

static char *
fingerprint_on(const cpu_set_t *allowed, gboolean last)
{
    g_autoptr(VirtCpuHost) host = NULL;
    g_autoptr(GError) error = NULL;

    move_to(allowed, last);
    host = virtcpu_host_read(NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpint(sched_setaffinity(0, sizeof(*allowed), allowed), ==, 0);
    return virtcpu_host_fingerprint(host);
}

/* Whichever CPU the daemon was started on, it is the same machine. */
static void
test_fingerprint(void)
{
    cpu_set_t allowed;
    g_autofree char *first = NULL;
    g_autofree char *second = NULL;

    g_assert_cmpint(sched_getaffinity(0, sizeof(allowed), &allowed), ==, 0);
    first = fingerprint_on(&allowed, FALSE);
    second = fingerprint_on(&allowed, TRUE);
    g_assert_nonnull(strstr(first, "\nkernel="));
    g_assert_nonnull(strstr(first, "\nkvm-access="));
    g_assert_cmpstr(first, ==, second);
}

static void
test_this_machine(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuHost) host = virtcpu_host_read(NULL, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(host->memory_kib, >, 0);
    g_assert_cmpuint(virtcpu_host_free_memory(host), <=, host->memory_kib * 1024);
    g_assert_cmpuint(host->online_cpus, ==, g_get_num_processors());
    g_assert_true(host->kvm_usable == (host->kvm_reason == NULL));
    if (!host->kvm_usable) {
        g_assert_true(g_str_has_suffix(host->kvm_reason, "."));
    }
}

/* The decoded host CPU is the machine's own: encoding it loses no feature of it. */
static void
test_host_cpu(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuHost) host = virtcpu_host_read(NULL, &error);
    g_autoptr(VirtCpuData) encoded = NULL;
    g_autofree const char **names = NULL;

    g_assert_no_error(error);
    if (host->cpu == NULL) {
        g_test_skip("the map has no models for this machine");
        return;
    }
    g_assert_cmpuint(host->cpu->sockets, ==, host->sockets_per_node);
    g_assert_cmpuint(host->cpu->cores, ==, host->cores_per_socket);
    g_assert_cmpint(host->cpu->physaddr_bits, ==, (int)host->physaddr_bits);
    encoded = virtcpu_cpu_encode(host->arch, host->cpu, &error);
    g_assert_no_error(error);
    names = virtcpu_cpu_feature_names(host->arch);
    for (const char **name = names; *name != NULL; name++) {
        if (virtcpu_cpu_data_has_feature(host->cpu_data, *name) !=
            virtcpu_cpu_data_has_feature(encoded, *name)) {
            g_error("feature %s: CPUID and the decoded CPU disagree", *name);
        }
    }
}

/* Two nodes, two threads a core, one page size filled, one CPU offline. */
static void
test_two_nodes(void)
{
    g_autoptr(VirtCpuHost) host = read_recorded("two-nodes");
    const VirtCpuHostNode *node;
    const VirtCpuHostCpu *cpu;

    g_assert_cmpuint(host->memory_kib, ==, 16000000);
    g_assert_cmpuint(host->mhz, ==, 2893);
    g_assert_cmpuint(host->physaddr_bits, ==, 46);
    g_assert_cmpstr(host->microcode, ==, "1812"); /* 0x714 */
    g_assert_cmpuint(host->cpus->len, ==, 8);
    g_assert_cmpuint(host->online_cpus, ==, 8);
    g_assert_cmpuint(host->nodes_count, ==, 2);
    g_assert_cmpuint(host->sockets_per_node, ==, 1);
    g_assert_cmpuint(host->cores_per_socket, ==, 2);
    g_assert_cmpuint(host->threads_per_core, ==, 2);

    node = g_ptr_array_index(host->nodes, 1);
    g_assert_cmpuint(node->id, ==, 1);
    g_assert_cmpuint(node->memory_kib, ==, 8000000);
    g_assert_cmpuint(node->cpus->len, ==, 4);
    g_assert_cmpuint(node->distances->len, ==, 2);
    g_assert_cmpuint(g_array_index(node->distances, unsigned, 0), ==, 21);
    g_assert_cmpuint(node->pages->len, ==, 3);
    g_assert_cmpuint(g_array_index(node->pages, VirtCpuHostPages, 1).size_kib, ==, 2048);
    g_assert_cmpuint(g_array_index(node->pages, VirtCpuHostPages, 1).count, ==, 100);
    g_assert_cmpuint(g_array_index(node->pages, VirtCpuHostPages, 0).count, ==,
                     (8000000 - 204800) / g_array_index(node->pages, VirtCpuHostPages, 0).size_kib);
    g_assert_cmpuint(virtcpu_host_node_free_memory(host, 1), ==,
                     G_GUINT64_CONSTANT(5000000) * 1024);
    g_assert_cmpuint(virtcpu_host_node_free_memory(host, 7), ==, 0);

    cpu = g_ptr_array_index(host->cpus, 7);
    g_assert_cmpint(cpu->socket_id, ==, 1);
    g_assert_cmpint(cpu->cluster_id, ==, -1);
    g_assert_cmpuint(cpu->node, ==, 1);
    g_assert_cmpstr(cpu->siblings, ==, "3,7");
}

/* CPU 3 is offline and counts as the thread that it would be. */
static void
test_offline(void)
{
    g_autoptr(VirtCpuHost) host = read_recorded("offline");

    g_assert_cmpuint(host->cpus->len, ==, 4);
    g_assert_cmpuint(host->online_cpus, ==, 3);
    g_assert_false(((VirtCpuHostCpu *)g_ptr_array_index(host->cpus, 3))->online);
    g_assert_cmpuint(host->nodes_count, ==, 1);
    g_assert_cmpuint(host->sockets_per_node, ==, 1);
    g_assert_cmpuint(host->cores_per_socket, ==, 2);
    g_assert_cmpuint(host->threads_per_core, ==, 2);
    g_assert_cmpuint(((VirtCpuHostNode *)g_ptr_array_index(host->nodes, 0))->cpus->len, ==, 3);
}

/* No NUMA folders: one node with all CPUs and all memory. */
static void
test_without_numa(void)
{
    g_autoptr(VirtCpuHost) host = read_recorded("offline");
    const VirtCpuHostNode *node = g_ptr_array_index(host->nodes, 0);

    g_assert_cmpuint(host->nodes->len, ==, 1);
    g_assert_cmpuint(node->memory_kib, ==, host->memory_kib);
    g_assert_cmpuint(node->distances->len, ==, 0);
    g_assert_cmpuint(virtcpu_host_node_free_memory(host, 0), ==, virtcpu_host_free_memory(host));
}

/* Nothing to read at all, and files full of nonsense: unknown, not a crash. */
static void
test_poor_trees(gconstpointer name)
{
    g_autoptr(VirtCpuHost) host = read_recorded(name);
    g_autofree char *fingerprint = virtcpu_host_fingerprint(host);

    g_assert_cmpuint(host->memory_kib, ==, 0);
    g_assert_cmpuint(host->mhz, ==, 0);
    g_assert_null(host->microcode);
    g_assert_cmpuint(host->cpus->len, ==, 1);
    g_assert_cmpuint(host->nodes->len, ==, 1);
    g_assert_cmpuint(host->cores_per_socket, ==, 1);
    g_assert_nonnull(strstr(fingerprint, "\nmicrocode=\n"));
}

static void
test_cpulist(void)
{
    static const struct {
        const char *text;
        guint count;
        unsigned last;
    } rows[] = {
        { "0", 1, 0 },   { "0-3,8", 5, 8 }, { "8,0-3", 5, 8 }, { "16383", 1, 16383 },
        { "", 0, 0 },    { "0-x", 0, 0 },   { "3-1", 0, 0 },   { "16384", 0, 0 },
        { "0,x", 0, 0 }, { "0;1", 0, 0 },   { NULL, 0, 0 },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GArray) cpus = virtcpu_cpulist_parse(rows[i].text);

        g_assert_cmpuint(cpus->len, ==, rows[i].count);
        if (cpus->len > 0) {
            g_assert_cmpuint(g_array_index(cpus, unsigned, cpus->len - 1), ==, rows[i].last);
        }
    }
}

static void
assert_field(const char *text, const char *key, const char *expected)
{
    g_autofree char *value = virtcpu_sysfile_field(text, key);

    g_assert_cmpstr(value, ==, expected);
}

static void
test_field(void)
{
    assert_field("a : 1\nab : 2\n", "ab", "2");
    assert_field("ab : 2\nb : 3", "b", "3");
    assert_field("Node 0 MemFree:  12 kB\n", "MemFree", "12 kB");
    assert_field("a : 1\n", "b", NULL);
    assert_field("b", "b", NULL);
    assert_field("b:", "b", "");
}

/* A tick is 10 ms where sysconf says 100. */
static void
test_cpu_times(void)
{
    g_autoptr(VirtCpuHost) host = read_recorded("two-nodes");
    g_autoptr(VirtCpuHost) poor = read_recorded("empty");
    const guint64 tick = G_GUINT64_CONSTANT(1000000000) / (guint64)sysconf(_SC_CLK_TCK);
    VirtCpuHostCpuTimes times;

    g_assert_true(virtcpu_host_cpu_times(host, -1, &times));
    g_assert_cmpuint(times.kernel_ns, ==, 110 * tick);
    g_assert_cmpuint(times.user_ns, ==, 320 * tick);
    g_assert_cmpuint(times.idle_ns, ==, 4000 * tick);
    g_assert_cmpuint(times.iowait_ns, ==, 50 * tick);
    g_assert_true(virtcpu_host_cpu_times(host, 1, &times));
    g_assert_cmpuint(times.user_ns, ==, 210 * tick);
    g_assert_false(virtcpu_host_cpu_times(host, 2, &times));
    g_assert_false(virtcpu_host_cpu_times(poor, -1, &times));
}

static void
test_memory(void)
{
    g_autoptr(VirtCpuHost) host = read_recorded("two-nodes");
    VirtCpuHostMemory memory;

    g_assert_true(virtcpu_host_memory(host, -1, &memory));
    g_assert_cmpuint(memory.total, ==, 16000000);
    g_assert_cmpuint(memory.free, ==, 9000000);
    g_assert_cmpuint(memory.buffers, ==, 100000);
    g_assert_cmpuint(memory.cached, ==, 2000000);
    g_assert_true(virtcpu_host_memory(host, 1, &memory));
    g_assert_cmpuint(memory.total, ==, 8000000);
    g_assert_cmpuint(memory.free, ==, 5000000);
    g_assert_false(virtcpu_host_memory(host, 2, &memory));
    g_assert_false(virtcpu_host_memory(host, -2, &memory));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/host/this-machine", test_this_machine);
    g_test_add_func("/host/fingerprint", test_fingerprint);
    g_test_add_func("/host/cpu", test_host_cpu);
    g_test_add_func("/host/two-nodes", test_two_nodes);
    g_test_add_func("/host/offline", test_offline);
    g_test_add_func("/host/without-numa", test_without_numa);
    g_test_add_data_func("/host/poor/empty", "empty", test_poor_trees);
    g_test_add_data_func("/host/poor/nonsense", "nonsense", test_poor_trees);
    g_test_add_func("/host/cpu-times", test_cpu_times);
    g_test_add_func("/host/memory", test_memory);
    g_test_add_func("/host/cpulist", test_cpulist);
    g_test_add_func("/host/field", test_field);
    return g_test_run();
}
