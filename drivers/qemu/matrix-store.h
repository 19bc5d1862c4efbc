/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every QEMU's matrix, kept in memory and on disk; what is not known yet is asked when it is needed
 * first. */
#pragma once

#include "drivers/qemu/caps.h"
#include "drivers/qemu/identity.h"
#include "drivers/qemu/matrix.h"

#include <gio/gio.h>

/* Thread-safe; one for each VirtCpuQemuCache. */
typedef struct _VirtCpuQemuMatrixStore VirtCpuQemuMatrixStore;

/* Called each time a machine type was asked, one call at a time: @done of @total are; @failure
 * (transfer none) is why @machine is not, or NULL. Any thread. */
typedef void (*VirtCpuQemuMatrixFunc)(const char *machine, guint done, guint total,
                                      const GError *failure, gpointer user_data);

/* Files go to @folder, which exists. @identities (transfer none; must outlive the store).
 * @fingerprint: of the host. @timeout_ms: how long one machine
 * type may take. @cancel (transfer none) ends whatever is under way. Returns (transfer full). */
VirtCpuQemuMatrixStore *
virtcpu_qemu_matrix_store_new(const char *folder, VirtCpuQemuIdentities *identities,
                              const char *fingerprint, unsigned timeout_ms,
                              GCancellable *cancel) G_GNUC_WARN_UNUSED_RESULT;

/* Free @store (may be NULL) once no call is running in it. */
void virtcpu_qemu_matrix_store_free(VirtCpuQemuMatrixStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuQemuMatrixStore, virtcpu_qemu_matrix_store_free)

/* What @model contains by itself under @machine of the QEMU that @caps describes: from memory, then
 * disk, else by asking a QEMU with nothing of any guest on its command line; all models of the
 * machine type are asked then, and callers who want the same wait for it. Blocks: workers only.
 * Returns (transfer full). Errors: CONFIG_UNSUPPORTED for an unknown machine type or a model that
 * is not expanded, with QEMU's reason, and as virtcpu_qemu_machine_models_ask, remembered with
 * back-off. */
VirtCpuData *virtcpu_qemu_matrix_store_content(VirtCpuQemuMatrixStore *store,
                                               const VirtCpuQemuCaps *caps, const char *machine,
                                               const char *model,
                                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same as QEMU told it: the object of its properties (transfer full). */
VirtCpuJson *virtcpu_qemu_matrix_store_props(VirtCpuQemuMatrixStore *store,
                                             const VirtCpuQemuCaps *caps, const char *machine,
                                             const char *model,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* See that machine type @machine (canonical name) of the QEMU that @caps describes is known, asking
 * in this thread if need be; what many calls learn is kept on disk from time to time. Blocks.
 * Errors: as virtcpu_qemu_machine_models_ask, remembered with back-off; SYSTEM_ERROR when the
 * binary is gone. */
gboolean virtcpu_qemu_matrix_store_learn(VirtCpuQemuMatrixStore *store, const VirtCpuQemuCaps *caps,
                                         const char *machine, GError **error);

/* Keep on disk now what was learnt of the QEMU that @caps describes. Blocks. */
void virtcpu_qemu_matrix_store_save(VirtCpuQemuMatrixStore *store, const VirtCpuQemuCaps *caps);

/* Forget what memory has of the models of @binary (absolute path); what the file has is read again.
 * Any thread. */
void virtcpu_qemu_matrix_store_forget(VirtCpuQemuMatrixStore *store, const char *binary);

/* Ask all of @machines (NULL-terminated canonical names) that are not known yet, as many at once as
 * there are cores, and keep what is learnt as it comes, so that a later call goes on where this one
 * was ended. @func may be NULL; @cancel (may be NULL) has those left out whose turn has not come.
 * Blocks. */
void virtcpu_qemu_matrix_store_fill(VirtCpuQemuMatrixStore *store, const VirtCpuQemuCaps *caps,
                                    const char *const *machines, VirtCpuQemuMatrixFunc func,
                                    gpointer user_data, GCancellable *cancel);

/* All that is known of the QEMU that @caps describes, which may be nothing (transfer full). Asks no
 * QEMU. Errors: SYSTEM_ERROR when the binary is gone. */
VirtCpuQemuMatrix *virtcpu_qemu_matrix_store_get(VirtCpuQemuMatrixStore *store,
                                                 const VirtCpuQemuCaps *caps,
                                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
