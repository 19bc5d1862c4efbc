/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The matrix of machine types and models as people and programs read it. */
#pragma once

#include "drivers/qemu/matrix.h"

/* Machine types under which a model has the same content. */
typedef struct {
    int content;         /* its number in the matrix, or VIRTCPU_QEMU_MATRIX_NONE */
    const char *refusal; /* why there is none, or NULL (transfer none) */
    GPtrArray *machines; /* of char * */
} ToolMatrixGroup;

/* @model under each of @machines (NULL-terminated) that @matrix knows, equal ones together, the
 * largest group first (transfer full). */
GPtrArray *tool_matrix_fold(const VirtCpuQemuMatrix *matrix, const char *const *machines,
                            const char *model) G_GNUC_WARN_UNUSED_RESULT;

/* Print @groups of @model: what the first has, how each of the others differs from it. */
void tool_matrix_print(const VirtCpuQemuMatrix *matrix, const char *model, const GPtrArray *groups);

/* The same as JSON: {"name", "groups": [{"machines", "props"}]} (transfer full). */
VirtCpuJson *tool_matrix_json(const VirtCpuQemuMatrix *matrix, const char *model,
                              const GPtrArray *groups) G_GNUC_WARN_UNUSED_RESULT;
