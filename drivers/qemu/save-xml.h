/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The definition that goes with a saved guest, and what may stand in its place. */
#pragma once

#include "drivers/qemu/driver-priv.h"

/* Check that at most one of RUNNING and PAUSED is in @flags. INVALID_ARG. */
gboolean virtcpu_save_check_flags(unsigned flags, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whether a guest is to run, by @flags, or else as it @did. */
gboolean virtcpu_save_choose_running(unsigned flags, gboolean did);

/* @xml read and completed when it gives the guest of @def all that it has, else @def's copy for
 * NULL (transfer full). Errors: those of reading; CONFIG_UNSUPPORTED naming what would differ. */
VirtCpuDomainDef *virtcpu_save_replace_def(VirtCpuDriver *driver, const VirtCpuDomainDef *def,
                                           const char *xml,
                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* @def as an image holds it (transfer full). */
char *virtcpu_save_format_def(const VirtCpuDomainDef *def) G_GNUC_WARN_UNUSED_RESULT;
