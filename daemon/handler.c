/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/handler.h"

#include "daemon/rpc-params.h"
#include "drivers/qemu/input.h"

#include <string.h>

gboolean
virtcpu_handler_check_flags(unsigned flags, unsigned supported, const char *api, GError **error)
{
    if ((flags & ~supported) != 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("unsupported flags (0x%x) in function %s"), flags & ~supported, api);
        return FALSE;
    }
    return TRUE;
}

void
virtcpu_handler_copy_ref(const VirtCpuDomainRef *ref, rpc_domain *out)
{
    out->name = g_strdup(ref->name);
    memcpy(out->uuid, ref->uuid, VIRTCPU_UUID_BYTES);
    out->id = ref->id;
}

void
virtcpu_handler_move_ref(VirtCpuDomainRef *ref, rpc_domain *out)
{
    out->name = g_steal_pointer(&ref->name);
    memcpy(out->uuid, ref->uuid, VIRTCPU_UUID_BYTES);
    out->id = ref->id;
}

gboolean
virtcpu_handler_take_ref(VirtCpuDomainRef *ref, rpc_domain *out)
{
    g_autoptr(VirtCpuDomainRef) taken = ref;

    if (taken == NULL) {
        return FALSE;
    }
    virtcpu_handler_move_ref(taken, out);
    return TRUE;
}

gboolean
virtcpu_handler_take_text(char *text, rpc_text *out)
{
    *out = text;
    return text != NULL;
}

const guint8 *
virtcpu_handler_uuid(const rpc_domain *dom)
{
    return (const guint8 *)dom->uuid;
}

const char *
virtcpu_handler_text(rpc_opt_text text)
{
    return text != NULL ? *text : NULL;
}

gboolean
virtcpu_handler_info(const VirtCpuConnection *conn, const rpc_domain *dom, VirtCpuDomainInfo *info,
                     GError **error)
{
    return virtcpu_driver_info(conn->driver, virtcpu_handler_uuid(dom), info, error);
}

gboolean
virtcpu_handler_active(const VirtCpuConnection *conn, const rpc_domain *dom,
                       VirtCpuDomainInfo *info, GError **error)
{
    if (!virtcpu_handler_info(conn, dom, info, error)) {
        return FALSE;
    }
    if (!info->active) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID, _("domain is not running"));
    }
    return info->active;
}

void
virtcpu_handler_take_tuning(GArray *params, int count, rpc_tuning_ret *ret)
{
    ret->params.params_val = virtcpu_rpc_params_steal(params, &ret->params.params_len);
    if (count == 0) {
        ret->count = (int)ret->params.params_len;
        for (u_int i = 0; i < ret->params.params_len; i++) {
            xdr_free((xdrproc_t)xdr_rpc_param, (char *)&ret->params.params_val[i]);
        }
        ret->params.params_len = 0;
    }
}

void
virtcpu_handler_refuse_agent(const VirtCpuConnection *conn, const rpc_domain *dom, const char *api,
                             GError **error)
{
    if (virtcpu_rpc_client_is_read_only(conn->client)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_DENIED, _("read only access prevents %s"),
                          api);
        return;
    }
    virtcpu_driver_refuse_agent(conn->driver, virtcpu_handler_uuid(dom), error);
}

VirtCpuDomainDef *
virtcpu_handler_definition(const VirtCpuConnection *conn, const rpc_domain *dom, unsigned flags,
                           unsigned more, const char *api, GError **error)
{
    if (!virtcpu_handler_check_flags(flags, VIRTCPU_CHANGE_IMPACT | more, api, error)) {
        return NULL;
    }
    return virtcpu_driver_definition(conn->driver, virtcpu_handler_uuid(dom),
                                     flags & VIRTCPU_CHANGE_IMPACT, error);
}

gboolean
virtcpu_handler_choose_definition(const VirtCpuDomainInfo *info, unsigned flags, gboolean *config,
                                  GError **error)
{
    if ((flags & VIRTCPU_CHANGE_LIVE) != 0 && (flags & VIRTCPU_CHANGE_CONFIG) != 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("The live and the persistent definition are asked for at once."));
        return FALSE;
    }
    if ((flags & VIRTCPU_CHANGE_LIVE) != 0 && !info->active) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID, _("domain is not running"));
        return FALSE;
    }
    if ((flags & VIRTCPU_CHANGE_CONFIG) != 0 && !info->persistent) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                          _("transient domains do not have any persistent config"));
        return FALSE;
    }
    *config = (flags & VIRTCPU_CHANGE_CONFIG) != 0 || !info->active;
    return TRUE;
}

guint8 *
virtcpu_handler_new_maps(int count, int bytes, GError **error)
{
    if (count < 0 || count > RPC_VCPUS_MAX || bytes < 0 ||
        (gint64)count * bytes > RPC_CPUMAPS_MAX) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("%d CPU maps of %d bytes are more than the protocol can carry"), count,
                          bytes);
        return NULL;
    }
    return g_malloc0(MAX((gsize)count * (gsize)bytes, 1));
}
