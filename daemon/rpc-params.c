/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/rpc-params.h"

GArray *
virtcpu_rpc_params_new(void)
{
    return g_array_new(FALSE, FALSE, sizeof(rpc_param));
}

static void
add(GArray *params, const char *field, rpc_param_value value)
{
    const rpc_param param = { .field = g_strdup(field), .value = value };

    g_array_append_val(params, param);
}

void
virtcpu_rpc_params_add_int(GArray *params, const char *field, int value)
{
    add(params, field,
        (rpc_param_value){ .type = RPC_PARAM_INT, .rpc_param_value_u = { .i = value } });
}

void
virtcpu_rpc_params_add_uint(GArray *params, const char *field, unsigned value)
{
    add(params, field,
        (rpc_param_value){ .type = RPC_PARAM_UINT, .rpc_param_value_u = { .ui = value } });
}

void
virtcpu_rpc_params_add_ullong(GArray *params, const char *field, guint64 value)
{
    add(params, field,
        (rpc_param_value){ .type = RPC_PARAM_ULLONG, .rpc_param_value_u = { .ul = value } });
}

void
virtcpu_rpc_params_add_llong(GArray *params, const char *field, gint64 value)
{
    add(params, field,
        (rpc_param_value){ .type = RPC_PARAM_LLONG, .rpc_param_value_u = { .l = value } });
}

void
virtcpu_rpc_params_add_text(GArray *params, const char *field, const char *value)
{
    add(params, field,
        (rpc_param_value){ .type = RPC_PARAM_STRING,
                           .rpc_param_value_u = { .s = g_strdup(value) } });
}

void
virtcpu_rpc_params_add_bool(GArray *params, const char *field, gboolean value)
{
    add(params, field,
        (rpc_param_value){ .type = RPC_PARAM_BOOLEAN, .rpc_param_value_u = { .b = value } });
}

rpc_param *
virtcpu_rpc_params_steal(GArray *params, u_int *length)
{
    gsize count;
    rpc_param *elements = g_array_steal(params, &count);

    g_array_unref(params);
    *length = (u_int)count;
    return elements;
}
