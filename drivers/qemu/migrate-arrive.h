/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a migration ends at its destination. The caller has entered the operation MIGRATION_IN, which
 * is over when these return. */
#pragma once

#include "drivers/qemu/domain.h"

/* The guest does not come: end its QEMU, as if it had never been here. */
void virtcpu_migration_drop(VirtCpuDomain *domain);

/* An earlier daemon let the guest run and may not have told so: when the source says that it runs
 * there it is ended here. */
void virtcpu_migration_keep_or_drop(VirtCpuDomain *domain);
