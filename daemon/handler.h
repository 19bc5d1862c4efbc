/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What several handlers need. */
#pragma once

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/driver-change.h"
#include "rpc-table.h"

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VirtCpuDomainInfo, virtcpu_domain_info_clear)

/* FALSE with @error set (INVALID_ARG) when @flags has others than @supported. @api: who asks. Any
 * thread. */
gboolean virtcpu_handler_check_flags(unsigned flags, unsigned supported, const char *api,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Move @ref (transfer full; may be NULL) to @out. FALSE when it is NULL. Any thread. */
gboolean virtcpu_handler_take_ref(VirtCpuDomainRef *ref, rpc_domain *out) G_GNUC_WARN_UNUSED_RESULT;

/* Move @text (transfer full; may be NULL) to @out. FALSE when it is NULL. Any thread. */
gboolean virtcpu_handler_take_text(char *text, rpc_text *out) G_GNUC_WARN_UNUSED_RESULT;

/* Move what @ref holds to @out. Any thread. */
void virtcpu_handler_move_ref(VirtCpuDomainRef *ref, rpc_domain *out);

/* Copy @ref to @out. Any thread. */
void virtcpu_handler_copy_ref(const VirtCpuDomainRef *ref, rpc_domain *out);

/* The UUID of @dom as the driver takes it. */
const guint8 *virtcpu_handler_uuid(const rpc_domain *dom);

/* *@text, or NULL when it was left out. */
const char *virtcpu_handler_text(rpc_opt_text text);

/* What the driver knows of @dom into @info. NO_DOMAIN when it is gone. Quick. Any thread. */
gboolean virtcpu_handler_info(const VirtCpuConnection *conn, const rpc_domain *dom,
                              VirtCpuDomainInfo *info, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same, and it must run: OPERATION_INVALID. */
gboolean virtcpu_handler_active(const VirtCpuConnection *conn, const rpc_domain *dom,
                                VirtCpuDomainInfo *info, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Move @params (transfer full) to @ret as the two calls that clients make want them: @count 0 asks
 * how many there are, else they come. */
void virtcpu_handler_take_tuning(GArray *params, int count, rpc_tuning_ret *ret);

/* Say why nobody in the guest of @dom can be asked, which is a change: OPERATION_DENIED, naming
 * @api, for who may only look. */
void virtcpu_handler_refuse_agent(const VirtCpuConnection *conn, const rpc_domain *dom,
                                  const char *api, GError **error);

/* The definition of @dom that @flags mean, to be looked at (transfer full); they may have @more
 * than VIRTCPU_CHANGE_IMPACT. @api: who asks. Errors: INVALID_ARG for other flags, and those of
 * virtcpu_driver_definition. Quick. Any thread. */
VirtCpuDomainDef *virtcpu_handler_definition(const VirtCpuConnection *conn, const rpc_domain *dom,
                                             unsigned flags, unsigned more, const char *api,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Which definition of the domain @info tells of is meant by @flags (VIRTCPU_CHANGE_, 0: what runs,
 * else the persistent one): TRUE into @config for the persistent one. Errors: INVALID_ARG for both,
 * OPERATION_INVALID for one there is not. Any thread. */
gboolean virtcpu_handler_choose_definition(const VirtCpuDomainInfo *info, unsigned flags,
                                           gboolean *config,
                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Zeroed room for @count CPU maps of @bytes each, checked against the protocol's limits (transfer
 * full). Errors: INTERNAL_ERROR when they are exceeded. Any thread. */
guint8 *virtcpu_handler_new_maps(int count, int bytes, GError **error) G_GNUC_WARN_UNUSED_RESULT;
