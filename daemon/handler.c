/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/handler.h"

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

gboolean
virtcpu_handler_take_ref(VirtCpuDomainRef *ref, rpc_domain *out)
{
    g_autoptr(VirtCpuDomainRef) taken = ref;

    if (taken == NULL) {
        return FALSE;
    }
    virtcpu_handler_copy_ref(taken, out);
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
virtcpu_handler_choose_definition(const VirtCpuDomainInfo *info, unsigned flags, gboolean *config,
                                  GError **error)
{
    if ((flags & VIRTCPU_AFFECT_LIVE) != 0 && (flags & VIRTCPU_AFFECT_CONFIG) != 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("The live and the persistent definition are asked for at once."));
        return FALSE;
    }
    if ((flags & VIRTCPU_AFFECT_LIVE) != 0 && !info->active) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID, _("domain is not running"));
        return FALSE;
    }
    if ((flags & VIRTCPU_AFFECT_CONFIG) != 0 && !info->persistent) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                          _("transient domains do not have any persistent config"));
        return FALSE;
    }
    *config = (flags & VIRTCPU_AFFECT_CONFIG) != 0 || !info->active;
    return TRUE;
}
