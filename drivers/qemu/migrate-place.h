/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a destination waits for a guest's state. */
#pragma once

#include "conf/migration-params.h"
#include "drivers/qemu/migrate-door.h"
#include "drivers/qemu/migrate-self.h"

/* What the source is told: migrate_uri of @params, else the host of @self, or loopback when the
 * source is @near. Errors: those of the URI; INTERNAL_ERROR, libvirt's words, when this host calls
 * itself localhost and the source is elsewhere (transfer full). */
VirtCpuMigrationUri *virtcpu_migrate_place_choose(const VirtCpuMigrateSelf *self,
                                                  const VirtCpuMigrateParams *params, gboolean near,
                                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Listen there: at listen_address of @params, else at the host of @place when that is an address of
 * this one, else at all of its addresses. A port 0 in @place is replaced. Errors: the door's
 * (transfer full). */
VirtCpuMigrateDoor *virtcpu_migrate_place_listen(VirtCpuMigrationUri *place,
                                                 const VirtCpuMigrateParams *params,
                                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same place as a QEMU that listens itself wants it (transfer full). */
char *virtcpu_migrate_place_for_qemu(const VirtCpuMigrationUri *place,
                                     const VirtCpuMigrateParams *params) G_GNUC_WARN_UNUSED_RESULT;
