/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Errors on the wire. */
#pragma once

#include "daemon/rpc-frame.h"

/* The reply to the call with @call's header that says @error, in libvirt's form: text with class
 * prefix, "prefix: %s" and detail apart. Text beyond the protocol's limit is cut. Never NULL
 * (transfer full). Any thread. */
GBytes *virtcpu_rpc_error_reply(const VirtCpuRpcHeader *call,
                                const GError *error) G_GNUC_WARN_UNUSED_RESULT;

/* The same as the last packet of the stream that @call opened, or of any other @type. */
GBytes *virtcpu_rpc_error_packet(const VirtCpuRpcHeader *call, VirtCpuRpcType type,
                                 const GError *error) G_GNUC_WARN_UNUSED_RESULT;

/* The header of the reply to @call. */
VirtCpuRpcHeader virtcpu_rpc_reply_header(const VirtCpuRpcHeader *call, VirtCpuRpcStatus status);
