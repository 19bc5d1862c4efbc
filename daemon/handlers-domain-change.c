/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices, vCPUs and memory of a domain, changed. */
#include "daemon/handler.h"
#include "drivers/qemu/driver-change.h"
#include "drivers/qemu/input.h"

/* virDomainVcpuFlags, beside those. */
#define VCPU_GUEST 8u

gboolean
virtcpu_handle_domain_attach_device(VirtCpuConnection *conn, const rpc_device_args *args,
                                    GError **error)
{
    return virtcpu_driver_attach_device(conn->driver, virtcpu_handler_uuid(&args->dom), args->xml,
                                        VIRTCPU_CHANGE_LIVE, error);
}

gboolean
virtcpu_handle_domain_attach_device_flags(VirtCpuConnection *conn,
                                          const rpc_device_flags_args *args, GError **error)
{
    return virtcpu_handler_check_flags(args->flags, VIRTCPU_CHANGE_IMPACT,
                                       "virDomainAttachDeviceFlags", error) &&
           virtcpu_driver_attach_device(conn->driver, virtcpu_handler_uuid(&args->dom), args->xml,
                                        args->flags, error);
}

gboolean
virtcpu_handle_domain_detach_device(VirtCpuConnection *conn, const rpc_device_args *args,
                                    GError **error)
{
    return virtcpu_driver_detach_device(conn->driver, virtcpu_handler_uuid(&args->dom), args->xml,
                                        VIRTCPU_CHANGE_LIVE, error);
}

gboolean
virtcpu_handle_domain_detach_device_flags(VirtCpuConnection *conn,
                                          const rpc_device_flags_args *args, GError **error)
{
    return virtcpu_handler_check_flags(args->flags, VIRTCPU_CHANGE_IMPACT,
                                       "virDomainDetachDeviceFlags", error) &&
           virtcpu_driver_detach_device(conn->driver, virtcpu_handler_uuid(&args->dom), args->xml,
                                        args->flags, error);
}

gboolean
virtcpu_handle_domain_detach_device_alias(VirtCpuConnection *conn,
                                          const rpc_device_flags_args *args, GError **error)
{
    return virtcpu_handler_check_flags(args->flags, VIRTCPU_CHANGE_IMPACT,
                                       "virDomainDetachDeviceAlias", error) &&
           virtcpu_driver_detach_alias(conn->driver, virtcpu_handler_uuid(&args->dom), args->xml,
                                       args->flags, error);
}

gboolean
virtcpu_handle_domain_update_device_flags(VirtCpuConnection *conn,
                                          const rpc_device_flags_args *args, GError **error)
{
    return virtcpu_handler_check_flags(args->flags, VIRTCPU_CHANGE_IMPACT | VIRTCPU_CHANGE_FORCE,
                                       "virDomainUpdateDeviceFlags", error) &&
           virtcpu_driver_update_device(conn->driver, virtcpu_handler_uuid(&args->dom), args->xml,
                                        args->flags, error);
}

gboolean
virtcpu_handle_domain_set_vcpus(VirtCpuConnection *conn, const rpc_domain_uint_args *args,
                                GError **error)
{
    return virtcpu_driver_set_vcpus(conn->driver, virtcpu_handler_uuid(&args->dom), args->value,
                                    VIRTCPU_CHANGE_LIVE, error);
}

gboolean
virtcpu_handle_domain_set_vcpus_flags(VirtCpuConnection *conn,
                                      const rpc_domain_uint_flags_args *args, GError **error)
{
    if (!virtcpu_handler_check_flags(args->flags,
                                     VIRTCPU_CHANGE_IMPACT | VIRTCPU_CHANGE_MAXIMUM | VCPU_GUEST |
                                         VIRTCPU_CHANGE_HOTPLUGGABLE,
                                     "virDomainSetVcpusFlags", error)) {
        return FALSE;
    }
    if ((args->flags & VCPU_GUEST) != 0) {
        /* how many vCPUs the guest's system uses only an agent in it could change */
        virtcpu_driver_refuse_agent(conn->driver, virtcpu_handler_uuid(&args->dom), error);
        return FALSE;
    }
    return virtcpu_driver_set_vcpus(conn->driver, virtcpu_handler_uuid(&args->dom), args->value,
                                    args->flags, error);
}

gboolean
virtcpu_handle_domain_set_vcpu(VirtCpuConnection *conn, const rpc_set_vcpu_args *args,
                               GError **error)
{
    if (!virtcpu_handler_check_flags(args->flags, VIRTCPU_CHANGE_IMPACT, "virDomainSetVcpu",
                                     error)) {
        return FALSE;
    }
    if (args->state != 0 && args->state != 1) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("unsupported state '%d'"), args->state);
        return FALSE;
    }
    return virtcpu_driver_switch_vcpus(conn->driver, virtcpu_handler_uuid(&args->dom), args->vcpus,
                                       args->state != 0, args->flags, error);
}

gboolean
virtcpu_handle_domain_set_memory_stats_period(VirtCpuConnection *conn,
                                              const rpc_domain_int_flags_args *args, GError **error)
{
    return virtcpu_handler_check_flags(args->flags, VIRTCPU_CHANGE_IMPACT,
                                       "virDomainSetMemoryStatsPeriod", error) &&
           virtcpu_driver_set_memory_period(conn->driver, virtcpu_handler_uuid(&args->dom),
                                            args->value, args->flags, error);
}

gboolean
virtcpu_handle_domain_set_lifecycle_action(VirtCpuConnection *conn, const rpc_lifecycle_args *args,
                                           GError **error)
{
    return virtcpu_handler_check_flags(args->flags, VIRTCPU_CHANGE_IMPACT,
                                       "virDomainSetLifecycleAction", error) &&
           virtcpu_driver_set_action(conn->driver, virtcpu_handler_uuid(&args->dom), args->type,
                                     args->action, args->flags, error);
}

gboolean
virtcpu_handle_domain_set_memory(VirtCpuConnection *conn, const rpc_domain_memory_args *args,
                                 GError **error)
{
    return virtcpu_driver_set_memory(conn->driver, virtcpu_handler_uuid(&args->dom), args->kib,
                                     VIRTCPU_CHANGE_LIVE, error);
}

gboolean
virtcpu_handle_domain_set_max_memory(VirtCpuConnection *conn, const rpc_domain_memory_args *args,
                                     GError **error)
{
    return virtcpu_driver_set_memory(conn->driver, virtcpu_handler_uuid(&args->dom), args->kib,
                                     VIRTCPU_CHANGE_MAXIMUM, error);
}

gboolean
virtcpu_handle_domain_set_memory_flags(VirtCpuConnection *conn, const rpc_domain_hyper_args *args,
                                       GError **error)
{
    return virtcpu_handler_check_flags(args->flags, VIRTCPU_CHANGE_IMPACT | VIRTCPU_CHANGE_MAXIMUM,
                                       "virDomainSetMemoryFlags", error) &&
           virtcpu_driver_set_memory(conn->driver, virtcpu_handler_uuid(&args->dom), args->value,
                                     args->flags, error);
}
