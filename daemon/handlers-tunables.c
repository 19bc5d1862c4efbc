/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libvirt tunes through cgroups, which virtcpud does not use: what is asked for is told as it
 * is without them, what is to be changed is refused in libvirt's words. And the NUMA nodes of
 * memory and the bandwidth of interfaces. */
#include "conf/domain-words.h"
#include "daemon/handler.h"
#include "daemon/rpc-params.h"
#include "drivers/qemu/driver-change.h"

/* The scheduler's parameters: virDomainSetSchedulerParameters. Periods are unsigned, quotas not. */
static const struct {
    const char *field;
    gboolean is_signed;
} scheduler_rows[] = {
    { "cpu_shares", FALSE },      { "vcpu_period", FALSE },     { "vcpu_quota", TRUE },
    { "emulator_period", FALSE }, { "emulator_quota", TRUE },   { "global_period", FALSE },
    { "global_quota", TRUE },     { "iothread_period", FALSE }, { "iothread_quota", TRUE },
};

/* FALSE with @error set when @def is of what runs, which only a cgroup could tell of. */
static gboolean
check_not_live(const VirtCpuDomainDef *def, const char *controller, GError **error)
{
    if (def->id >= 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                          _("cgroup %s controller is not mounted"), controller);
    }
    return def->id < 0;
}

/* What a change with @flags would begin with: what runs, when both are meant (transfer full). */
static VirtCpuDomainDef *
definition_to_change(const VirtCpuConnection *conn, const rpc_domain *dom, unsigned flags,
                     const char *api, GError **error)
{
    const unsigned first =
        (flags & VIRTCPU_CHANGE_LIVE) != 0 ? flags & ~VIRTCPU_CHANGE_CONFIG : flags;

    return virtcpu_handler_definition(conn, dom, first, 0, api, error);
}

/* A change to the definition would ask for an element that virtcpu does not run. */
static gboolean
refuse_set(VirtCpuConnection *conn, const rpc_domain *dom, unsigned flags, const char *api,
           const char *controller, const char *element, GError **error)
{
    g_autoptr(VirtCpuDomainDef) def = definition_to_change(conn, dom, flags, api, error);

    if (def != NULL && check_not_live(def, controller, error)) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("element '%s' needs cgroups, which this daemon does not use"), element);
    }
    return FALSE;
}

gboolean
virtcpu_handle_domain_get_scheduler_type(VirtCpuConnection *conn, const rpc_domain_args *args,
                                         rpc_scheduler_ret *ret, GError **error)
{
    g_autoptr(VirtCpuDomainDef) def =
        virtcpu_handler_definition(conn, &args->dom, 0, 0, "virDomainGetSchedulerType", error);

    if (def == NULL || !check_not_live(def, "CPU", error)) {
        return FALSE;
    }
    ret->type = g_strdup("posix");
    ret->count = (int)G_N_ELEMENTS(scheduler_rows);
    return TRUE;
}

/* A definition says nothing of them: all are 0. */
static gboolean
get_scheduler(VirtCpuConnection *conn, const rpc_domain *dom, int count, unsigned flags,
              rpc_scheduler_params_ret *ret, GError **error)
{
    g_autoptr(VirtCpuDomainDef) def = virtcpu_handler_definition(
        conn, dom, flags, VIRTCPU_RPC_PARAMS_TEXT, "virDomainGetSchedulerParametersFlags", error);
    GArray *params;

    if (def == NULL || !check_not_live(def, "CPU", error)) {
        return FALSE;
    }
    params = virtcpu_rpc_params_new();
    for (int i = 0; i < MIN(count, (int)G_N_ELEMENTS(scheduler_rows)); i++) {
        if (scheduler_rows[i].is_signed) {
            virtcpu_rpc_params_add_llong(params, scheduler_rows[i].field, 0);
        } else {
            virtcpu_rpc_params_add_ullong(params, scheduler_rows[i].field, 0);
        }
    }
    ret->params.params_val = virtcpu_rpc_params_steal(params, &ret->params.params_len);
    return TRUE;
}

gboolean
virtcpu_handle_domain_get_scheduler_parameters(VirtCpuConnection *conn,
                                               const rpc_scheduler_args *args,
                                               rpc_scheduler_params_ret *ret, GError **error)
{
    return get_scheduler(conn, &args->dom, args->count, 0, ret, error);
}

gboolean
virtcpu_handle_domain_get_scheduler_parameters_flags(VirtCpuConnection *conn,
                                                     const rpc_tuning_args *args,
                                                     rpc_scheduler_params_ret *ret, GError **error)
{
    return get_scheduler(conn, &args->dom, args->count, args->flags, ret, error);
}

gboolean
virtcpu_handle_domain_set_scheduler_parameters(VirtCpuConnection *conn,
                                               const rpc_set_scheduler_args *args, GError **error)
{
    return refuse_set(conn, &args->dom, 0, "virDomainSetSchedulerParameters", "CPU", "cputune",
                      error);
}

gboolean
virtcpu_handle_domain_set_scheduler_parameters_flags(VirtCpuConnection *conn,
                                                     const rpc_set_tuning_args *args,
                                                     GError **error)
{
    return refuse_set(conn, &args->dom, args->flags, "virDomainSetSchedulerParametersFlags", "CPU",
                      "cputune", error);
}

gboolean
virtcpu_handle_domain_set_memory_parameters(VirtCpuConnection *conn,
                                            const rpc_set_tuning_args *args, GError **error)
{
    return refuse_set(conn, &args->dom, args->flags, "virDomainSetMemoryParameters", "memory",
                      "memtune", error);
}

gboolean
virtcpu_handle_domain_set_blkio_parameters(VirtCpuConnection *conn, const rpc_set_tuning_args *args,
                                           GError **error)
{
    return refuse_set(conn, &args->dom, args->flags, "virDomainSetBlkioParameters", "blkio",
                      "blkiotune", error);
}

/* Moving memory that is there takes cgroups; what a guest starts with is in its definition. */
gboolean
virtcpu_handle_domain_set_numa_parameters(VirtCpuConnection *conn, const rpc_set_tuning_args *args,
                                          GError **error)
{
    g_autoptr(VirtCpuDomainDef) def =
        definition_to_change(conn, &args->dom, args->flags, "virDomainSetNumaParameters", error);

    if (def != NULL && check_not_live(def, "cpuset", error)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_UNSUPPORTED,
                          _("<numatune> is changed by defining the domain anew"));
    }
    return FALSE;
}

gboolean
virtcpu_handle_domain_get_numa_parameters(VirtCpuConnection *conn, const rpc_tuning_args *args,
                                          rpc_tuning_ret *ret, GError **error)
{
    g_autoptr(VirtCpuDomainDef) def =
        virtcpu_handler_definition(conn, &args->dom, args->flags, VIRTCPU_RPC_PARAMS_TEXT,
                                   "virDomainGetNumaParameters", error);
    const VirtCpuMemoryNode *node;
    GArray *params;

    if (def == NULL) {
        return FALSE;
    }
    node = virtcpu_domain_def_memory_node(def, -1, TRUE);
    params = virtcpu_rpc_params_new();
    virtcpu_rpc_params_add_int(
        params, "numa_mode",
        node != NULL ? virtcpu_words_from_string(&virtcpu_memory_mode_words, node->mode) : 0);
    virtcpu_rpc_params_add_text(params, "numa_nodeset", node != NULL ? node->nodeset : "");
    virtcpu_handler_take_tuning(params, args->count, ret);
    return TRUE;
}

/* The interface that @device names by MAC address or tap device, or NULL with @error set. */
static const VirtCpuNetDef *
find_net(const VirtCpuDomainDef *def, const char *device, GError **error)
{
    for (guint i = 0; i < def->nets->len; i++) {
        const VirtCpuNetDef *net = g_ptr_array_index(def->nets, i);
        g_autofree char *mac = virtcpu_mac_to_string(net->mac);

        if (g_ascii_strcasecmp(mac, device) == 0 || g_strcmp0(net->target, device) == 0) {
            return net;
        }
    }
    virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("'%s' is not a known interface"), device);
    return NULL;
}

static const char *const bandwidth_fields[] = {
    "inbound.average",  "inbound.peak",  "inbound.burst",  "inbound.floor",
    "outbound.average", "outbound.peak", "outbound.burst",
};

gboolean
virtcpu_handle_domain_get_interface_parameters(VirtCpuConnection *conn,
                                               const rpc_interface_tuning_args *args,
                                               rpc_tuning_ret *ret, GError **error)
{
    g_autoptr(VirtCpuDomainDef) def =
        virtcpu_handler_definition(conn, &args->dom, args->flags, VIRTCPU_RPC_PARAMS_TEXT,
                                   "virDomainGetInterfaceParameters", error);
    GArray *params;

    if (def == NULL || (args->count > 0 && find_net(def, args->device, error) == NULL)) {
        return FALSE;
    }
    params = virtcpu_rpc_params_new();
    for (gsize i = 0; i < G_N_ELEMENTS(bandwidth_fields); i++) {
        virtcpu_rpc_params_add_uint(params, bandwidth_fields[i], 0);
    }
    virtcpu_handler_take_tuning(params, args->count, ret);
    return TRUE;
}

gboolean
virtcpu_handle_domain_set_interface_parameters(VirtCpuConnection *conn,
                                               const rpc_set_device_tuning_args *args,
                                               GError **error)
{
    g_autoptr(VirtCpuDomainDef) def = definition_to_change(
        conn, &args->dom, args->flags, "virDomainSetInterfaceParameters", error);
    const VirtCpuNetDef *net = def != NULL ? find_net(def, args->device, error) : NULL;

    if (net != NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("setting bandwidth on interfaces of type '%s' is not implemented yet"),
                          virtcpu_words_to_string(&virtcpu_net_type_words, (int)net->type));
    }
    return FALSE;
}
