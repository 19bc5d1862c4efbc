/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is asked of every QEMU, as a table: the probe sends it, the replay of recorded conversations
 * looks for it. */
#pragma once

#include "conf/domain-def.h"
#include "conf/json.h"

/* Asks what a CPU model contains. */
#define VIRTCPU_QEMU_EXPANSION "query-cpu-model-expansion"

/* One question. @member: where the answer goes in the document that virtcpu_qemu_caps_from_json
 * reads. */
typedef struct {
    const char *member;
    const char *command;
    const char *arguments;  /* JSON, '%s' stands for the subject; or NULL */
    gboolean optional;      /* an error reply means "has none" */
    gboolean loads_modules; /* QEMU opens all its modules to answer; those of another build bring it
                               down */
    gboolean exact; /* the same command with other arguments is another question; so it always is
                       when there is a subject */
} VirtCpuQemuQuestion;

/* Asked first, all at once; the subject is the largest CPU model's name. @count (out). */
const VirtCpuQemuQuestion *virtcpu_qemu_questions(gsize *count);

/* Asked then, when the first have been answered, with the largest CPU model's QOM type as subject.
 */
const VirtCpuQemuQuestion *virtcpu_qemu_question_properties(void);

/* Asked when there is no static expansion, with the model's name. */
const VirtCpuQemuQuestion *virtcpu_qemu_question_full_expansion(void);

/* Asked when the static expansion tells of deprecated features, which it tells in part, with the
 * model's name. */
const VirtCpuQemuQuestion *virtcpu_qemu_question_deprecated(void);

/* TRUE when @expansion, a reply, tells of deprecated features. */
gboolean virtcpu_qemu_expansion_tells_deprecated(const VirtCpuJson *expansion);

/* Arguments of VIRTCPU_QEMU_EXPANSION: @model, with @props (transfer full; may be NULL) changed,
 * expanded as @type, "static" or "full" (transfer full). */
VirtCpuJson *virtcpu_qemu_expansion_arguments(const char *type, const char *model,
                                              VirtCpuJson *props) G_GNUC_WARN_UNUSED_RESULT;

/* The model that has all that @virt_type can give: "max" or "host". */
const char *virtcpu_qemu_largest_model(VirtCpuVirtType virt_type);

/* @question's arguments about @subject (transfer full), or NULL when it takes none. */
VirtCpuJson *virtcpu_qemu_question_arguments(const VirtCpuQemuQuestion *question,
                                             const char *subject) G_GNUC_WARN_UNUSED_RESULT;

/* The QOM type of model @name in @definitions, query-cpu-definitions' answer, or NULL (transfer
 * none). */
const char *virtcpu_qemu_definition_type(const VirtCpuJson *definitions, const char *name);
