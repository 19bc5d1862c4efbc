/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asking a QEMU what the CPU of a definition is in every property. */
#pragma once

#include "drivers/qemu/args.h"

#include <gio/gio.h>

/* The answer; properties as in VirtCpuExplicitInput. */
typedef struct {
    char *version;      /* the exact version that the model stands for under the machine type; the
                           model itself where no version has its content */
    VirtCpuJson *props; /* of the CPU: the model with what the definition changes */
    VirtCpuJson *plain; /* of the model as it was named, unchanged */
    VirtCpuJson *named; /* of @version, unchanged */
    VirtCpuJson *bare;  /* of virtcpu_explicit_bare_model; NULL when there is none */
} VirtCpuExplicitContent;

/* The properties of @model, which is number @index of what is asked: the CPU itself, its model,
 * the bare model, versions (transfer full). */
typedef VirtCpuJson *(*VirtCpuExplicitPropsFunc)(guint index, const char *model, gpointer user_data,
                                                 GError **error);

/* Free @content (may be NULL). */
void virtcpu_explicit_content_free(VirtCpuExplicitContent *content);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuExplicitContent, virtcpu_explicit_content_free)

/* TRUE when the CPU of @input can have the explicit form: one with a model, of an architecture
 * whose properties are known, and a QEMU that can tell what a model contains. */
gboolean virtcpu_explicit_applies(const VirtCpuArgsInput *input);

/* The content of the CPU of @input from what @get tells (transfer full). Errors: those of @get. */
VirtCpuExplicitContent *virtcpu_explicit_content_new(const VirtCpuArgsInput *input,
                                                     VirtCpuExplicitPropsFunc get,
                                                     gpointer user_data,
                                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Start a QEMU with the machine type of @input and no guest's options, and have it expand the bare
 * model, the guest's, that with all that the definition changes, and its versions. Returns
 * (transfer full). Blocks, at most @timeout_ms; @cancel (may be NULL) ends it early. Errors:
 * CONFIG_UNSUPPORTED with QEMU's words when it does not expand the CPU; OPERATION_TIMEOUT and
 * INTERNAL_ERROR naming binary and machine type, with the last words of a QEMU that died. */
VirtCpuExplicitContent *virtcpu_explicit_ask(const VirtCpuArgsInput *input, unsigned timeout_ms,
                                             GCancellable *cancel,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The line of the CPU of @input in @form into zeroed @line: explicit by asking as above where that
 * applies (DEFAULT is explicit, too), else named. Errors: likewise, and those of virtcpu_args_cpu
 * and virtcpu_explicit_write. Blocks as above. */
gboolean virtcpu_cpu_line_make(const VirtCpuArgsInput *input, VirtCpuCpuForm form,
                               unsigned timeout_ms, GCancellable *cancel, VirtCpuCpuLine *line,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The line of the CPU with @content on the QEMU of @caps, under the machine type that was asked.
 * Zeroed @line is filled. Errors: those of virtcpu_explicit_write. Any thread. */
gboolean virtcpu_explicit_content_write(const VirtCpuExplicitContent *content,
                                        const VirtCpuQemuCaps *caps, VirtCpuCpuLine *line,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
