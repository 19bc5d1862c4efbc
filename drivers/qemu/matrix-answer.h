/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The matrix of machine types and models as programs read it; people read what is printed of it. */
#pragma once

#include "drivers/qemu/matrix-store.h"

/* What is asked for. */
typedef struct {
    const char *const *machines; /* names or aliases, NULL-terminated; NULL: all */
    const char *pattern;         /* of models, with * and ?; NULL: all */
    gboolean ask;                /* QEMU about those of the machine types that are not known yet */
    /* of the asking, as in virtcpu_qemu_matrix_store_fill; may be NULL */
    VirtCpuQemuMatrixFunc func;
    gpointer user_data;
    GCancellable *cancel;
} VirtCpuQemuMatrixWish;

/* What is known of the QEMU that @caps describes by @wish: an array of {"name", "groups":
 * [{"machines", "props" or "refusal"}]}, a member for each model. Machine types under which a model
 * has the same content are one group; the largest group comes first (transfer full). @known and
 * @count (out, may be NULL): how many of the machine types are known, and how many were meant.
 * Blocks when it asks. Errors: CONFIG_UNSUPPORTED for a machine type that QEMU has not;
 * OPERATION_INVALID when none is known; OPERATION_ABORTED; SYSTEM_ERROR when the binary is gone. */
VirtCpuJson *virtcpu_qemu_matrix_answer(VirtCpuQemuMatrixStore *store, const VirtCpuQemuCaps *caps,
                                        const VirtCpuQemuMatrixWish *wish, guint *known,
                                        guint *count, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Canonical names of the machine types in @names, of all for NULL, sorted (transfer container; the
 * strings are @caps'). Errors: CONFIG_UNSUPPORTED for one that QEMU has not. */
GPtrArray *virtcpu_qemu_matrix_choose(const VirtCpuQemuCaps *caps, const char *const *names,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The document above from @matrix: models of @caps that match @pattern (NULL: all) under @machines
 * (transfer full). */
VirtCpuJson *virtcpu_qemu_matrix_to_document(const VirtCpuQemuMatrix *matrix,
                                             const VirtCpuQemuCaps *caps, const GPtrArray *machines,
                                             const char *pattern) G_GNUC_WARN_UNUSED_RESULT;
