/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A running domain and the passport of its CPU. */
#pragma once

#include "drivers/qemu/args.h"
#include "drivers/qemu/cpu-passport.h"
#include "drivers/qemu/domain.h"

/* What is known when @domain's QEMU, paused, has been verified: which QEMU made the CPU, on which
 * host, in which form. @args started it, @live (of @args' definition or its CPU, NULL: none) is
 * what it turned out to be. The rest follows in virtcpu_passport_make (transfer full). */
VirtCpuPassport *virtcpu_passport_draft(VirtCpuDomain *domain, VirtCpuQemuCaps *caps,
                                        const VirtCpuArgsInput *args, const VirtCpuDef *live,
                                        pid_t pid) G_GNUC_WARN_UNUSED_RESULT;

/* Have what the guest sees looked at as long as the binary is still the one that runs it, and keep
 * it in the domain's status: a worker's task after a start, without the domain's job. Its QEMU is
 * not asked: many questions at once are not for a guest's first moments, since QEMU 7.2 hangs when
 * it is to end amid them. */
void virtcpu_passport_look(VirtCpuDomain *domain);

/* The passport of running @domain: the one it came with, else the one of its start. What the guest
 * sees is asked of a second QEMU with its CPU unless that was done before; when it cannot be had,
 * the passport says why. The job's holder only; blocks. Returns (transfer full). Errors: what its
 * QEMU said; OPERATION_TIMEOUT. */
VirtCpuPassport *virtcpu_passport_make(VirtCpuDomain *domain,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Check that the vCPUs of paused @domain, as its QEMU says, are those of @passport: features,
 * identity and every property. The job's holder only; blocks. Errors: OPERATION_FAILED "guest CPU
 * doesn't match specification: …" naming each feature and property, layer and remedy; what QEMU
 * said; OPERATION_TIMEOUT. */
gboolean virtcpu_passport_confirm(VirtCpuDomain *domain, const VirtCpuPassport *passport,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same, of features and identity only: of a QEMU that was found again. */
gboolean virtcpu_passport_confirm_again(VirtCpuDomain *domain, const VirtCpuPassport *passport,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same, of the first vCPU only: once more after the state was read, before the guest runs,
 * while it waits for that; all vCPUs were confirmed, and are made alike. */
gboolean virtcpu_passport_confirm_first(VirtCpuDomain *domain, const VirtCpuPassport *passport,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
