/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The arguments of migration calls, in both forms the protocol has, as the driver takes them. */
#pragma once

#include "conf/migration-params.h"
#include "daemon/handler.h"

/* What @args say; INVALID_ARG for a parameter that is unknown, wrongly typed or given twice
 * (transfer full). Any thread. */
VirtCpuMigrateParams *virtcpu_migrate_args_read(const rpc_migrate_params *args,
                                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same of a call without parameters; all texts may be NULL (transfer full). */
VirtCpuMigrateParams *virtcpu_migrate_args_make(const char *xml, const char *dname, const char *uri,
                                                guint64 bandwidth_mib) G_GNUC_WARN_UNUSED_RESULT;

/* Flags that came as a hyper into @flags; INVALID_ARG for what no flag is. */
gboolean virtcpu_migrate_args_flags(guint64 sent, unsigned *flags,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The bytes of @cookie without a copy: valid as long as it (transfer full). */
GBytes *virtcpu_migrate_args_cookie(const rpc_cookie *cookie) G_GNUC_WARN_UNUSED_RESULT;

/* Move @cookie (transfer full; may be NULL) to @out. */
void virtcpu_migrate_args_take_cookie(GBytes *cookie, rpc_cookie *out);
