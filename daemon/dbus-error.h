/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Errors as D-Bus has them: org.virtcpu.Error.CodeN, N being libvirt's number. */
#pragma once

#include <gio/gio.h>

/* Answer @invocation (transfer full) with @error, its text as people read it. Any thread. */
void virtcpu_dbus_error_return(GDBusMethodInvocation *invocation, const GError *error);
