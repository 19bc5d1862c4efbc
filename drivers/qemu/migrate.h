/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of the driver that moves guests to other daemons and takes them in: libvirt's protocol
 * version 3. As driver.h says, calls are thread-safe and block; perform blocks for as long as the
 * guest's memory takes.
 *
 *     source       begin       perform            confirm
 *     destination        prepare          finish
 *
 * The client, or with PEER2PEER the source itself, makes the calls in this order. Whatever fails
 * before finish has let the guest run leaves it where it was, and nothing on the other side. A
 * phase belongs to the connection that called for it: when that goes before the next phase comes,
 * the migration is undone. */
#pragma once

#include "conf/migration-params.h"
#include "drivers/qemu/driver.h"

/* What each call has; transfer none. */
typedef struct {
    unsigned flags; /* of VirtCpuMigrateFlag */
    const VirtCpuMigrateParams *params;
    GBytes *cookie; /* what the other side's last phase said; may be empty */
    guint64 owner;  /* token of the calling connection */
} VirtCpuMigrateCall;

/* The definition that the destination is to be given, and @cookie for it (transfer full, both).
 * With CHANGE_PROTECTION nothing else changes the domain from now on. Errors: OPERATION_INVALID
 * when it does not run, or cannot be moved as it is; MIGRATE_UNSAFE; what else is wrong with the
 * call. */
char *virtcpu_driver_migrate_begin(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                   const VirtCpuMigrateCall *call, GBytes **cookie,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Decide whether the guest can go on here with exactly its CPU, start a QEMU for it, paused, and
 * wait for its state at @uri (transfer full; NULL: where the call says). Errors: CPU_INCOMPATIBLE
 * naming each obstacle; OPERATION_FAILED and OPERATION_INVALID for a domain that is here already;
 * CONFIG_UNSUPPORTED; INTERNAL_ERROR for a cookie that is none or our own. */
gboolean virtcpu_driver_migrate_prepare(VirtCpuDriver *driver, const VirtCpuMigrateCall *call,
                                        GBytes **cookie, char **uri,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Send the guest's state. It stands still when this returns TRUE; otherwise it goes on here. With
 * PEER2PEER do the whole migration to the daemon at @daemon_uri (else NULL). Errors:
 * OPERATION_ABORTED; OPERATION_FAILED with what QEMU said. */
gboolean virtcpu_driver_migrate_perform(VirtCpuDriver *driver,
                                        const guint8 uuid[VIRTCPU_UUID_BYTES],
                                        const char *daemon_uri, const VirtCpuMigrateCall *call,
                                        GBytes **cookie, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Let the guest run here, or with @cancelled end it, which MIGRATE_FINISH_OK confirms.
 * @call->params names the domain. Returns (transfer full). Errors: NO_DOMAIN, OPERATION_INVALID
 * when no state came in; CPU_INCOMPATIBLE and others when the guest cannot run: it is ended here.
 */
VirtCpuDomainRef *virtcpu_driver_migrate_finish(VirtCpuDriver *driver,
                                                const VirtCpuMigrateCall *call, gboolean cancelled,
                                                GBytes **cookie,
                                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The guest runs at the destination: end it here; or with @cancelled let it go on here. Errors:
 * OPERATION_INVALID when no migration waits for this. */
gboolean virtcpu_driver_migrate_confirm(VirtCpuDriver *driver,
                                        const guint8 uuid[VIRTCPU_UUID_BYTES],
                                        const VirtCpuMigrateCall *call, gboolean cancelled,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Let the guest that is being moved run at the destination from now on, its memory coming after it.
 * OPERATION_INVALID when no migration with POSTCOPY is under way. */
gboolean virtcpu_driver_migrate_start_postcopy(VirtCpuDriver *driver,
                                               const guint8 uuid[VIRTCPU_UUID_BYTES],
                                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
