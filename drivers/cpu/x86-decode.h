/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From bits to the <cpu> that says them best. */
#pragma once

#include "drivers/cpu/cpu-arch.h"
#include "drivers/cpu/x86-map.h"

/* What is known of the CPU to describe. */
typedef struct {
    X86Set features;
    const X86Vendor *vendor; /* NULL: not known, models of any vendor fit */
    X86Stepping stepping;
    gboolean has_stepping;
} X86Facts;

/* Which models may describe it, and how. */
typedef struct {
    VirtCpuDefType type;
    const GPtrArray *hv_models;   /* NULL: all */
    const char *const *models;    /* NULL: all */
    const char *const *preferred; /* NULL-terminated or NULL; one name alone is taken outright */
    gboolean must_prefer;         /* that one name not being allowed is an error */
    gboolean migratable;
} X86DecodeRules;

/* What @data says, without the TSX of CPUs on which it is broken. */
X86Facts x86_facts_from_data(const VirtCpuData *data);

/* The definition for @facts: model, vendor, features, and what follows from the type
 * (transfer full). Errors as virtcpu_cpu_decode. */
VirtCpuDef *x86_decode_facts(VirtCpuArch arch, const X86Facts *facts, const X86DecodeRules *rules,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Slot of VirtCpuArchOps. */
VirtCpuDef *x86_decode(const VirtCpuData *data, const VirtCpuDecodeOptions *options,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
