/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why a guest whose CPU was proven must not run, in words. */
#pragma once

#include "drivers/qemu/guest-compare.h"

/* What the unexplained ones of @differences are, by leaf, register and feature, which layer makes
 * them and what to do about it, as whole sentences (transfer full); NULL when there is none. Any
 * thread. */
char *virtcpu_guest_refusal(const GPtrArray *differences,
                            VirtCpuVirtType virt_type) G_GNUC_WARN_UNUSED_RESULT;
