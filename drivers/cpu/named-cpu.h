/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CPUs whose features only QEMU knows: everything but x86. What can be told of them without asking
 * it is told here; the rest is delegated. Private to drivers/cpu. */
#pragma once

#include "drivers/cpu/chip-map.h"
#include "drivers/cpu/cpu-arch.h"

/* VirtCpu of such an architecture. */
typedef struct {
    VirtCpu parent;
    VirtCpuDef *def;        /* a copy of what it was made from */
    const ChipModel *model; /* NULL: the host's own, or not in a map */
} NamedCpu;

/* @cpu as what it is; @cpu must have been made by named_cpu_new. */
static inline const NamedCpu *
named_cpu(const VirtCpu *cpu)
{
    return (const NamedCpu *)cpu;
}

/* A CPU of @ops with a copy of @def (transfer full). */
VirtCpu *named_cpu_new(const VirtCpuArchOps *ops, VirtCpuArch arch, const VirtCpuDef *def,
                       const ChipModel *model) G_GNUC_WARN_UNUSED_RESULT;

/* Slot cpu_free. */
void named_cpu_free(VirtCpu *cpu);

/* INCOMPATIBLE, with why as one translated sentence more in @reasons (may be NULL). */
VirtCpuCompareResult named_cpu_refuse(GPtrArray *reasons, const char *format, ...)
    G_GNUC_PRINTF(2, 3);

/* Slot compare: INCOMPATIBLE when the vendors differ, else DELEGATED. */
VirtCpuCompareResult named_cpu_compare(const VirtCpu *host, const VirtCpu *cpu, GPtrArray *reasons);

/* Slot has_feature: what the definition itself says of it. Errors: NO_SUPPORT for a feature it does
 * not name. */
gboolean named_cpu_has_feature(const VirtCpu *cpu, const char *name, gboolean *has,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Slot update: host-model becomes the host's model and features with those of @guest over them.
 * Errors: CONFIG_UNSUPPORTED for match minimum and policy optional, which need the features of a
 * model, and for host-model on a host whose model is not known. */
VirtCpuDef *named_cpu_update(VirtCpuArch arch, const VirtCpuDef *guest, const VirtCpuDef *host,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Slot translate: a model QEMU knows stays; there is no way from one model to another. Errors:
 * CONFIG_UNSUPPORTED when fallback is forbidden, else NO_SUPPORT. */
VirtCpuDef *named_cpu_translate(VirtCpuArch arch, const VirtCpuDef *def, const GPtrArray *hv_models,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Baseline of CPUs of @map: those of one model have it, with the features that all of them name;
 * others have nothing in common that is known. Errors: INVALID_ARG for a CPU without a model,
 * INTERNAL_ERROR for an unknown one, OPERATION_FAILED for models or vendors that differ,
 * CONFIG_UNSUPPORTED for a model that @options do not allow. */
VirtCpuDef *named_cpu_baseline(const ChipMap *map, const GPtrArray *cpus,
                               const VirtCpuBaselineOptions *options,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE when model @name is in @hv_models (of VirtCpuHvModel) and in @models, NULL being any.
 * Errors: CONFIG_UNSUPPORTED. */
gboolean named_cpu_model_is_allowed(const GPtrArray *hv_models, const char *const *models,
                                    const char *name, GError **error);

/* Slot validate_features where any name may be one: QEMU judges. */
gboolean named_cpu_accept_features(const VirtCpuDef *def, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Slot model_names of an architecture whose models only QEMU lists: none, which clients read as
 * "all are accepted" (container transfer). */
const char **named_cpu_any_model(void) G_GNUC_WARN_UNUSED_RESULT;
