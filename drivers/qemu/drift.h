/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How one CPU differs between two places: machine types, QEMUs, kernels. Pure. */
#pragma once

#include "drivers/qemu/caps.h"
#include "drivers/qemu/matrix.h"

/* Where CPUs are. */
typedef struct {
    const VirtCpuQemuCaps *caps;
    const char *machine;             /* canonical name; NULL: none is meant */
    const VirtCpuQemuMatrix *matrix; /* what models contain there; NULL: nobody says */
} VirtCpuDriftSide;

/* A CPU at such a place. */
typedef struct {
    gboolean there;     /* the QEMU has the model */
    VirtCpuJson *props; /* what it contains, by QEMU's names; NULL: nobody says */
    char *refusal;      /* why QEMU does not say it, or NULL */
    VirtCpuTristate runs;
    GPtrArray *blockers; /* of char *, libvirt's names: what stands in its way here */
} VirtCpuDriftCpu;

/* Release what @cpu owns; legal on a zeroed one. */
void virtcpu_drift_cpu_clear(VirtCpuDriftCpu *cpu);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VirtCpuDriftCpu, virtcpu_drift_cpu_clear)

/* What model @model of @side's QEMU is there, into zeroed @cpu; the largest one ("max", "host")
 * also where only a probe tells. */
void virtcpu_drift_cpu_from_model(const VirtCpuDriftSide *side, const char *model,
                                  VirtCpuDriftCpu *cpu);

/* What the CPU of @def, completed and resolved for @side, is there. Errors: those of
 * virtcpu_domain_complete and virtcpu_qemu_cpu_resolve. */
gboolean virtcpu_drift_cpu_from_def(const VirtCpuDriftSide *side, const VirtCpuDomainDef *def,
                                    VirtCpuDriftCpu *cpu, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* How @after, called @name, differs from @before (transfer full): {"name", "drift"} and, where it
 * applies, "only" ("before" or "after": the other QEMU has no such model), "refusal",
 * "gained" and "lost" (features), "identity", "caches", "other" ({property: [before, after]}),
 * "runs" ([before, after]: true, false or null where nobody says), "blockers" (what stands in the
 * way after) and "new-blockers". */
VirtCpuJson *virtcpu_drift_compare(VirtCpuArch arch, const char *name,
                                   const VirtCpuDriftCpu *before,
                                   const VirtCpuDriftCpu *after) G_GNUC_WARN_UNUSED_RESULT;
