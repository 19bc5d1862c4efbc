/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* QMP events that are news for clients: watchdogs, disk errors, graphics clients, block jobs,
 * sleep, the guest's agent. */
#pragma once

#include "drivers/qemu/domain.h"

/* Tell clients of QMP event @name with @data (may be NULL), if it is such news, and note what it
 * makes of the domain's state. Main loop thread. */
void virtcpu_domain_take_news(VirtCpuDomain *domain, const char *name, const VirtCpuJson *data);
