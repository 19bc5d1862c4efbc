/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One change to a domain: to what runs, to what is defined, or to both. */
#pragma once

#include "drivers/qemu/caps.h"
#include "drivers/qemu/domain.h"
#include "drivers/qemu/driver-change.h"

/* A change under way. The holder changes the copies, then commits. */
typedef struct {
    VirtCpuDomain *domain;         /* owned, with its job */
    VirtCpuQemuCaps *caps;         /* of its emulator; owned */
    VirtCpuDomainDef *next_live;   /* copy of what runs; NULL: that is not to change */
    VirtCpuDomainDef *next_config; /* copy of the definition; NULL: that is not to change */
    gboolean live_learned;         /* QEMU told something that next_live has now */
} VirtCpuDomainChange;

/* Take the job of the domain with @uuid and copy what @flags mean into zeroed @change. Others than
 * VIRTCPU_CHANGE_LIVE and _CONFIG are for the caller to look at. Errors: see driver-change.h. */
gboolean virtcpu_domain_change_begin(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                     unsigned flags, VirtCpuDomainChange *change,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* End the job and free what is left; legal on a zeroed one. */
void virtcpu_domain_change_end(VirtCpuDomainChange *change);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VirtCpuDomainChange, virtcpu_domain_change_end)

/* Does, or undoes, to the running QEMU what next_live says. */
typedef gboolean (*VirtCpuDomainApply)(VirtCpuDomainChange *change, gpointer data, GError **error);

/* Make the change: next_config on disk beside the old definition, next_live in the status, then
 * @apply (only when there is a next_live; may be NULL), then next_config in place. What was done is
 * undone, with @undo (may be NULL) for what @apply did, when a later step fails. Errors:
 * SYSTEM_ERROR, and those of @apply. */
gboolean virtcpu_domain_change_commit(VirtCpuDomainChange *change, VirtCpuDomainApply apply,
                                      VirtCpuDomainApply undo, gpointer data,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Fill in what next_config leaves open after it was changed, as defining it would. Errors: those of
 * virtcpu_domain_complete. */
gboolean virtcpu_domain_change_complete_config(VirtCpuDomainChange *change,
                                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Put @live (transfer full), what @domain runs now, in the place of what it ran. What QEMU itself
 * told meanwhile stays. The job's holder only; takes the lock. */
void virtcpu_domain_set_live(VirtCpuDomain *domain, VirtCpuDomainDef *live);
