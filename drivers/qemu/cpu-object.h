/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A vCPU as QEMU's object model has it: every property. */
#pragma once

#include "drivers/qemu/session.h"

/* One property. */
typedef struct {
    char *name;
    VirtCpuJson *value; /* NULL: it cannot be read */
    gboolean writable;  /* a command line may set it */
} VirtCpuCpuProperty;

/* All of one vCPU. */
typedef struct {
    char *type;            /* QOM type: "Westmere-x86_64-cpu" */
    GPtrArray *properties; /* of VirtCpuCpuProperty, by name; links and children left out */
} VirtCpuCpuObject;

/* Release what @object owns; legal on a zeroed one. */
void virtcpu_cpu_object_clear(VirtCpuCpuObject *object);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VirtCpuCpuObject, virtcpu_cpu_object_clear)

/* Add property @name with @value (transfer full; may be NULL), in order. */
void virtcpu_cpu_object_add(VirtCpuCpuObject *object, const char *name, VirtCpuJson *value,
                            gboolean writable);

/* The property @name (transfer none), or NULL. */
const VirtCpuCpuProperty *virtcpu_cpu_object_find(const VirtCpuCpuObject *object, const char *name);

/* Ask the QEMU of @session for the first of its vCPUs; zeroed @object is filled. That it is of no
 * further use is no loss: whether a property can be written is found out by writing its own value.
 * Blocks. Errors: INTERNAL_ERROR for what QEMU answered or when it has no vCPU, OPERATION_TIMEOUT;
 * the caller makes a sentence of them by virtcpu_qemu_session_explain. */
gboolean virtcpu_cpu_object_ask(VirtCpuQemuSession *session, VirtCpuCpuObject *object,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
