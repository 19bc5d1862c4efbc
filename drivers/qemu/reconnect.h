/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finding again the QEMUs that an earlier daemon left running. */
#pragma once

#include "drivers/qemu/domain.h"

/* Read every status file: QEMUs that still run get their domain back as it is recorded, and workers
 * ask them how they do; of the others the rest is cleaned up. Waits a moment for the answers, but
 * not for a QEMU that hangs: its domain's job is held until it answers or its time is up. Nothing
 * that cannot be read is touched. Main loop thread, before the driver serves. */
void virtcpu_driver_reconnect(VirtCpuDriver *driver);

/* Worker task: ask the QEMU of @domain, which was found and did not answer then, how it does. */
void virtcpu_domain_meet(VirtCpuDomain *domain);
