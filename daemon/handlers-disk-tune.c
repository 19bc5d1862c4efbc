/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How fast the guest may use a disk. */
#include "conf/typed-param.h"
#include "daemon/handler.h"
#include "daemon/rpc-params.h"
#include "drivers/qemu/driver-change.h"

static gboolean
read_limit(const rpc_param *param, VirtCpuDiskTuneWish *wish, GError **error)
{
    const unsigned limit = virtcpu_disk_limit_find(param->field);

    if (limit == VIRTCPU_DISK_LIMITS) {
        return virtcpu_typed_param_refuse_unknown(param->field, error);
    }
    if (param->value.type != RPC_PARAM_ULLONG) {
        return virtcpu_typed_param_refuse_type(param->field, (int)param->value.type,
                                               RPC_PARAM_ULLONG, error);
    }
    if (wish->given[limit]) {
        return virtcpu_typed_param_refuse_second(param->field, error);
    }
    if (param->value.rpc_param_value_u.ul > VIRTCPU_DISK_LIMIT_MAX) {
        virtcpu_error_set(error, VIRTCPU_ERR_ARGUMENT_UNSUPPORTED,
                          _("block I/O throttle limit value must be no more than %llu"),
                          (unsigned long long)VIRTCPU_DISK_LIMIT_MAX);
        return FALSE;
    }
    wish->given[limit] = TRUE;
    wish->tune.limits[limit] = param->value.rpc_param_value_u.ul;
    return TRUE;
}

/* A name that XML cannot write would not be read again. */
static gboolean
is_text(const char *name)
{
    for (const char *at = name; *at != '\0'; at++) {
        if (g_ascii_iscntrl(*at)) {
            return FALSE;
        }
    }
    return g_utf8_validate(name, -1, NULL);
}

static gboolean
read_group(const rpc_param *param, VirtCpuDiskTuneWish *wish, GError **error)
{
    const char *name = param->value.rpc_param_value_u.s;

    if (param->value.type != RPC_PARAM_STRING) {
        return virtcpu_typed_param_refuse_type(param->field, (int)param->value.type,
                                               RPC_PARAM_STRING, error);
    }
    if (wish->group_given) {
        return virtcpu_typed_param_refuse_second(param->field, error);
    }
    if (!is_text(name)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("parameter '%s' has a character that no name has"), param->field);
        return FALSE;
    }
    wish->group_given = TRUE;
    wish->tune.group = name[0] != '\0' ? g_strdup(name) : NULL;
    return TRUE;
}

gboolean
virtcpu_handle_domain_set_block_io_tune(VirtCpuConnection *conn,
                                        const rpc_set_device_tuning_args *args, GError **error)
{
    g_auto(VirtCpuDiskTuneWish) wish = { { { 0 } } };

    if (!virtcpu_handler_check_flags(args->flags, VIRTCPU_CHANGE_IMPACT, "virDomainSetBlockIoTune",
                                     error)) {
        return FALSE;
    }
    for (u_int i = 0; i < args->params.params_len; i++) {
        const rpc_param *param = &args->params.params_val[i];

        if (!(g_str_equal(param->field, "group_name") ? read_group(param, &wish, error)
                                                      : read_limit(param, &wish, error))) {
            return FALSE;
        }
    }
    return virtcpu_driver_tune_disk(conn->driver, virtcpu_handler_uuid(&args->dom), args->device,
                                    &wish, args->flags, error);
}

/* Zeroed @tune when the caller only wants to know how many parameters there are. */
static gboolean
ask(VirtCpuConnection *conn, const rpc_io_tune_args *args, VirtCpuDiskTune *tune, GError **error)
{
    const unsigned flags = args->flags & VIRTCPU_CHANGE_IMPACT;
    const char *disk = virtcpu_handler_text(args->disk);
    g_autoptr(VirtCpuDomainDef) def = NULL;

    if (args->count != 0) {
        return virtcpu_driver_disk_tune(conn->driver, virtcpu_handler_uuid(&args->dom),
                                        disk != NULL ? disk : "", flags, tune, error);
    }
    def = virtcpu_driver_definition(conn->driver, virtcpu_handler_uuid(&args->dom), flags, error);
    return def != NULL;
}

gboolean
virtcpu_handle_domain_get_block_io_tune(VirtCpuConnection *conn, const rpc_io_tune_args *args,
                                        rpc_tuning_ret *ret, GError **error)
{
    const gboolean strings = (args->flags & VIRTCPU_RPC_PARAMS_TEXT) != 0;
    g_auto(VirtCpuDiskTune) tune = { { 0 } };
    GArray *params;

    if (!virtcpu_handler_check_flags(args->flags, VIRTCPU_CHANGE_IMPACT | VIRTCPU_RPC_PARAMS_TEXT,
                                     "virDomainGetBlockIoTune", error) ||
        !ask(conn, args, &tune, error)) {
        return FALSE;
    }
    params = virtcpu_rpc_params_new();
    for (unsigned i = 0; i < VIRTCPU_DISK_LIMITS; i++) {
        if (i == VIRTCPU_DISK_LENGTH && strings) {
            virtcpu_rpc_params_add_text(params, "group_name", tune.group != NULL ? tune.group : "");
        }
        virtcpu_rpc_params_add_ullong(params, virtcpu_disk_limit_name(i), tune.limits[i]);
    }
    virtcpu_handler_take_tuning(params, args->count, ret);
    return TRUE;
}
