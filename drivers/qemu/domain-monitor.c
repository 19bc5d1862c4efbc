/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/domain-monitor.h"

#include "drivers/qemu/driver-priv.h"

gboolean
virtcpu_domain_execute(VirtCpuDomain *domain, const char *command, const VirtCpuJson *arguments,
                       VirtCpuJson **reply, GError **error)
{
    return virtcpu_qmp_execute(domain->run->qmp, command, arguments,
                               domain->driver->monitor_timeout_ms, reply, error);
}

gboolean
virtcpu_domain_give_fd(VirtCpuDomain *domain, const char *name, int fd, GError **error)
{
    g_autoptr(VirtCpuJson) arguments = virtcpu_json_new_object();

    virtcpu_json_set_string(arguments, "fdname", name);
    return virtcpu_qmp_execute_with_fd(domain->run->qmp, "getfd", arguments, fd,
                                       domain->driver->monitor_timeout_ms, NULL, error);
}

void
virtcpu_domain_take_fd_back(VirtCpuDomain *domain, const char *name)
{
    g_autoptr(VirtCpuJson) arguments = virtcpu_json_new_object();
    g_autoptr(GError) error = NULL;

    virtcpu_json_set_string(arguments, "fdname", name);
    if (!virtcpu_domain_execute(domain, "closefd", arguments, NULL, &error)) {
        g_debug("%s", error->message);
    }
}
