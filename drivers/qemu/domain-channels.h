/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The UNIX sockets of channels whose place the definition leaves open. */
#pragma once

#include "drivers/qemu/driver.h"

/* Name, below the daemon's state folder, the sockets of @def's channels that have no path; QEMU
 * listens there. For a definition about to run: the paths are no part of it. */
void virtcpu_domain_name_channels(VirtCpuDriver *driver, VirtCpuDomainDef *def);
