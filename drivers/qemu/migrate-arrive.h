/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a migration ends at its destination. The caller has entered the operation MIGRATION_IN, which
 * is over when these return. */
#pragma once

#include "drivers/qemu/domain.h"
#include "drivers/qemu/migrate-witness.h"

/* Who tells the sources of guests that come to @driver what became of them (transfer full). It
 * keeps that below @lib_dir. */
VirtCpuMigrateWitness *virtcpu_migration_new_witness(VirtCpuDriver *driver,
                                                     const char *lib_dir) G_GNUC_WARN_UNUSED_RESULT;

/* The guest does not come: end its QEMU, as if it had never been here. */
void virtcpu_migration_drop(VirtCpuDomain *domain);

/* An earlier daemon let the guest run and may not have told so: when the source says that it runs
 * there it is ended here. */
void virtcpu_migration_keep_or_drop(VirtCpuDomain *domain);
