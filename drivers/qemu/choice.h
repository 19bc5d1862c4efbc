/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which QEMU a client means, out of what it said and what is installed. */
#pragma once

#include "drivers/qemu/driver.h"

/* A choice made. */
typedef struct {
    VirtCpuQemuCaps *caps; /* of the binary under the virt type; owned */
    const VirtCpuQemuMachine *machine;
    VirtCpuArch arch; /* the guest's: may be narrower than caps->arch */
} VirtCpuQemuChosen;

/* Release what @chosen owns. */
void virtcpu_qemu_chosen_clear(VirtCpuQemuChosen *chosen);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VirtCpuQemuChosen, virtcpu_qemu_chosen_clear)

/* Fill what @choice leaves open: the host's or the emulator's architecture, the default binary for
 * it, KVM when it works and else TCG, the default machine. May probe: workers only. Errors:
 * INVALID_ARG for what is unknown or does not go together; CONFIG_UNSUPPORTED and whatever the
 * probe says. */
gboolean virtcpu_qemu_choose(VirtCpuDriver *driver, const VirtCpuQemuChoice *choice,
                             VirtCpuQemuChosen *chosen, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same from what is in memory already; FALSE also for what would be an error, and @chosen is to
 * be cleared either way. Quick. */
gboolean virtcpu_qemu_choose_peek(VirtCpuDriver *driver, const VirtCpuQemuChoice *choice,
                                  VirtCpuQemuChosen *chosen) G_GNUC_WARN_UNUSED_RESULT;
