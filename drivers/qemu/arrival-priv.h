/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A decision's inside; for arrival*.c only. */
#pragma once

#include "drivers/qemu/arrival.h"

/* A decision being made; transfer none. */
typedef struct {
    const VirtCpuArrivalPlace *place;
    const VirtCpuPassport *passport; /* or NULL */
    const VirtCpuDomainDef *def;     /* completed for the place; its CPU is not checked */
    const VirtCpuDef *cpu;           /* resolved; NULL: the machine type's own */
    const VirtCpuData *provided;     /* all that the QEMU could give; NULL: it does not say */
    GPtrArray *obstacles;
} VirtCpuArrivalCase;

/* What the guest has and QEMU could not give, by name. */
gboolean virtcpu_arrival_add_missing(const VirtCpuArrivalCase *it,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Features with which no guest can move. */
void virtcpu_arrival_add_blockers(const VirtCpuArrivalCase *it);

/* A CPU whose content is its host's or its QEMU's own wants the same of both. */
void virtcpu_arrival_add_foreign(const VirtCpuArrivalCase *it);

/* What a guest here, which sees @here, sees otherwise than the one with the passport. */
void virtcpu_arrival_add_sights(const VirtCpuArrivalCase *it, const VirtCpuData *here);
