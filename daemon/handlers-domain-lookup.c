/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finding domains. */
#include "daemon/handler.h"

/* virConnectListAllDomainsFlags. */
#define LIST_ACTIVE   1u
#define LIST_INACTIVE 2u
#define LIST_ALL      0xffffu

gboolean
virtcpu_handle_domain_lookup_by_id(VirtCpuConnection *conn, const rpc_int_args *args,
                                   rpc_domain_ret *ret, GError **error)
{
    return virtcpu_handler_take_ref(virtcpu_driver_lookup_id(conn->driver, args->value, error),
                                    &ret->dom);
}

gboolean
virtcpu_handle_domain_lookup_by_name(VirtCpuConnection *conn, const rpc_text_args *args,
                                     rpc_domain_ret *ret, GError **error)
{
    return virtcpu_handler_take_ref(virtcpu_driver_lookup_name(conn->driver, args->text, error),
                                    &ret->dom);
}

gboolean
virtcpu_handle_domain_lookup_by_uuid(VirtCpuConnection *conn, const rpc_uuid_args *args,
                                     rpc_domain_ret *ret, GError **error)
{
    return virtcpu_handler_take_ref(
        virtcpu_driver_lookup_uuid(conn->driver, (const guint8 *)args->uuid, error), &ret->dom);
}

gboolean
virtcpu_handle_connect_list_all_domains(VirtCpuConnection *conn, const rpc_list_args *args,
                                        rpc_domains_ret *ret, GError **error)
{
    g_autoptr(GPtrArray) refs = NULL;

    if (!virtcpu_handler_check_flags(args->flags, LIST_ALL, "virConnectListAllDomains", error)) {
        return FALSE;
    }
    refs = virtcpu_driver_list(conn->driver, args->flags);
    if (args->need_results && refs->len > RPC_LIST_MAX) {
        virtcpu_error_set(error, VIRTCPU_ERR_RPC, _("Too many domains '%u' for limit '%d'"),
                          refs->len, RPC_LIST_MAX);
        return FALSE;
    }
    ret->count = refs->len;
    if (args->need_results) {
        ret->domains.domains_val = g_new0(rpc_domain, refs->len);
        ret->domains.domains_len = refs->len;
        for (guint i = 0; i < refs->len; i++) {
            virtcpu_handler_move_ref(refs->pdata[i], &ret->domains.domains_val[i]);
        }
    }
    return TRUE;
}

static int
count_domains(const VirtCpuConnection *conn, unsigned flags)
{
    g_autoptr(GPtrArray) refs = virtcpu_driver_list(conn->driver, flags);

    return (int)refs->len;
}

gboolean
virtcpu_handle_connect_num_of_domains(VirtCpuConnection *conn, rpc_int_ret *ret, GError **error)
{
    ret->value = count_domains(conn, LIST_ACTIVE);
    return TRUE;
}

gboolean
virtcpu_handle_connect_num_of_defined_domains(VirtCpuConnection *conn, rpc_int_ret *ret,
                                              GError **error)
{
    ret->value = count_domains(conn, LIST_INACTIVE);
    return TRUE;
}

/* How many of @found a caller who has room for @room gets. */
static unsigned
limit_list(unsigned found, int room)
{
    return MIN(found, (unsigned)CLAMP(room, 0, RPC_LIST_MAX));
}

gboolean
virtcpu_handle_connect_list_domains(VirtCpuConnection *conn, const rpc_int_args *args,
                                    rpc_ids_ret *ret, GError **error)
{
    g_autoptr(GPtrArray) refs = virtcpu_driver_list(conn->driver, LIST_ACTIVE);

    ret->ids.ids_len = limit_list(refs->len, args->value);
    ret->ids.ids_val = g_new0(int, ret->ids.ids_len);
    for (unsigned i = 0; i < ret->ids.ids_len; i++) {
        ret->ids.ids_val[i] = ((const VirtCpuDomainRef *)refs->pdata[i])->id;
    }
    return TRUE;
}

gboolean
virtcpu_handle_connect_list_defined_domains(VirtCpuConnection *conn, const rpc_int_args *args,
                                            rpc_names_ret *ret, GError **error)
{
    g_autoptr(GPtrArray) refs = virtcpu_driver_list(conn->driver, LIST_INACTIVE);

    ret->names.names_len = limit_list(refs->len, args->value);
    ret->names.names_val = g_new0(rpc_text, ret->names.names_len);
    for (unsigned i = 0; i < ret->names.names_len; i++) {
        ret->names.names_val[i] = g_strdup(((const VirtCpuDomainRef *)refs->pdata[i])->name);
    }
    return TRUE;
}
