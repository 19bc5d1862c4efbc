/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Migration: protocol version 3, with typed parameters and without. */
#include "drivers/qemu/migrate.h"

#include "daemon/migrate-args.h"

static VirtCpuMigrateCall
make_call(const VirtCpuConnection *conn, unsigned flags, const VirtCpuMigrateParams *params,
          GBytes *cookie)
{
    return (VirtCpuMigrateCall){
        .flags = flags, .params = params, .cookie = cookie, .owner = conn->owner
    };
}

/* ---- begin ---- */

static gboolean
begin(VirtCpuConnection *conn, const rpc_domain *dom, unsigned flags,
      const VirtCpuMigrateParams *params, rpc_begin3_ret *ret, GError **error)
{
    const VirtCpuMigrateCall call = make_call(conn, flags, params, NULL);
    GBytes *cookie = NULL;

    if (!virtcpu_handler_take_text(virtcpu_driver_migrate_begin(conn->driver,
                                                                virtcpu_handler_uuid(dom), &call,
                                                                &cookie, error),
                                   &ret->xml)) {
        return FALSE;
    }
    virtcpu_migrate_args_take_cookie(cookie, &ret->cookie);
    return TRUE;
}

gboolean
virtcpu_handle_domain_migrate_begin3(VirtCpuConnection *conn, const rpc_begin3_args *args,
                                     rpc_begin3_ret *ret, GError **error)
{
    g_autoptr(VirtCpuMigrateParams) params = virtcpu_migrate_args_make(
        virtcpu_handler_text(args->xml), virtcpu_handler_text(args->dname), NULL, args->resource);
    unsigned flags;

    return virtcpu_migrate_args_flags(args->flags, &flags, error) &&
           begin(conn, &args->dom, flags, params, ret, error);
}

gboolean
virtcpu_handle_domain_migrate_begin3_params(VirtCpuConnection *conn,
                                            const rpc_begin3_params_args *args, rpc_begin3_ret *ret,
                                            GError **error)
{
    g_autoptr(VirtCpuMigrateParams) params = virtcpu_migrate_args_read(&args->params, error);

    return params != NULL && begin(conn, &args->dom, args->flags, params, ret, error);
}

/* ---- prepare ---- */

static gboolean
prepare(VirtCpuConnection *conn, unsigned flags, const VirtCpuMigrateParams *params,
        const rpc_cookie *sent, rpc_prepare3_ret *ret, GError **error)
{
    g_autoptr(GBytes) cookie = virtcpu_migrate_args_cookie(sent);
    const VirtCpuMigrateCall call = make_call(conn, flags, params, cookie);
    GBytes *answer = NULL;
    char *uri = NULL;

    if (!virtcpu_driver_migrate_prepare(conn->driver, &call, &answer, &uri, error)) {
        return FALSE;
    }
    virtcpu_migrate_args_take_cookie(answer, &ret->cookie);
    if (uri != NULL) {
        ret->uri = g_new0(rpc_text, 1);
        *ret->uri = uri;
    }
    return TRUE;
}

gboolean
virtcpu_handle_domain_migrate_prepare3(VirtCpuConnection *conn, const rpc_prepare3_args *args,
                                       rpc_prepare3_ret *ret, GError **error)
{
    g_autoptr(VirtCpuMigrateParams) params =
        virtcpu_migrate_args_make(args->xml, virtcpu_handler_text(args->dname),
                                  virtcpu_handler_text(args->uri), args->resource);
    unsigned flags;

    return virtcpu_migrate_args_flags(args->flags, &flags, error) &&
           prepare(conn, flags, params, &args->cookie, ret, error);
}

gboolean
virtcpu_handle_domain_migrate_prepare3_params(VirtCpuConnection *conn,
                                              const rpc_prepare3_params_args *args,
                                              rpc_prepare3_ret *ret, GError **error)
{
    g_autoptr(VirtCpuMigrateParams) params = virtcpu_migrate_args_read(&args->params, error);

    return params != NULL && prepare(conn, args->flags, params, &args->cookie, ret, error);
}

/* ---- perform ---- */

static gboolean
perform(VirtCpuConnection *conn, const rpc_domain *dom, const char *daemon_uri, unsigned flags,
        const VirtCpuMigrateParams *params, const rpc_cookie *sent, rpc_cookie_ret *ret,
        GError **error)
{
    g_autoptr(GBytes) cookie = virtcpu_migrate_args_cookie(sent);
    const VirtCpuMigrateCall call = make_call(conn, flags, params, cookie);
    GBytes *answer = NULL;

    if (!virtcpu_driver_migrate_perform(conn->driver, virtcpu_handler_uuid(dom), daemon_uri, &call,
                                        &answer, error)) {
        return FALSE;
    }
    virtcpu_migrate_args_take_cookie(answer, &ret->cookie);
    return TRUE;
}

gboolean
virtcpu_handle_domain_migrate_perform3(VirtCpuConnection *conn, const rpc_perform3_args *args,
                                       rpc_cookie_ret *ret, GError **error)
{
    g_autoptr(VirtCpuMigrateParams) params = virtcpu_migrate_args_make(
        virtcpu_handler_text(args->xml), virtcpu_handler_text(args->dname),
        virtcpu_handler_text(args->uri), args->resource);
    unsigned flags;

    return virtcpu_migrate_args_flags(args->flags, &flags, error) &&
           perform(conn, &args->dom, virtcpu_handler_text(args->daemon_uri), flags, params,
                   &args->cookie, ret, error);
}

gboolean
virtcpu_handle_domain_migrate_perform3_params(VirtCpuConnection *conn,
                                              const rpc_perform3_params_args *args,
                                              rpc_cookie_ret *ret, GError **error)
{
    g_autoptr(VirtCpuMigrateParams) params = virtcpu_migrate_args_read(&args->params, error);

    return params != NULL && perform(conn, &args->dom, virtcpu_handler_text(args->daemon_uri),
                                     args->flags, params, &args->cookie, ret, error);
}

/* ---- finish ---- */

static gboolean
finish(VirtCpuConnection *conn, unsigned flags, const VirtCpuMigrateParams *params,
       const rpc_cookie *sent, gboolean cancelled, rpc_finish3_ret *ret, GError **error)
{
    g_autoptr(GBytes) cookie = virtcpu_migrate_args_cookie(sent);
    const VirtCpuMigrateCall call = make_call(conn, flags, params, cookie);
    GBytes *answer = NULL;

    if (!virtcpu_handler_take_ref(
            virtcpu_driver_migrate_finish(conn->driver, &call, cancelled, &answer, error),
            &ret->dom)) {
        return FALSE;
    }
    virtcpu_migrate_args_take_cookie(answer, &ret->cookie);
    return TRUE;
}

gboolean
virtcpu_handle_domain_migrate_finish3(VirtCpuConnection *conn, const rpc_finish3_args *args,
                                      rpc_finish3_ret *ret, GError **error)
{
    g_autoptr(VirtCpuMigrateParams) params =
        virtcpu_migrate_args_make(NULL, args->dname, virtcpu_handler_text(args->uri), 0);
    unsigned flags;

    return virtcpu_migrate_args_flags(args->flags, &flags, error) &&
           finish(conn, flags, params, &args->cookie, args->cancelled != 0, ret, error);
}

gboolean
virtcpu_handle_domain_migrate_finish3_params(VirtCpuConnection *conn,
                                             const rpc_finish3_params_args *args,
                                             rpc_finish3_ret *ret, GError **error)
{
    g_autoptr(VirtCpuMigrateParams) params = virtcpu_migrate_args_read(&args->params, error);

    return params != NULL &&
           finish(conn, args->flags, params, &args->cookie, args->cancelled != 0, ret, error);
}

/* ---- confirm ---- */

static gboolean
confirm(VirtCpuConnection *conn, const rpc_domain *dom, unsigned flags,
        const VirtCpuMigrateParams *params, const rpc_cookie *sent, gboolean cancelled,
        GError **error)
{
    g_autoptr(GBytes) cookie = virtcpu_migrate_args_cookie(sent);
    const VirtCpuMigrateCall call = make_call(conn, flags, params, cookie);

    return virtcpu_driver_migrate_confirm(conn->driver, virtcpu_handler_uuid(dom), &call, cancelled,
                                          error);
}

gboolean
virtcpu_handle_domain_migrate_confirm3(VirtCpuConnection *conn, const rpc_confirm3_args *args,
                                       GError **error)
{
    g_autoptr(VirtCpuMigrateParams) params = virtcpu_migrate_params_new();
    unsigned flags;

    return virtcpu_migrate_args_flags(args->flags, &flags, error) &&
           confirm(conn, &args->dom, flags, params, &args->cookie, args->cancelled != 0, error);
}

gboolean
virtcpu_handle_domain_migrate_confirm3_params(VirtCpuConnection *conn,
                                              const rpc_confirm3_params_args *args, GError **error)
{
    g_autoptr(VirtCpuMigrateParams) params = virtcpu_migrate_args_read(&args->params, error);

    return params != NULL && confirm(conn, &args->dom, args->flags, params, &args->cookie,
                                     args->cancelled != 0, error);
}

/* ---- while it is under way ---- */

gboolean
virtcpu_handle_domain_migrate_start_post_copy(VirtCpuConnection *conn,
                                              const rpc_domain_flags_args *args, GError **error)
{
    return virtcpu_handler_check_flags(args->flags, 0, "virDomainMigrateStartPostCopy", error) &&
           virtcpu_driver_migrate_start_postcopy(conn->driver, virtcpu_handler_uuid(&args->dom),
                                                 error);
}
