/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Can a guest that comes with a passport go on here, with exactly that CPU? Decided before anything
 * is started for it. */
#pragma once

#include "drivers/qemu/cpu-passport.h"
#include "drivers/qemu/explain.h"

/* A decision. */
typedef struct {
    char *emulator, *version; /* of the QEMU that would run it; NULL: there is none */
    char *machine;
    VirtCpuVirtType virt_type;
    VirtCpuCpuLine line;  /* the CPU as it would stand on the command line; zeroed when unknown */
    GPtrArray *obstacles; /* of VirtCpuExplanation: features, properties, "machine", "emulator"…
                             that stand in the way, each with layer and remedy; empty: it can */
    VirtCpuProofLevel proof; /* how deep that was looked at */
    char *unproven;          /* why no deeper, translated; NULL: nothing deeper is there */
} VirtCpuArrival;

/* Release what @arrival owns; legal on a zeroed one. */
void virtcpu_arrival_clear(VirtCpuArrival *arrival);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VirtCpuArrival, virtcpu_arrival_clear)

/* Decide for @def, complete or not, as its sender described it, with @passport (NULL: it came
 * without, from a libvirtd; its <cpu> then counts), into zeroed @arrival. Quick when the same was
 * decided before; else it may probe the QEMU and have it show the CPU to a guest of ours, which
 * blocks: workers only. FALSE only when nothing can be said: what the probe said,
 * OPERATION_ABORTED.
 */
gboolean virtcpu_arrival_judge(VirtCpuDriver *driver, const VirtCpuDomainDef *def,
                               const VirtCpuPassport *passport, VirtCpuArrival *arrival,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE when nothing stands in the way; else CPU_INCOMPATIBLE naming all that does. */
gboolean virtcpu_arrival_check(const VirtCpuArrival *arrival,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* {"possible", "emulator", "version", "machine", "virt-type", "cpu", "globals", "proof",
 * "unproven", "obstacles": [{"name", "state", "layer", "evidence", "remedy"}]} (transfer full). */
VirtCpuJson *virtcpu_arrival_to_json(const VirtCpuArrival *arrival) G_GNUC_WARN_UNUSED_RESULT;
