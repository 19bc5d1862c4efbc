/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel's KVM can give a guest. Elsewhere than on x86 only whether it can be used. */
#pragma once

#include "drivers/cpu/cpu.h"

/* An open /dev/kvm (the caller closes it) that can make virtual machines, or -1 with @reason set to
 * a translated sentence (transfer full) saying why it cannot be used. */
int virtcpu_kvm_open(char **reason) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE when this process may open /dev/kvm for reading and writing, asked now. */
gboolean virtcpu_kvm_is_accessible(void);

/* Every CPUID leaf and feature MSR that the KVM behind @fd supports for guests, less what
 * virtcpu_cpuid_clear_identity clears (transfer full);
 * NULL when it cannot be asked or @arch has no such data. */
VirtCpuData *virtcpu_kvm_read_supported(int fd, VirtCpuArch arch) G_GNUC_WARN_UNUSED_RESULT;

/* Feature MSR @index as KVM gives it; FALSE, @value untouched, when @fd is -1 or it is none. */
gboolean virtcpu_kvm_read_msr(int fd, guint32 index, guint64 *value);

/* The TSC frequency in Hz that a vCPU gets (0: unknown) and whether KVM can scale it. */
void virtcpu_kvm_read_tsc(int fd, guint64 *hz, VirtCpuTristate *scaling);
