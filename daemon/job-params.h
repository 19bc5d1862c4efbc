/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An operation's progress as clients read it. */
#pragma once

#include "drivers/qemu/operation.h"

/* Typed parameters for @progress under libvirt's names; of rpc_param (transfer full). Any thread.
 */
GArray *virtcpu_job_params(const VirtCpuOperationProgress *progress) G_GNUC_WARN_UNUSED_RESULT;
