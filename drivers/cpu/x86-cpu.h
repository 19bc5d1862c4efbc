/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A <cpu> resolved to sets of x86 features. */
#pragma once

#include "drivers/cpu/cpu-arch.h"
#include "drivers/cpu/x86-map.h"

/* VirtCpu of x86, and what every operation on definitions starts from. */
typedef struct {
    VirtCpu parent;
    gboolean strict;                       /* a guest that wants nothing beside what it names */
    char *vendor;                          /* as written; NULL when not given */
    const X86Model *model;                 /* NULL when the definition names none */
    X86Set by_policy[VIRTCPU_POLICY_LAST]; /* the features named; a host's are all required */
    X86Set full;                           /* model and features, policies applied */
    X86Set need;  /* what a host must have: not what is optional, forced or disabled */
    X86Set named; /* need, optional, forced and disabled: what a strict guest's host may have */
} X86Cpu;

/* Resolve @def into @cpu, which the caller clears with x86_cpu_clear whatever the outcome. A model
 * is not demanded. Errors: INTERNAL_ERROR "Unknown CPU model X", "Unknown CPU feature X". */
gboolean x86_cpu_init(X86Cpu *cpu, VirtCpuArch arch, const VirtCpuDef *def,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Turn on in @set what @cpu requires and forces, off what it disables and forbids. */
void x86_cpu_apply_policies(const X86Cpu *cpu, X86Set *set);

/* Free what @cpu holds; @cpu itself is the caller's. */
void x86_cpu_clear(X86Cpu *cpu);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(X86Cpu, x86_cpu_clear)

/* Slots of VirtCpuArchOps. */
VirtCpu *x86_cpu_new(VirtCpuArch arch, const VirtCpuDef *def,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Free what x86_cpu_new made. */
void x86_cpu_free(VirtCpu *cpu);
/* Has @cpu the feature. */
gboolean x86_cpu_has_feature(const VirtCpu *cpu, const char *name, gboolean *has,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* psABI level of all that @cpu has. */
VirtCpuAbiLevel x86_cpu_abi_level(const VirtCpu *cpu);
/* How @cpu stands to @host. */
VirtCpuCompareResult x86_cpu_compare(const VirtCpu *host, const VirtCpu *cpu, GPtrArray *reasons);
/* Check every feature name of @def. */
gboolean x86_cpu_validate_features(const VirtCpuDef *def, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Say of @def that features its model once had are disabled, unless it names them. */
void x86_cpu_def_disable_gone(VirtCpuDef *def, const X86Model *model);
