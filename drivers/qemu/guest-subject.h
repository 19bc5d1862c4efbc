/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guest CPU that a question is about, found from a definition or from a model's name. */
#pragma once

#include "drivers/qemu/cache.h"
#include "drivers/qemu/guest-verify.h"

/* Which CPU a question is about; of @def and @model one is given. */
typedef struct {
    const VirtCpuDomainDef *def; /* a definition; may be a running domain's */
    const char *model;           /* a value of -cpu: a model, or one with properties */
    VirtCpuGuestChoice choice;
} VirtCpuGuestQuestion;

/* A complete guest; what its QEMU is started with. */
typedef struct {
    VirtCpuDomainDef *def; /* complete: binary, machine type and virt type as they are used */
    VirtCpuQemuCaps *caps;
    VirtCpuDef *cpu; /* as QEMU is asked for it, whatever check= would say; NULL: the machine type's
                        own, or a model's */
    GCancellable *cancel; /* transfer none, or NULL */
    VirtCpuCpuLine line;  /* of a model; else zeroed */
} VirtCpuGuestSubject;

/* Release what @subject owns; legal on a zeroed one. */
void virtcpu_guest_subject_clear(VirtCpuGuestSubject *subject);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VirtCpuGuestSubject, virtcpu_guest_subject_clear)

/* Fill zeroed @subject with what @question is about; its definition is kept as it is. What a
 * model's choice leaves open: the QEMU for guests of @host, its default machine type, KVM where
 * that works. Blocks for a first probe of the QEMU. Errors: INVALID_ARG for an unknown virt type or
 * no model; those of virtcpu_qemu_cache_get, virtcpu_domain_complete and virtcpu_qemu_cpu_resolve.
 */
gboolean virtcpu_guest_subject_init(VirtCpuGuestSubject *subject, const VirtCpuHost *host,
                                    VirtCpuQemuCache *cache, const VirtCpuGuestQuestion *question,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What starts the QEMU of @subject; valid as long as that is. */
VirtCpuGuestInput virtcpu_guest_subject_input(const VirtCpuGuestSubject *subject);
