/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What becomes of a migration that an earlier daemon left unfinished. The operation is entered, and
 * over when these return. */
#pragma once

#include "drivers/qemu/domain.h"

/* At the source: what was not all sent is cancelled and the guest goes on; what was, the
 * destination is asked for; what runs there is ended here. */
void virtcpu_migration_recover_out(VirtCpuDomain *domain);

/* At the destination: a guest that was not let run is ended. */
void virtcpu_migration_recover_in(VirtCpuDomain *domain);
