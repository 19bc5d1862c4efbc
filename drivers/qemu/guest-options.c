/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/guest-options.h"

#include "drivers/qemu/args.h"

/* What the firmware in guest/ needs. */
#define MEMORY_KIB (16 * 1024)
/* Of guests that run nothing: the least with which QEMU makes the boards of every architecture. */
#define FOREIGN_MEMORY_KIB (1024 * 1024)

/* Options of a guest's command line that decide what its CPU is. */
static const char *const cpu_options[] = { "-machine", "-accel", "-cpu", "-global", NULL };
/* Those that go with them: topology, and the memory that -machine refers to. */
static const char *const other_options[] = { "-smp", "-m", "-object", NULL };

/* @def with all taken away that is no part of its CPU or machine (transfer full). */
static VirtCpuDomainDef *
reduce(const VirtCpuDomainDef *def, unsigned max_vcpus)
{
    VirtCpuDomainDef *reduced = virtcpu_domain_def_copy(def);

    for (int kind = 0; kind < VIRTCPU_DEVICE_LAST; kind++) {
        g_ptr_array_set_size(virtcpu_domain_def_devices(reduced, (VirtCpuDeviceKind)kind), 0);
    }
    g_ptr_array_set_size(reduced->boot_devs, 0);
    g_ptr_array_set_size(reduced->tune.iothreads, 0);
    g_clear_pointer(&reduced->loader, g_free);
    g_clear_pointer(&reduced->nvram, g_free);
    g_clear_pointer(&reduced->kernel, g_free);
    g_clear_pointer(&reduced->initrd, g_free);
    g_clear_pointer(&reduced->cmdline, g_free);
    g_clear_pointer(&reduced->dtb, g_free);
    reduced->max_memory_kib = reduced->current_memory_kib =
        virtcpu_arch_runs(virtcpu_arch_host(), def->arch) ? MEMORY_KIB : FOREIGN_MEMORY_KIB;
    if (max_vcpus != 0) {
        reduced->vcpus = MIN(reduced->vcpus, max_vcpus);
    }
    if (reduced->cpu != NULL) {
        g_ptr_array_set_size(reduced->cpu->numa_cells, 0);
    }
    return reduced;
}

/* The command line that the guest itself would get, but for its devices (transfer full). */
static char **
build_argv(const VirtCpuGuestInput *input, int monitor_fd, GError **error)
{
    g_autoptr(VirtCpuDomainDef) def = reduce(input->def, input->max_vcpus);
    const VirtCpuArgsInput args = {
        .def = def,
        .caps = input->caps,
        .cpu = input->cpu,
        .line = input->line,
        .monitor_fd = monitor_fd,
    };

    return virtcpu_args_build(&args, error);
}

/* Add to @argv those @options of @guest, and their values. */
static void
keep_options(GStrvBuilder *argv, char **guest, const char *const *options)
{
    for (gsize i = 0; guest[i] != NULL && guest[i + 1] != NULL; i++) {
        if (g_strv_contains(options, guest[i])) {
            g_strv_builder_add_many(argv, guest[i], guest[i + 1], NULL);
        }
    }
}

gboolean
virtcpu_guest_options_add_cpu(GStrvBuilder *argv, const VirtCpuGuestInput *input, int monitor_fd,
                              GError **error)
{
    g_auto(GStrv) guest = build_argv(input, monitor_fd, error);

    if (guest != NULL) {
        keep_options(argv, guest, cpu_options);
    }
    return guest != NULL;
}

gboolean
virtcpu_guest_options_add(GStrvBuilder *argv, const VirtCpuGuestInput *input, int monitor_fd,
                          GError **error)
{
    g_auto(GStrv) guest = build_argv(input, monitor_fd, error);

    if (guest == NULL) {
        return FALSE;
    }
    keep_options(argv, guest, cpu_options);
    keep_options(argv, guest, other_options);
    if (input->config != NULL) {
        g_strv_builder_add_many(argv, "-readconfig", input->config, NULL);
    }
    return TRUE;
}
