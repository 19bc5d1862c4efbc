/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/args.h"
#include "drivers/qemu/cpu-resolve.h"
#include "drivers/qemu/domain-channels.h"
#include "drivers/qemu/domain-complete.h"
#include "drivers/qemu/domain-cpu.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/process.h"

char *
virtcpu_driver_native_argv(VirtCpuDriver *driver, const char *xml, GError **error)
{
    g_autoptr(VirtCpuQemuCaps) caps = NULL;
    g_autoptr(VirtCpuDomainDef) def = virtcpu_domain_read(driver, xml, FALSE, &caps, error);
    g_autoptr(VirtCpuDef) cpu = NULL;
    g_auto(GStrv) argv = NULL;
    g_auto(GStrv) environment = NULL;
    g_auto(VirtCpuCpuLine) line = { 0 };
    VirtCpuArgsInput input;

    if (!def || !virtcpu_qemu_cpu_resolve(def, caps, &cpu, error)) {
        return NULL;
    }
    virtcpu_args_assign_aliases(def, caps);
    virtcpu_domain_name_channels(driver, def);
    input = (VirtCpuArgsInput){
        .def = def,
        .caps = caps,
        .cpu = cpu,
        .sandbox = driver->sandbox,
        .monitor_fd = VIRTCPU_PROCESS_FIRST_FD,
        .tap_fd = VIRTCPU_PROCESS_FIRST_FD + 1,
    };
    if (!virtcpu_domain_cpu_line(driver, caps, &input, &line, error)) {
        return NULL;
    }
    input.line = line.cpu != NULL ? &line : NULL;
    argv = virtcpu_args_build(&input, error);
    if (!argv) {
        return NULL;
    }
    environment = virtcpu_args_environment(def);
    return virtcpu_args_to_shell(environment, argv);
}
