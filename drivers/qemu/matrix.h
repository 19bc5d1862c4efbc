/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What each CPU model of one QEMU contains under each machine type. Most cells are equal, so each
 * content is kept once and a cell is its number. Not thread-safe. */
#pragma once

#include "conf/json.h"

typedef struct _VirtCpuQemuMatrix VirtCpuQemuMatrix;

/* No content: QEMU does not expand the model, or the machine type or model is not there. */
#define VIRTCPU_QEMU_MATRIX_NONE (-1)

/* One with no machine types (transfer full). @models: array of VirtCpuHvModel, its columns. */
VirtCpuQemuMatrix *virtcpu_qemu_matrix_new(const GPtrArray *models) G_GNUC_WARN_UNUSED_RESULT;

/* Free @matrix (may be NULL). */
void virtcpu_qemu_matrix_free(VirtCpuQemuMatrix *matrix);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuQemuMatrix, virtcpu_qemu_matrix_free)

/* Add what virtcpu_qemu_machine_models_ask answered for @machine, instead of an older answer.
 * INTERNAL_ERROR, nothing changed, when @answers are not one for each model. */
gboolean virtcpu_qemu_matrix_add(VirtCpuQemuMatrix *matrix, const char *machine,
                                 const VirtCpuJson *answers,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Fill one cell: @machine's guests with @model have @props, an object, or there are none because of
 * @refusal; one of the two is NULL. A model that is no column is left out. */
void virtcpu_qemu_matrix_set(VirtCpuQemuMatrix *matrix, const char *machine, const char *model,
                             const VirtCpuJson *props, const char *refusal);

/* Take over what @from knows of cells that @matrix lacks; nothing when their models differ. */
void virtcpu_qemu_matrix_merge(VirtCpuQemuMatrix *matrix, const VirtCpuQemuMatrix *from);

/* TRUE when @machine (canonical name) was added, or a cell of it was filled. */
gboolean virtcpu_qemu_matrix_has(const VirtCpuQemuMatrix *matrix, const char *machine);

/* TRUE when the cell of @machine and @model is filled. */
gboolean virtcpu_qemu_matrix_knows(const VirtCpuQemuMatrix *matrix, const char *machine,
                                   const char *model);

/* How many machine types were added. */
guint virtcpu_qemu_matrix_size(const VirtCpuQemuMatrix *matrix);

/* The number of @model's content under @machine: equal numbers are equal contents; or
 * VIRTCPU_QEMU_MATRIX_NONE. */
int virtcpu_qemu_matrix_cell(const VirtCpuQemuMatrix *matrix, const char *machine,
                             const char *model);

/* How many different contents there are: they are numbered from 0. */
guint virtcpu_qemu_matrix_contents(const VirtCpuQemuMatrix *matrix);

/* The properties of content number @content, as QEMU told them, sorted by name (transfer full). */
VirtCpuJson *virtcpu_qemu_matrix_props(const VirtCpuQemuMatrix *matrix,
                                       guint content) G_GNUC_WARN_UNUSED_RESULT;

/* QEMU's words on why it does not expand @model under @machine (transfer none), or NULL. */
const char *virtcpu_qemu_matrix_refusal(const VirtCpuQemuMatrix *matrix, const char *machine,
                                        const char *model);

/* All of it, for the cache (transfer full). */
VirtCpuJson *virtcpu_qemu_matrix_to_json(const VirtCpuQemuMatrix *matrix) G_GNUC_WARN_UNUSED_RESULT;

/* Back from that form. INTERNAL_ERROR when it is none, or is about other columns than @models. */
VirtCpuQemuMatrix *virtcpu_qemu_matrix_from_json(const GPtrArray *models, const VirtCpuJson *json,
                                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
