/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Comparison and baseline of CPUs where only QEMU can make them: s390x. */
#pragma once

#include "drivers/qemu/judge.h"

/* TRUE when the QEMU that @caps describes compares CPUs. */
gboolean virtcpu_qemu_judge_compares(const VirtCpuQemuCaps *caps);

/* TRUE when it makes baselines. */
gboolean virtcpu_qemu_judge_combines(const VirtCpuQemuCaps *caps);

/* How @cpu stands to @host, both with a model and no policy but to require, force, disable and
 * forbid. @fail_incompatible: INCOMPATIBLE becomes CPU_INCOMPATIBLE naming what the two differ in.
 * Source: query-cpu-model-comparison of QEMU's qapi/machine-target.json. Blocks: workers only.
 * Errors: INVALID_ARG for a CPU without a model; as virtcpu_qemu_hearing_ask. */
VirtCpuCompareResult virtcpu_qemu_judge_compare(VirtCpuQemuHearing *hearing, const VirtCpuDef *host,
                                                const VirtCpuDef *cpu, gboolean fail_incompatible,
                                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What all of @cpus (VirtCpuDef, at least one) have in common, as libvirt writes it: a model that
 * never changes and its features; with @expand every feature the model stands for, sorted. A
 * feature of the model that they do not all have makes it a guest's CPU, which can say so. Blocks:
 * workers only. Errors as above. Returns (transfer full). */
VirtCpuDef *virtcpu_qemu_judge_baseline(VirtCpuQemuHearing *hearing, const GPtrArray *cpus,
                                        gboolean expand, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Check that the QEMU that @caps describes has the model of @cpu and, as properties of it, every
 * feature that @cpu names; what QEMU does not list cannot be missed. Blocks: workers only. Errors:
 * CONFIG_UNSUPPORTED naming the model or the first such feature; as virtcpu_qemu_hearing_ask. */
gboolean virtcpu_qemu_judge_check_names(VirtCpuQemuHearing *hearing, const VirtCpuQemuCaps *caps,
                                        const VirtCpuDef *cpu,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
