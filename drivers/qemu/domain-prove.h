/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A domain's CPU, proven from inside a guest before the domain's own is let run. */
#pragma once

#include "drivers/qemu/args.h"
#include "drivers/qemu/domain.h"

/* Prove the CPU that @args gives a start of @domain, when the driver is to
 * (VirtCpuDriverConfig.verify_in_guest). check full: a proof that fails or cannot be made fails the
 * start, with the errors of virtcpu_guest_proofs_ensure; other checks leave a warning in the log.
 * Under the domain's job; blocks. */
gboolean virtcpu_domain_prove(VirtCpuDomain *domain, const VirtCpuArgsInput *args,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
