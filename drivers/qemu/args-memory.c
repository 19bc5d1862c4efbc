/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/cpuset.h"
#include "drivers/qemu/args-priv.h"

#define BYTES_PER_KIB 1024

/* Where memory of source 'file' is; QEMU removes its name at once. */
#define MEMORY_FOLDER "/dev/shm"

/* QEMU wants whole MiB; libvirt rounds up. */
static guint64
round_memory(guint64 kib)
{
    return (kib + BYTES_PER_KIB - 1) / BYTES_PER_KIB * BYTES_PER_KIB;
}

static gboolean
has_numa(const VirtCpuDomainDef *def)
{
    return def->cpu != NULL && def->cpu->numa_cells->len > 0;
}

gboolean
virtcpu_args_has_main_memory(const VirtCpuArgs *args)
{
    return args->machine->default_ram_id != NULL && !has_numa(args->input->def);
}

/* A file is what other processes can share; huge pages need no mount when they are a memfd's. */
static const char *
backend_type(const VirtCpuMemoryBacking *backing, const char *access)
{
    if (backing->hugepages || g_strcmp0(backing->source, "memfd") == 0) {
        return "memory-backend-memfd";
    }
    if (g_strcmp0(backing->source, "file") == 0) {
        return "memory-backend-file";
    }
    return backing->source == NULL && access != NULL ? "memory-backend-memfd"
                                                     : "memory-backend-ram";
}

static void
set_pages(VirtCpuJson *object, const VirtCpuMemoryBacking *backing)
{
    if (backing->hugepages) {
        virtcpu_json_set_bool(object, "hugetlb", TRUE);
        if (backing->hugepage_kib != 0) {
            virtcpu_json_set_int(object, "hugetlbsize",
                                 (gint64)(backing->hugepage_kib * BYTES_PER_KIB));
        }
    }
    /* huge pages that run out later would kill the guest */
    if (backing->hugepages || g_strcmp0(backing->allocation, "immediate") == 0) {
        virtcpu_json_set_bool(object, "prealloc", TRUE);
        if (backing->threads != 0) {
            virtcpu_json_set_int(object, "prealloc-threads", backing->threads);
        }
    }
}

static void
set_nodes(VirtCpuJson *object, const VirtCpuMemoryNode *node)
{
    g_autoptr(VirtCpuCpuset) nodes = node != NULL ? virtcpu_cpuset_parse(node->nodeset) : NULL;
    VirtCpuJson *list;

    if (nodes == NULL) {
        return;
    }
    list = virtcpu_json_set(object, "host-nodes", virtcpu_json_new_array());
    for (unsigned i = 0; i <= virtcpu_cpuset_last(nodes); i++) {
        if (virtcpu_cpuset_contains(nodes, i)) {
            virtcpu_json_append(list, virtcpu_json_new_int(i));
        }
    }
    virtcpu_json_set_string(object, "policy",
                            g_str_equal(node->mode, "strict") ? "bind" : node->mode);
}

/* @cell: of the guest, or NULL for the one memory of a machine without. */
static VirtCpuJson *
new_memory(const VirtCpuDomainDef *def, const char *id, const VirtCpuNumaCell *cell, guint64 kib)
{
    const VirtCpuMemoryBacking *backing = &def->memory_backing;
    const char *access =
        cell != NULL && cell->mem_access != NULL ? cell->mem_access : backing->access;
    const char *type = backend_type(backing, access);
    const gboolean is_file = g_str_equal(type, "memory-backend-file");
    VirtCpuJson *object = virtcpu_json_new_object();

    virtcpu_json_set_string(object, "qom-type", type);
    virtcpu_json_set_string(object, "id", id);
    virtcpu_json_set_string(object, "mem-path", is_file ? MEMORY_FOLDER : NULL);
    if (access != NULL || g_str_equal(type, "memory-backend-memfd")) {
        virtcpu_json_set_bool(object, "share", g_strcmp0(access, "shared") == 0);
    }
    if (is_file && (backing->discard || (cell != NULL && cell->discard == VIRTCPU_TRISTATE_YES))) {
        virtcpu_json_set_bool(object, "discard-data", TRUE);
    }
    if (cell == NULL && !g_str_equal(type, "memory-backend-ram")) {
        /* the name migration knows it by stays that of plain memory */
        virtcpu_json_set_bool(object, "x-use-canonical-path-for-ramblock-id", FALSE);
    }
    set_pages(object, backing);
    virtcpu_json_set_int(object, "size", (gint64)(kib * BYTES_PER_KIB));
    set_nodes(object, virtcpu_domain_def_memory_node(def, cell != NULL ? (int)cell->id : -1, TRUE));
    return object;
}

void
virtcpu_args_memory(VirtCpuArgs *args)
{
    const VirtCpuDomainDef *def = args->input->def;
    const guint64 kib = round_memory(def->max_memory_kib);
    g_autofree char *size = g_strdup_printf("size=%" G_GUINT64_FORMAT "k", kib);

    virtcpu_args_add(args, "-m", size);
    if (virtcpu_args_has_main_memory(args)) {
        virtcpu_args_add_json(args, "-object",
                              new_memory(def, args->machine->default_ram_id, NULL, kib));
    }
    virtcpu_args_add(args, "-overcommit",
                     def->memory_backing.locked ? "mem-lock=on" : "mem-lock=off");
}

/* QEMU takes ranges one cpus= at a time. */
static void
append_cpulist(GString *value, const char *cpus)
{
    g_auto(GStrv) ranges = g_strsplit(cpus, ",", -1);

    for (char **range = ranges; *range != NULL; range++) {
        g_string_append_printf(value, ",cpus=%s", *range);
    }
}

static void
add_cell(VirtCpuArgs *args, const VirtCpuNumaCell *cell)
{
    g_autofree char *id = g_strdup_printf("ram-node%u", cell->id);
    g_autoptr(GString) value = g_string_new(NULL);

    virtcpu_args_add_json(args, "-object",
                          new_memory(args->input->def, id, cell, round_memory(cell->memory_kib)));
    g_string_append_printf(value, "node,nodeid=%u", cell->id);
    if (cell->cpus != NULL) {
        append_cpulist(value, cell->cpus);
    }
    g_string_append_printf(value, ",memdev=%s", id);
    virtcpu_args_add(args, "-numa", value->str);
}

void
virtcpu_args_numa(VirtCpuArgs *args)
{
    const VirtCpuDef *cpu = args->input->def->cpu;

    for (guint i = 0; cpu != NULL && i < cpu->numa_cells->len; i++) {
        add_cell(args, g_ptr_array_index(cpu->numa_cells, i));
    }
}
