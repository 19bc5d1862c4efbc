/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A QEMU started only to be questioned: paused, ended with the session. */
#pragma once

#include "conf/domain-def.h"
#include "drivers/qemu/qmp.h"
#include "drivers/qemu/vcpu.h"

#include <gio/gio.h>

/* The machine that has nothing, for questions about the binary itself. */
#define VIRTCPU_QEMU_NO_MACHINE "none"

typedef struct _VirtCpuQemuSession VirtCpuQemuSession;

/* Start @binary (absolute path) under @virt_type with machine type @machine and no guest's options;
 * all of the session
 * takes at most @timeout_ms, and @cancel (may be NULL; must outlive the session) ends any asking
 * early from any thread. The QEMU dies with the calling thread. Returns (transfer full).
 * Errors: CONFIG_UNSUPPORTED (missing, not executable), SYSTEM_ERROR (cannot be run),
 * OPERATION_ABORTED (cancelled). */
VirtCpuQemuSession *virtcpu_qemu_session_new(const char *binary, VirtCpuVirtType virt_type,
                                             const char *machine, unsigned timeout_ms,
                                             GCancellable *cancel,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same with a guest of machine type @machine: @options (NULL-terminated) are those of its
 * command line, -machine and accelerator among them. */
VirtCpuQemuSession *virtcpu_qemu_session_new_guest(const char *binary, const char *machine,
                                                   const char *const *options, unsigned timeout_ms,
                                                   GCancellable *cancel,
                                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* End @session (may be NULL) and its QEMU. */
void virtcpu_qemu_session_free(VirtCpuQemuSession *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuQemuSession, virtcpu_qemu_session_free)

/* Append each command that is answered from now on, and its answer, to @record (transfer none; must
 * outlive the session) in the form that virtcpu_qemu_replies_read takes. */
void virtcpu_qemu_session_record(VirtCpuQemuSession *session, GString *record);

/* Send @count commands in one go, the handshake before the first of them, and collect every answer
 * as virtcpu_qmp_execute_many does. The caller clears @calls. Blocks. */
gboolean virtcpu_qemu_session_ask(VirtCpuQemuSession *session, VirtCpuQmpCall *calls, gsize count,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Ask all vCPUs of the session's guest as virtcpu_vcpus_ask does. */
gboolean virtcpu_qemu_session_ask_vcpus(VirtCpuQemuSession *session, VirtCpuArch arch,
                                        VirtCpuVcpus *vcpus,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Turn @reason (transfer full), why the questions got no answer, into one sentence with what QEMU
 * did and said: OPERATION_TIMEOUT, or INTERNAL_ERROR. */
void virtcpu_qemu_session_explain(VirtCpuQemuSession *session, GError *reason, GError **error);
