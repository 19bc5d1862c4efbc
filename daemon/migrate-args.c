/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/migrate-args.h"

#include <stdint.h>

static gboolean
read_param(VirtCpuMigrateParams *params, const rpc_param *param, GError **error)
{
    const char *name = param->field;

    switch ((int)param->value.type) {
    case RPC_PARAM_INT:
        return virtcpu_migrate_params_set_int(params, name, param->value.rpc_param_value_u.i,
                                              error);
    case RPC_PARAM_ULLONG:
        return virtcpu_migrate_params_set_ullong(params, name, param->value.rpc_param_value_u.ul,
                                                 error);
    case RPC_PARAM_STRING:
        return virtcpu_migrate_params_set_string(params, name, param->value.rpc_param_value_u.s,
                                                 error);
    default:
        return virtcpu_migrate_params_refuse_type(name, (int)param->value.type, error);
    }
}

VirtCpuMigrateParams *
virtcpu_migrate_args_read(const rpc_migrate_params *args, GError **error)
{
    g_autoptr(VirtCpuMigrateParams) params = virtcpu_migrate_params_new();

    for (u_int i = 0; i < args->rpc_migrate_params_len; i++) {
        if (!read_param(params, &args->rpc_migrate_params_val[i], error)) {
            return NULL;
        }
    }
    return g_steal_pointer(&params);
}

VirtCpuMigrateParams *
virtcpu_migrate_args_make(const char *xml, const char *dname, const char *uri,
                          guint64 bandwidth_mib)
{
    VirtCpuMigrateParams *params = virtcpu_migrate_params_new();

    params->destination_xml = g_strdup(xml);
    params->destination_name = g_strdup(dname);
    params->migrate_uri = g_strdup(uri);
    params->bandwidth_mib = bandwidth_mib;
    return params;
}

gboolean
virtcpu_migrate_args_flags(guint64 sent, unsigned *flags, GError **error)
{
    if (sent > G_MAXUINT32) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("unsupported flags (0x%jx) in function virDomainMigrate"),
                          (uintmax_t)sent);
        return FALSE;
    }
    *flags = (unsigned)sent;
    return TRUE;
}

GBytes *
virtcpu_migrate_args_cookie(const rpc_cookie *cookie)
{
    return g_bytes_new_static(cookie->rpc_cookie_val, cookie->rpc_cookie_len);
}

void
virtcpu_migrate_args_take_cookie(GBytes *cookie, rpc_cookie *out)
{
    gsize length = 0;

    if (cookie == NULL) {
        return;
    }
    out->rpc_cookie_val = g_bytes_unref_to_data(cookie, &length);
    out->rpc_cookie_len = (u_int)length;
}
