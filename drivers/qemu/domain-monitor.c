/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/domain-monitor.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/driver-priv.h"

VirtCpuQmp *
virtcpu_driver_monitor(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                       VirtCpuDomainDef **def, GError **error)
{
    g_autoptr(VirtCpuDomain) domain = virtcpu_domain_list_find(driver->domains, uuid, error);
    VirtCpuQmp *qmp = NULL;

    if (domain == NULL) {
        return NULL;
    }
    g_mutex_lock(&domain->lock);
    if (domain->run != NULL && domain->live != NULL) {
        qmp = virtcpu_qmp_ref(domain->run->qmp);
        *def = virtcpu_domain_def_copy(domain->live);
    }
    g_mutex_unlock(&domain->lock);
    if (qmp == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID, _("domain is not running"));
    }
    return qmp;
}

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
