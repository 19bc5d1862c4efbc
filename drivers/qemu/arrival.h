/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Can a guest that comes with a passport go on here, with exactly that CPU? Decided before anything
 * is started for it. */
#pragma once

#include "drivers/qemu/cache.h"
#include "drivers/qemu/cpu-passport.h"
#include "drivers/qemu/driver.h"
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

/* Where it is decided for; nothing is kept. */
typedef struct {
    const VirtCpuHost *host; /* NULL: not known */
    VirtCpuQemuCaps *caps;   /* of the QEMU that would run it */
    const char *facts;       /* see virtcpu_passport_facts; NULL: not known, or not needed */
    VirtCpuQemuCache
        *cache; /* whom to ask more; NULL: nobody, as where all this is read from a file */
} VirtCpuArrivalPlace;

/* Decide for @def, complete or not, as its sender described it, with @passport (NULL: it came
 * without, from a libvirtd; its <cpu> then counts), at @place, into zeroed @arrival. Quick when the
 * same was decided before; else it may have the QEMU show the CPU to a guest of ours, which blocks:
 * workers only. FALSE only when nothing can be said: OPERATION_ABORTED. */
gboolean virtcpu_arrival_judge_at(const VirtCpuArrivalPlace *place, const VirtCpuDomainDef *def,
                                  const VirtCpuPassport *passport, VirtCpuArrival *arrival,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same on this machine, @host, for the QEMU that @def names, else the one installed for its
 * architecture; may block for a first probe of that. */
gboolean virtcpu_arrival_judge_here(const VirtCpuHost *host, VirtCpuQemuCache *cache,
                                    const VirtCpuDomainDef *def, const VirtCpuPassport *passport,
                                    VirtCpuArrival *arrival,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same with the host and the cache of @driver. */
gboolean virtcpu_arrival_judge(VirtCpuDriver *driver, const VirtCpuDomainDef *def,
                               const VirtCpuPassport *passport, VirtCpuArrival *arrival,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The decision, into zeroed @arrival, where there is no QEMU for the guest, because of @reason;
 * @host may be NULL. */
void virtcpu_arrival_refuse(VirtCpuArrival *arrival, const VirtCpuHost *host,
                            const VirtCpuDomainDef *def, const VirtCpuPassport *passport,
                            const char *reason);

/* TRUE when nothing stands in the way; else CPU_INCOMPATIBLE naming all that does. */
gboolean virtcpu_arrival_check(const VirtCpuArrival *arrival,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* {"possible", "emulator", "version", "machine", "virt-type", "cpu", "globals", "proof",
 * "unproven", "obstacles": [{"name", "state", "layer", "evidence", "remedy"}]} (transfer full). */
VirtCpuJson *virtcpu_arrival_to_json(const VirtCpuArrival *arrival) G_GNUC_WARN_UNUSED_RESULT;
