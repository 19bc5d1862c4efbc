/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fills what a user may leave out, then checks the definition as a whole. */
#include "conf/domain-complete.h"

#include "conf/cpuset.h"
#include "conf/error.h"
#include "conf/i18n.h"

/* What only a running domain has is no part of a definition. */
static gboolean
drop_live_facts(VirtCpuDeviceInfo *device, gpointer data, GError **error)
{
    if (!virtcpu_device_is_user_alias(device->alias)) {
        g_clear_pointer(&device->alias, g_free);
    }
    if (device->kind == VIRTCPU_DEVICE_SERIAL || device->kind == VIRTCPU_DEVICE_CONSOLE ||
        device->kind == VIRTCPU_DEVICE_CHANNEL) {
        VirtCpuChardevDef *chardev = (VirtCpuChardevDef *)(void *)device;

        if (chardev->kind == VIRTCPU_CHARDEV_PTY) {
            g_clear_pointer(&chardev->path, g_free);
        }
    }
    if (device->kind == VIRTCPU_DEVICE_NET) {
        VirtCpuNetDef *net = (VirtCpuNetDef *)(void *)device;

        /* a name the daemon chose for one run, as libvirt's */
        if (net->type == VIRTCPU_NET_BRIDGE && net->target != NULL &&
            g_str_has_prefix(net->target, "vnet")) {
            g_clear_pointer(&net->target, g_free);
        }
    }
    if (device->kind == VIRTCPU_DEVICE_DISK) {
        VirtCpuDiskDef *disk = (VirtCpuDiskDef *)(void *)device;

        disk->node = 0;
        disk->tray = VIRTCPU_TRISTATE_ABSENT;
    }
    return TRUE;
}

static void
fill_identity(VirtCpuDomainDef *def, const VirtCpuDomainDefaults *defaults)
{
    if (!def->has_uuid) {
        g_autofree char *uuid = g_uuid_string_random();

        def->has_uuid = virtcpu_uuid_from_string(uuid, def->uuid);
    }
    if (def->arch == VIRTCPU_ARCH_NONE) {
        def->arch = defaults->arch;
    }
    if (def->machine == NULL) {
        def->machine = g_strdup(defaults->machine);
    }
    if (def->emulator == NULL) {
        def->emulator = g_strdup(defaults->emulator);
    }
    if (def->clock_offset == NULL) {
        def->clock_offset = g_strdup("utc");
    }
}

static guint64
numa_memory(const VirtCpuDomainDef *def)
{
    guint64 sum = 0;

    for (guint i = 0; def->cpu != NULL && i < def->cpu->numa_cells->len; i++) {
        const VirtCpuNumaCell *cell = g_ptr_array_index(def->cpu->numa_cells, i);

        sum += cell->memory_kib;
    }
    return sum;
}

static gboolean
complete_memory(VirtCpuDomainDef *def, GError **error)
{
    guint64 sum = numa_memory(def);

    if (sum != 0) {
        def->max_memory_kib = sum;
        def->current_memory_kib = MIN(def->current_memory_kib, sum);
    }
    if (def->max_memory_kib == 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("Memory size must be specified via <memory> or in the <numa> "
                            "configuration"));
        return FALSE;
    }
    if (def->current_memory_kib == 0) {
        def->current_memory_kib = def->max_memory_kib;
    }
    if (def->current_memory_kib > def->max_memory_kib) {
        virtcpu_error_set(
            error, VIRTCPU_ERR_XML_ERROR, _("current memory '%lluk' exceeds maximum '%lluk'"),
            (unsigned long long)def->current_memory_kib, (unsigned long long)def->max_memory_kib);
        return FALSE;
    }
    return TRUE;
}

static gboolean
check_numa_cpus(const VirtCpuDomainDef *def, GError **error)
{
    for (guint i = 0; i < def->cpu->numa_cells->len; i++) {
        const VirtCpuNumaCell *cell = g_ptr_array_index(def->cpu->numa_cells, i);
        g_autoptr(VirtCpuCpuset) cpus =
            cell->cpus != NULL ? virtcpu_cpuset_parse(cell->cpus) : NULL;

        if (cpus != NULL && virtcpu_cpuset_last(cpus) >= def->max_vcpus) {
            virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                              _("CPU IDs in <numa> exceed the <vcpu> count: cell '%u' names CPU %u "
                                "of %u"),
                              cell->id, virtcpu_cpuset_last(cpus), def->max_vcpus);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
check_topology(const VirtCpuDomainDef *def, GError **error)
{
    const VirtCpuDef *cpu = def->cpu;
    guint64 product;

    if (cpu->sockets == 0) {
        return TRUE;
    }
    product = (guint64)cpu->sockets * MAX(cpu->dies, 1) * MAX(cpu->clusters, 1);
    /* each factor alone may be huge: stop before the product can overflow */
    if (product > def->max_vcpus || cpu->cores > def->max_vcpus || cpu->threads > def->max_vcpus ||
        product * cpu->cores * cpu->threads != def->max_vcpus) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("CPU topology doesn't match maximum vcpu count"));
        return FALSE;
    }
    return TRUE;
}

/* The modes that take over the host's CPU name no model: what is written there would be lost. */
static gboolean
check_cpu_mode(const VirtCpuDef *cpu, GError **error)
{
    const char *lost = cpu->model != NULL       ? "model"
                       : cpu->vendor != NULL    ? "vendor"
                       : cpu->vendor_id != NULL ? "vendor_id"
                                                : NULL;

    if (lost == NULL || !virtcpu_def_is_opaque(cpu)) {
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                      _("'%s' of <cpu> has no effect with mode '%s'; leave it out, or use mode "
                        "'custom'"),
                      lost, virtcpu_mode_to_string(cpu->mode));
    return FALSE;
}

static gboolean
complete_vcpus(VirtCpuDomainDef *def, GError **error)
{
    if (def->max_vcpus == 0) {
        def->max_vcpus = 1;
        def->vcpus = 1;
    }
    if (def->vcpus == 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR, _("invalid current number of vCPUs '0'"));
        return FALSE;
    }
    if (def->vcpus > def->max_vcpus) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("maxvcpus must not be less than current vcpus (%u < %u)"),
                          def->max_vcpus, def->vcpus);
        return FALSE;
    }
    return def->cpu == NULL || (check_cpu_mode(def->cpu, error) && check_topology(def, error) &&
                                check_numa_cpus(def, error));
}

static gboolean
check_actions(const VirtCpuDomainDef *def, GError **error)
{
    const VirtCpuLifecycleAction actions[] = { def->on_poweroff, def->on_reboot, def->on_crash };

    for (gsize i = 0; i < G_N_ELEMENTS(actions); i++) {
        if (actions[i] == VIRTCPU_ACTION_RENAME_RESTART) {
            virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                              _("qemu driver doesn't support the 'rename-restart' action for "
                                "'on_reboot'/'on_poweroff'/'on_crash'"));
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
check_memory_nodes(const VirtCpuDomainDef *def, GError **error)
{
    const int cells = def->cpu != NULL ? (int)def->cpu->numa_cells->len : 0;

    for (guint i = 0; i < def->memory_nodes->len; i++) {
        const VirtCpuMemoryNode *node = g_ptr_array_index(def->memory_nodes, i);

        if (node->cell >= cells) {
            virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                              _("<memnode> of <numatune> names cell %d, which no <cell> of <numa> "
                                "is"),
                              node->cell);
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
virtcpu_domain_def_complete(VirtCpuDomainDef *def, const VirtCpuDomainDefaults *defaults,
                            GError **error)
{
    def->id = -1;
    if (!virtcpu_domain_def_visit(def, drop_live_facts, NULL, error)) {
        return FALSE;
    }
    fill_identity(def, defaults);
    return complete_memory(def, error) && complete_vcpus(def, error) && check_actions(def, error) &&
           check_memory_nodes(def, error) &&
           virtcpu_domain_def_complete_devices(def, defaults, error);
}
