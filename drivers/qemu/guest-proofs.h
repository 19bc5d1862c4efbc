/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which CPUs were proven from inside a guest: kept beside what the probe of their QEMU said, and
 * valid as long. */
#pragma once

#include "conf/words.h"
#include "drivers/qemu/guest-proof.h"
#include "drivers/qemu/identity.h"

/* When the CPU of a guest is proven before the guest is let run. */
typedef enum {
    VIRTCPU_PROVE_OFF,    /* never */
    VIRTCPU_PROVE_FIRST,  /* once each QEMU, accelerator, machine type and CPU */
    VIRTCPU_PROVE_ALWAYS, /* at every start */
    VIRTCPU_PROVE_LAST,
} VirtCpuProve;

/* "off", "first", "always". */
extern const VirtCpuWords virtcpu_prove_words;

/* Thread-safe; one for each VirtCpuQemuCache. */
typedef struct _VirtCpuGuestProofs VirtCpuGuestProofs;

/* Files go to @folder, which exists. @identities (transfer none) tells one state of a binary from
 * another, @fingerprint is the host's. @cancel (transfer none) ends whatever is under way. Returns
 * (transfer full). */
VirtCpuGuestProofs *virtcpu_guest_proofs_new(const char *folder, VirtCpuQemuIdentities *identities,
                                             const char *fingerprint,
                                             GCancellable *cancel) G_GNUC_WARN_UNUSED_RESULT;

/* Free @proofs (may be NULL) once no call is running in it. */
void virtcpu_guest_proofs_free(VirtCpuGuestProofs *proofs);

/* See that what a guest by @input sees of its CPU is what QEMU says of it: from disk, else by
 * proving it now, which callers who want the same wait for; with @again always now. input->cancel
 * is not looked at. Blocks: workers only. Only a success is remembered; a cache that cannot be read
 * or written costs time only. Errors: OPERATION_FAILED naming leaves, registers and features, the
 * layer and what to do; SYSTEM_ERROR when the binary is gone; those of virtcpu_guest_proof_run. */
gboolean virtcpu_guest_proofs_ensure(VirtCpuGuestProofs *proofs, const VirtCpuGuestInput *input,
                                     gboolean again, GError **error) G_GNUC_WARN_UNUSED_RESULT;
