/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guests of prove-forms: a QEMU with a machine type is a side, a model on a side is a cell. */
#pragma once

#include "drivers/qemu/explicit-ask.h"
#include "drivers/qemu/guest-proof.h"

/* Where guests run; immutable once made. */
typedef struct {
    VirtCpuQemuCaps *caps;
    char *version;         /* "7.2" */
    char *machine;         /* canonical name */
    gboolean is_newest_pc; /* the newest pc-i440fx of its QEMU */
    VirtCpuJson *contents; /* answers in the order of caps->models */
} ProofSide;

/* Free @side (may be NULL). */
void proof_side_free(ProofSide *side);

/* Append to @sides every side there is here, of each QEMU and accelerator; FALSE with why there is
 * none. */
gboolean proof_sides_find(GPtrArray *sides, GError **error);

/* What the vCPU of a guest of @model on @side sees, with @line instead of the model's name alone
 * (NULL), an array of VirtCpuGuestVcpu (transfer full); or NULL with why it does not run. @says
 * (zeroed, may be NULL) gets what QEMU says of it. */
GPtrArray *proof_side_run(const ProofSide *side, const char *model, const VirtCpuCpuLine *line,
                          VirtCpuVcpus *says, GError **error);

/* A model on a side, in both forms. */
typedef struct {
    const ProofSide *side;
    const char *model;
    GPtrArray *named, *explicit;     /* what is seen; NULL: it does not run */
    VirtCpuExplicitContent *content; /* NULL: QEMU does not tell */
    VirtCpuJson *realised;           /* content->props as they turned out in the guest */
    char *failure;                   /* why something is NULL */
} ProofCell;

/* Run @model (kept) on @side (transfer full). */
ProofCell *proof_cell_new(const ProofSide *side, const char *model);

/* Free @cell (may be NULL). */
void proof_cell_free(ProofCell *cell);

/* The line that takes the CPU of @from to the side of @to into zeroed @line: between machine types
 * as it is defined, between QEMUs as it turned out. */
gboolean proof_cell_write(const ProofCell *from, const ProofCell *to, VirtCpuCpuLine *line,
                          GError **error);
