/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Is the guest CPU what was promised? Asked of the paused QEMU, before the first instruction. */
#pragma once

#include "conf/domain-def.h"
#include "drivers/host/host.h"
#include "drivers/qemu/qmp.h"
#include "drivers/qemu/vcpu.h"

/* What is verified; nothing is kept. */
typedef struct {
    VirtCpuQmp *qmp;
    const VirtCpuDomainDef *def; /* arch, machine, virt type, topology */
    const VirtCpuDef *cpu; /* as resolved for this start, check decided; NULL: QEMU's default CPU */
    const VirtCpuData *expected; /* what the model contains under the machine type, asked of a QEMU
                                    without any guest's options: this one's answer would have its
                                    own -cpu in it; NULL when not needed */
    const VirtCpuHost *host;     /* for the reasons of a refusal; NULL: not known */
    unsigned timeout_ms;         /* 0: 30 s */
} VirtCpuVerifyInput;

/* Take out of @features (of char *) what QEMU derives from the topology of a vCPU, unless @cpu
 * names it: that is no news. */
void virtcpu_verify_drop_derived(const VirtCpuDef *cpu, GPtrArray *features);

/* TRUE when @cpu, resolved, cannot be judged without VirtCpuVerifyInput.expected. */
gboolean virtcpu_verify_needs_content(const VirtCpuDef *cpu);

/* Judge check full by what was asked of the vCPUs before; @input needs no qmp. Errors as below. */
gboolean virtcpu_verify_judge(const VirtCpuVerifyInput *input, const VirtCpuVcpus *vcpus,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Ask the QEMU and judge. check none and partial: nothing that the vCPU lacks or adds fails. check
 * full: any missing or extra feature is OPERATION_FAILED naming each feature, the layer that
 * decided, and what to do; the caller then stops the QEMU. Where QEMU alone knows what models
 * contain, check partial and full hold the vCPUs against the features named. @live gets the exact
 * CPU the guest has, check full (transfer full); a copy of @input's CPU where only the hypervisor
 * knows (host-passthrough, maximum, such an architecture); NULL when @input has none. */
gboolean virtcpu_verify_run(const VirtCpuVerifyInput *input, VirtCpuDef **live,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
