/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the vCPUs of a running QEMU turned out to be, asked over QMP. */
#pragma once

#include "drivers/cpu/cpu.h"
#include "drivers/qemu/qmp.h"

/* The answer for one QEMU. All its vCPUs are equal, else asking fails. */
typedef struct {
    unsigned count;        /* of vCPUs asked */
    VirtCpuData *enabled;  /* features, vendor and signature as the guest has them */
    VirtCpuData *filtered; /* what was asked for but the accelerator could not give */
} VirtCpuVcpus;

/* Release what @vcpus owns; legal on a zeroed one. */
void virtcpu_vcpus_clear(VirtCpuVcpus *vcpus);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VirtCpuVcpus, virtcpu_vcpus_clear)

/* Ask every vCPU of the QEMU behind @qmp: its CPUID feature words, what was filtered out of them,
 * vendor and signature; the first one also for every property the map names, which covers features
 * that are MSR bits. Zeroed @vcpus is filled. x86 only; NO_SUPPORT for other architectures. Errors:
 * INTERNAL_ERROR for what QEMU said or when vCPUs differ, OPERATION_TIMEOUT. */
gboolean virtcpu_vcpus_ask(VirtCpuQmp *qmp, VirtCpuArch arch, unsigned timeout_ms,
                           VirtCpuVcpus *vcpus, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same of the first vCPU alone: for who asked all of them before, since QEMU takes 2 ms over
 * the questions about one. */
gboolean virtcpu_vcpus_ask_first(VirtCpuQmp *qmp, VirtCpuArch arch, unsigned timeout_ms,
                                 VirtCpuVcpus *vcpus, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The feature without which a guest does not have the feature MSR @index at all, by the name that
 * libvirt and QEMU share; NULL when there is none. Any thread. */
const char *virtcpu_vcpu_msr_feature(guint32 index);
