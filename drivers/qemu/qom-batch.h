/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Many properties of a running QEMU's objects, asked in one go. */
#pragma once

#include "drivers/qemu/qmp.h"

/* Calls in flight, each about one property; freed with what they own. */
typedef struct {
    GArray *calls;        /* of VirtCpuQmpCall */
    GPtrArray *arguments; /* of VirtCpuJson, one a call */
} VirtCpuQomBatch;

/* An empty batch; end with virtcpu_qom_batch_clear. */
VirtCpuQomBatch virtcpu_qom_batch_new(void) G_GNUC_WARN_UNUSED_RESULT;

/* Release what @batch owns. */
void virtcpu_qom_batch_clear(VirtCpuQomBatch *batch);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VirtCpuQomBatch, virtcpu_qom_batch_clear)

/* Have @property of the object at @path set to @value (transfer full), too. */
void virtcpu_qom_batch_add_set(VirtCpuQomBatch *batch, const char *path, const char *property,
                               VirtCpuJson *value);

/* Ask for @property of the object at @path, too. */
void virtcpu_qom_batch_add(VirtCpuQomBatch *batch, const char *path, const char *property);

/* Send all and collect every answer. Errors: as virtcpu_qmp_execute_many. */
gboolean virtcpu_qom_batch_run(VirtCpuQomBatch *batch, VirtCpuQmp *qmp, unsigned timeout_ms,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Answer @index, in the order of adding (transfer none); NULL when QEMU refused. */
const VirtCpuJson *virtcpu_qom_batch_reply(const VirtCpuQomBatch *batch, guint index);

/* QOM paths of all vCPUs, char * (transfer full). Errors: INTERNAL_ERROR when QEMU names none, and
 * as virtcpu_qmp_execute. */
GPtrArray *virtcpu_qom_vcpu_paths(VirtCpuQmp *qmp, unsigned timeout_ms,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
