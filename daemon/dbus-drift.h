/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Method Drift of org.virtcpu.Daemon1. */
#pragma once

#include "daemon/dbus-verbs.h"

/* The options it knows, NULL-terminated. */
extern const char *const virtcpu_dbus_drift_options[];

/* What a change from the first to the second of option "machines", of option "qemus", or of both
 * does to "models", to a "definition" or "domain", or, without any of these, to all models
 * (transfer full). Blocks: workers only. Errors: INVALID_ARG when nothing changes; those of
 * virtcpu_dbus_choose_caps and virtcpu_drift_answer. */
VirtCpuJson *virtcpu_dbus_drift(const VirtCpuDbusRequest *request,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
