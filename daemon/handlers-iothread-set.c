/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How an I/O thread works. */
#include "conf/typed-param.h"
#include "daemon/handler.h"
#include "drivers/qemu/driver-change.h"

/* By VirtCpuIothreadSetting. */
static const rpc_param_type types[VIRTCPU_IOTHREAD_SETTINGS] = {
    [VIRTCPU_IOTHREAD_POLL_MAX_NS] = RPC_PARAM_ULLONG,
    [VIRTCPU_IOTHREAD_POLL_GROW] = RPC_PARAM_UINT,
    [VIRTCPU_IOTHREAD_POLL_SHRINK] = RPC_PARAM_UINT,
    [VIRTCPU_IOTHREAD_POOL_MIN] = RPC_PARAM_INT,
    [VIRTCPU_IOTHREAD_POOL_MAX] = RPC_PARAM_INT,
};

static gint64
read_value(const rpc_param_value *value)
{
    switch ((int)value->type) {
    case RPC_PARAM_ULLONG:
        return (gint64)MIN(value->rpc_param_value_u.ul, (guint64)G_MAXINT64);
    case RPC_PARAM_UINT:
        return value->rpc_param_value_u.ui;
    case RPC_PARAM_INT:
    default:
        return value->rpc_param_value_u.i;
    }
}

static gboolean
read_param(const rpc_param *param, VirtCpuIothreadWish *wish, GError **error)
{
    for (unsigned i = 0; i < VIRTCPU_IOTHREAD_SETTINGS; i++) {
        const char *name = virtcpu_iothread_setting_name((VirtCpuIothreadSetting)i);

        if (!g_str_equal(param->field, name)) {
            continue;
        }
        if (param->value.type != types[i]) {
            return virtcpu_typed_param_refuse_type(name, (int)param->value.type, (int)types[i],
                                                   error);
        }
        if (wish->given[i]) {
            return virtcpu_typed_param_refuse_second(name, error);
        }
        wish->given[i] = TRUE;
        wish->values[i] = read_value(&param->value);
        return TRUE;
    }
    return virtcpu_typed_param_refuse_unknown(param->field, error);
}

gboolean
virtcpu_handle_domain_set_iothread_params(VirtCpuConnection *conn,
                                          const rpc_set_iothread_args *args, GError **error)
{
    VirtCpuIothreadWish wish = { { 0 } };

    if (!virtcpu_handler_check_flags(args->flags, VIRTCPU_CHANGE_IMPACT,
                                     "virDomainSetIOThreadParams", error)) {
        return FALSE;
    }
    for (u_int i = 0; i < args->params.params_len; i++) {
        if (!read_param(&args->params.params_val[i], &wish, error)) {
            return FALSE;
        }
    }
    return virtcpu_driver_set_iothread(conn->driver, virtcpu_handler_uuid(&args->dom), args->number,
                                       &wish, args->flags, error);
}
