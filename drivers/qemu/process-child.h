/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between fork and exec: the part of process.c in which only system calls are safe. */
#pragma once

#include "drivers/qemu/process.h"

/* Fork and execute as @options say. Returns the child's number once it runs the new program, or -1
 * with SYSTEM_ERROR; then nothing is left of it. Any thread. */
pid_t virtcpu_process_spawn(const VirtCpuProcessOptions *options,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
