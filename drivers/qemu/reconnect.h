/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finding again the QEMUs that an earlier daemon left running. */
#pragma once

#include "drivers/qemu/driver.h"

/* Read every status file: QEMUs that still run get their domain back, their CPU asked and compared
 * with what is recorded; of the others the rest is cleaned up. Nothing that cannot be read is
 * touched. Main loop thread, before the driver serves. */
void virtcpu_driver_reconnect(VirtCpuDriver *driver);
