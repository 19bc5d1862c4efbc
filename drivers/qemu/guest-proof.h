/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Running the firmware of guest/ on the CPU that a guest would get. */
#pragma once

#include "drivers/qemu/explicit-cpu.h"
#include "drivers/qemu/guest-answer.h"
#include "drivers/qemu/vcpu.h"

#include <gio/gio.h>

/* What is proven; nothing is kept. */
typedef struct {
    const VirtCpuDomainDef *def; /* complete */
    const VirtCpuQemuCaps *caps; /* of its emulator and virt type */
    const VirtCpuDef *cpu;       /* as resolved for a start; NULL: the machine type's own */
    const VirtCpuCpuLine *line;  /* as in VirtCpuArgsInput */
    gboolean unasked;            /* QEMU is not asked what it says */
    unsigned max_vcpus;          /* no more of its vCPUs are started; 0: all */
    const char *config;          /* file for -readconfig; NULL: none */
    unsigned timeout_ms;         /* for all of it; 0: 30 s, and 0.25 s more for each vCPU */
    GCancellable *cancel;        /* may be NULL; kills the QEMU from any thread */
} VirtCpuGuestInput;

/* What one QEMU says of its vCPUs, and what they see. */
typedef struct {
    VirtCpuVcpus says;   /* zeroed when it was not asked */
    GPtrArray *sees;     /* of VirtCpuGuestVcpu; the first is the one that a guest boots on */
    char *end;           /* of a QEMU that ended without an answer: how, and its last words */
    gint64 microseconds; /* from the start of the QEMU to the whole answer */
} VirtCpuGuestProof;

/* Release what @proof owns; legal on a zeroed one. */
void virtcpu_guest_proof_clear(VirtCpuGuestProof *proof);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VirtCpuGuestProof, virtcpu_guest_proof_clear)

/* Start a QEMU with the -machine, -accel, -cpu, -global and -smp of @input, 16 MiB of memory and
 * nothing else, ask it while it is paused (unless @input wants none of it), then let the firmware
 * answer. Zeroed @proof is filled. Blocks: workers only; the QEMU dies with the calling thread.
 * Errors: NO_SUPPORT for an architecture that has no such firmware; CONFIG_UNSUPPORTED for more
 * vCPUs than it has room for; OPERATION_ABORTED; INTERNAL_ERROR and OPERATION_TIMEOUT with how QEMU
 * ended and its last words; those of virtcpu_args_build. */
gboolean virtcpu_guest_proof_run(const VirtCpuGuestInput *input, VirtCpuGuestProof *proof,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* FALSE with NO_SUPPORT or CONFIG_UNSUPPORTED, as above, when no firmware can tell of @input. Any
 * thread. */
gboolean virtcpu_guest_proof_check(const VirtCpuGuestInput *input,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What the answer for @input depends on beside the binary and the host, and the firmware itself, as
 * a digest: machine type and its options, accelerator, CPU; not how many vCPUs there are (transfer
 * full). Errors: those of virtcpu_args_build. Any thread. */
char *virtcpu_guest_proof_digest(const VirtCpuGuestInput *input,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
