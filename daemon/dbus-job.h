/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One call of a verb over D-Bus, from its arrival to its answer. Owned by one thread at a time. */
#pragma once

#include "daemon/dbus-verbs.h"

typedef struct _VirtCpuDbusJob VirtCpuDbusJob;

/* For @invocation (transfer full), whose one argument @options are. NULL when the call was answered
 * with an error: an option that @verb has not, or of a wrong kind. Main loop. */
VirtCpuDbusJob *virtcpu_dbus_job_new(GDBusMethodInvocation *invocation, const VirtCpuDbusVerb *verb,
                                     GVariant *options,
                                     VirtCpuDriver *driver) G_GNUC_WARN_UNUSED_RESULT;

/* Answer with @error what was not answered yet, and free @job. Main loop. */
void virtcpu_dbus_job_refuse(VirtCpuDbusJob *job, const GError *error);

/* The name its caller gave it, or NULL (transfer none). */
const char *virtcpu_dbus_job_name(const VirtCpuDbusJob *job);

/* What its options take. */
gsize virtcpu_dbus_job_bytes(const VirtCpuDbusJob *job);

/* The action of polkit that it takes, or NULL (transfer none). */
const char *virtcpu_dbus_job_action(const VirtCpuDbusJob *job);

/* TRUE when its caller lets polkit ask the user. */
gboolean virtcpu_dbus_job_is_interactive(const VirtCpuDbusJob *job);

/* What ends it early (transfer none). */
GCancellable *virtcpu_dbus_job_cancellable(const VirtCpuDbusJob *job);

/* Its caller may have any QEMU run. Before it runs. */
void virtcpu_dbus_job_trust(VirtCpuDbusJob *job);

/* Do it. Blocks: workers only. */
void virtcpu_dbus_job_run(VirtCpuDbusJob *job);

/* Answer with what running gave, and free @job. Main loop. */
void virtcpu_dbus_job_finish(VirtCpuDbusJob *job);
