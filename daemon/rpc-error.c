/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/rpc-error.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "schemas/virtcpu_rpc.h"

/* virErrorLevel: an error, as opposed to a warning. */
#define LEVEL_ERROR 2
/* int1 and int2 of an error that has nothing to say in them; an errno goes into int1. */
#define NOTHING (-1)
/* Far above any sentence; libxml2 and QEMU can be made to say more. */
#define TEXT_MAX (64u * 1024u)

VirtCpuRpcHeader
virtcpu_rpc_reply_header(const VirtCpuRpcHeader *call, VirtCpuRpcStatus status)
{
    return (VirtCpuRpcHeader){
        .program = call->program,
        .version = call->version,
        .procedure = call->procedure,
        .type = VIRTCPU_RPC_REPLY,
        .serial = call->serial,
        .status = status,
    };
}

static char *
cut(const char *text)
{
    g_autofree char *start = g_strndup(text, TEXT_MAX);

    return g_utf8_make_valid(start, -1);
}

GBytes *
virtcpu_rpc_error_reply(const VirtCpuRpcHeader *call, const GError *error)
{
    return virtcpu_rpc_error_packet(call, VIRTCPU_RPC_REPLY, error);
}

GBytes *
virtcpu_rpc_error_packet(const VirtCpuRpcHeader *call, VirtCpuRpcType type, const GError *error)
{
    VirtCpuRpcHeader header = virtcpu_rpc_reply_header(call, VIRTCPU_RPC_ERROR);
    const VirtCpuErrorCode code = virtcpu_error_to_code(error);
    const int errnum = virtcpu_error_to_errno(error);
    const VirtCpuErrorInfo *info = virtcpu_error_info(code);
    g_autofree char *whole = virtcpu_error_to_text(error);
    g_autofree char *message = cut(whole);
    g_autofree char *detail = cut(error->message);
    g_autofree char *format =
        info->prefix[0] != '\0' ? g_strdup_printf("%s: %%s", _(info->prefix)) : g_strdup("%s");
    const rpc_error value = {
        .code = (int)code,
        .origin = info->origin,
        .message = &message,
        .level = LEVEL_ERROR,
        .str1 = &format,
        .str2 = &detail,
        .int1 = errnum != 0 ? errnum : NOTHING,
        .int2 = NOTHING,
    };
    g_autoptr(GError) problem = NULL;
    GBytes *reply;

    header.type = type;
    reply = virtcpu_rpc_frame_new(&header, NULL, (xdrproc_t)xdr_rpc_error, &value, &problem);
    g_assert_no_error(problem);
    return reply;
}
