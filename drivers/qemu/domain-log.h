/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file that a QEMU's output goes to. */
#pragma once

#include "conf/fd.h"
#include "drivers/qemu/domain.h"

/* Open the log of @domain for appending and write when and how QEMU is started. @end gets where
 * QEMU's own words begin. Returns the descriptor or -1 with SYSTEM_ERROR. */
VirtCpuFd virtcpu_domain_log_open(VirtCpuDomain *domain, char **environment, char **argv,
                                  guint64 *end, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The last lines in the log of @domain; "" when there are none (transfer full). */
char *virtcpu_domain_log_last_words(VirtCpuDomain *domain, guint64 from) G_GNUC_WARN_UNUSED_RESULT;
