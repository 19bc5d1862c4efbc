/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How QEMU is told to send a guest's state to another, and to receive it. */
#pragma once

#include "conf/json.h"
#include "conf/migration-cookie.h"
#include "conf/migration-params.h"
#include "drivers/qemu/domain.h"

/* The migration capabilities that @flags ask for, each of QEMU's names to bool, for the sender or
 * the @receiver (transfer full). @ours: the other daemon is of our kind, and both have the receiver
 * tell the sender that it has all of the state. */
VirtCpuJson *virtcpu_migrate_capabilities(unsigned flags, gboolean receiver,
                                          gboolean ours) G_GNUC_WARN_UNUSED_RESULT;

/* Send the state of running @domain as @flags and @params say to where @params' migrate_uri is, as
 * @cookie of the destination asks for it, until it is all there, or with POSTCOPY the guest is
 * about to run there. The operation MIGRATION_OUT is entered. Errors: OPERATION_ABORTED,
 * OPERATION_FAILED; those of the URI. */
gboolean virtcpu_migrate_send(VirtCpuDomain *domain, unsigned flags,
                              const VirtCpuMigrateParams *params,
                              const VirtCpuMigrationCookie *cookie,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
