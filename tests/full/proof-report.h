/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The differences that prove-forms meets, and which of them a table explains. */
#pragma once

#include "proof-cells.h"

/* Where one guest is compared with another. */
typedef struct {
    const char *kind; /* "form", "move" or "qemu" */
    const char *model;
    const ProofSide *from, *to;
} ProofPlace;

/* Thread-safe. */
typedef struct _ProofReport ProofReport;

/* Read the rows of the table in document @path (transfer full). Errors: INTERNAL_ERROR for a row
 * that is none. */
ProofReport *proof_report_new(const char *path, GError **error);

/* Free @report (may be NULL). */
void proof_report_free(ProofReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProofReport, proof_report_free)

/* Compare what two guests see (arrays of VirtCpuGuestVcpu); NULL for one that did not run, with
 * @failure saying why. */
void proof_report_compare(ProofReport *report, const ProofPlace *place, const GPtrArray *was,
                          const GPtrArray *is, const char *failure);

/* Neither guest can run, because of @reason. */
void proof_report_refused(ProofReport *report, const ProofPlace *place, const char *reason);

/* Print the cases: each kind, and when @whole says that every model was run, that each row of the
 * table was needed. TRUE when all passed. */
gboolean proof_report_finish(ProofReport *report, guint models, gboolean whole);
