/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of a guest's command line decides what its CPU is. */
#pragma once

#include "drivers/qemu/guest-proof.h"

/* Append to @argv the -machine, -accel, -cpu, -global and -smp that the guest of @input gets, 16
 * MiB of memory, and nothing else of it. @monitor_fd: as the QEMU inherits it. Errors: those of
 * virtcpu_args_build. Any thread. */
gboolean virtcpu_guest_options_add(GStrvBuilder *argv, const VirtCpuGuestInput *input,
                                   int monitor_fd, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Of these only what decides the CPU, not how many there are. */
gboolean virtcpu_guest_options_add_cpu(GStrvBuilder *argv, const VirtCpuGuestInput *input,
                                       int monitor_fd, GError **error) G_GNUC_WARN_UNUSED_RESULT;
