/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CPUs made up from the map, the same ones for the same seed. */
#pragma once

#include "drivers/cpu/cpu.h"

/* What CPUs are made of. */
typedef struct {
    GRand *random;
    const GPtrArray *models;   /* of char *: names; not empty */
    const GPtrArray *features; /* likewise */
} RandomCpu;

/* A host CPU: a model, mostly its own vendor, up to a dozen features (transfer full). */
VirtCpuDef *random_cpu_host(const RandomCpu *source) G_GNUC_WARN_UNUSED_RESULT;

/* The same, mostly of the vendor of @first: others have no baseline with it (transfer full). */
VirtCpuDef *random_cpu_host_like(const RandomCpu *source,
                                 const VirtCpuDef *first) G_GNUC_WARN_UNUSED_RESULT;

/* A custom guest CPU with any match and policies; now and then it is @host itself with little
 * changed, so that not all answers are "incompatible" (transfer full). */
VirtCpuDef *random_cpu_guest(const RandomCpu *source,
                             const VirtCpuDef *host) G_GNUC_WARN_UNUSED_RESULT;
