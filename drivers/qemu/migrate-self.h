/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who this daemon is to the other side of a migration. Daemons with different roots on one machine
 * are different daemons; immutable once made. */
#pragma once

#include "conf/domain-def.h"
#include "conf/migration-cookie.h"

typedef struct {
    guint8 uuid[VIRTCPU_UUID_BYTES]; /* of the daemon, as the cookie's <hostuuid> */
    char *hostname;
    char *place;  /* the running kernel and the network namespace: within one, loopback connects */
    char *daemon; /* libvirt URI of its socket; NULL: unknown */
} VirtCpuMigrateSelf;

/* @host_uuid: what the configuration says, or NULL: one is made and kept in @state_dir, where it
 * lasts as long as guests do. @hostname and @daemon may be NULL. Errors: INVALID_ARG when
 * @host_uuid is none; SYSTEM_ERROR (transfer full). */
VirtCpuMigrateSelf *virtcpu_migrate_self_new(const char *host_uuid, const char *state_dir,
                                             const char *hostname, const char *daemon,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Free @self (may be NULL). */
void virtcpu_migrate_self_free(VirtCpuMigrateSelf *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuMigrateSelf, virtcpu_migrate_self_free)

/* Sign @cookie as ours. */
void virtcpu_migrate_self_sign(const VirtCpuMigrateSelf *self, VirtCpuMigrationCookie *cookie);

/* Refuse a @cookie that we signed ourselves: INTERNAL_ERROR in libvirt's words. */
gboolean virtcpu_migrate_self_check(const VirtCpuMigrateSelf *self,
                                    const VirtCpuMigrationCookie *cookie,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE when the sender of @cookie is reached through loopback. */
gboolean virtcpu_migrate_self_is_near(const VirtCpuMigrateSelf *self,
                                      const VirtCpuMigrationCookie *cookie);
