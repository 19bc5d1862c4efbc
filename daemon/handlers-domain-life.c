/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starting, stopping and what lies between. */
#include "daemon/handler.h"

/* virDomainCreateFlags: all but VALIDATE are the driver's. */
#define CREATE_DRIVER  (VIRTCPU_START_PAUSED | VIRTCPU_START_AUTODESTROY | VIRTCPU_START_RESET_NVRAM)
#define START_DRIVER   (CREATE_DRIVER | VIRTCPU_START_BYPASS_CACHE | VIRTCPU_START_FORCE_BOOT)
#define START_VALIDATE 16u
/* virDomainShutdownFlagValues, and the same numbers for reboot: the ACPI button and the agent are
 * what a guest here can be asked by. */
#define SHUTDOWN_WAYS    3u
#define DESTROY_GRACEFUL 1u

static gboolean
start(VirtCpuConnection *conn, const rpc_domain *dom, unsigned flags, rpc_domain *out,
      GError **error)
{
    return virtcpu_handler_take_ref(virtcpu_driver_start(conn->driver, virtcpu_handler_uuid(dom),
                                                         flags & START_DRIVER, conn->owner, error),
                                    out);
}

gboolean
virtcpu_handle_domain_create(VirtCpuConnection *conn, const rpc_domain_args *args, GError **error)
{
    g_autoptr(VirtCpuDomainRef) ref =
        virtcpu_driver_start(conn->driver, virtcpu_handler_uuid(&args->dom), 0, conn->owner, error);

    return ref != NULL;
}

gboolean
virtcpu_handle_domain_create_with_flags(VirtCpuConnection *conn, const rpc_domain_flags_args *args,
                                        rpc_domain_ret *ret, GError **error)
{
    return virtcpu_handler_check_flags(args->flags, START_DRIVER, "virDomainCreateWithFlags",
                                       error) &&
           start(conn, &args->dom, args->flags, &ret->dom, error);
}

gboolean
virtcpu_handle_domain_create_xml(VirtCpuConnection *conn, const rpc_text_flags_args *args,
                                 rpc_domain_ret *ret, GError **error)
{
    return virtcpu_handler_check_flags(args->flags, CREATE_DRIVER | START_VALIDATE,
                                       "virDomainCreateXML", error) &&
           virtcpu_handler_take_ref(
               virtcpu_driver_create(conn->driver, args->text, args->flags & CREATE_DRIVER,
                                     (args->flags & START_VALIDATE) != 0, conn->owner, error),
               &ret->dom);
}

gboolean
virtcpu_handle_domain_suspend(VirtCpuConnection *conn, const rpc_domain_args *args, GError **error)
{
    return virtcpu_driver_suspend(conn->driver, virtcpu_handler_uuid(&args->dom), error);
}

gboolean
virtcpu_handle_domain_resume(VirtCpuConnection *conn, const rpc_domain_args *args, GError **error)
{
    return virtcpu_driver_resume(conn->driver, virtcpu_handler_uuid(&args->dom), error);
}

gboolean
virtcpu_handle_domain_reset(VirtCpuConnection *conn, const rpc_domain_flags_args *args,
                            GError **error)
{
    return virtcpu_handler_check_flags(args->flags, 0, "virDomainReset", error) &&
           virtcpu_driver_reset(conn->driver, virtcpu_handler_uuid(&args->dom), error);
}

gboolean
virtcpu_handle_domain_reboot(VirtCpuConnection *conn, const rpc_domain_flags_args *args,
                             GError **error)
{
    return virtcpu_handler_check_flags(args->flags, SHUTDOWN_WAYS, "virDomainReboot", error) &&
           virtcpu_driver_reboot(conn->driver, virtcpu_handler_uuid(&args->dom), args->flags,
                                 error);
}

gboolean
virtcpu_handle_domain_shutdown(VirtCpuConnection *conn, const rpc_domain_args *args, GError **error)
{
    return virtcpu_driver_shutdown(conn->driver, virtcpu_handler_uuid(&args->dom), 0, error);
}

gboolean
virtcpu_handle_domain_shutdown_flags(VirtCpuConnection *conn, const rpc_domain_flags_args *args,
                                     GError **error)
{
    return virtcpu_handler_check_flags(args->flags, SHUTDOWN_WAYS, "virDomainShutdownFlags",
                                       error) &&
           virtcpu_driver_shutdown(conn->driver, virtcpu_handler_uuid(&args->dom), args->flags,
                                   error);
}

gboolean
virtcpu_handle_domain_destroy(VirtCpuConnection *conn, const rpc_domain_args *args, GError **error)
{
    return virtcpu_driver_destroy(conn->driver, virtcpu_handler_uuid(&args->dom), FALSE, error);
}

gboolean
virtcpu_handle_domain_destroy_flags(VirtCpuConnection *conn, const rpc_domain_flags_args *args,
                                    GError **error)
{
    return virtcpu_handler_check_flags(args->flags, DESTROY_GRACEFUL, "virDomainDestroyFlags",
                                       error) &&
           virtcpu_driver_destroy(conn->driver, virtcpu_handler_uuid(&args->dom),
                                  (args->flags & DESTROY_GRACEFUL) != 0, error);
}
