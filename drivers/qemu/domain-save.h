/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a save that an earlier daemon left behind becomes. */
#pragma once

#include "drivers/qemu/domain-status.h"

/* Finish the save of @domain, which is entered and is ended here, or roll it back: its image is
 * there, whole, and its QEMU ended, or the other way round. */
void virtcpu_domain_save_recover(VirtCpuDomain *domain);

/* The same when the QEMU, of which @status tells, is gone. TRUE when the guest is in its image. */
gboolean virtcpu_domain_save_recover_unseen(const VirtCpuDomainStatus *status);
