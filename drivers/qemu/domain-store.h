/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Persistent definitions and autostart marks on disk. */
#pragma once

#include "drivers/qemu/domain.h"

/* Write @def as the persistent definition of its name; on disk when it returns. Errors:
 * SYSTEM_ERROR, with the old definition intact. The job's holder only. */
gboolean virtcpu_domain_store_save(VirtCpuDriver *driver, const VirtCpuDomainDef *def,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Write @def beside the persistent definition of its name, on disk when it returns: what is left is
 * to put it in place, or not. Errors: SYSTEM_ERROR. The job's holder only, as the two below. */
gboolean virtcpu_domain_store_prepare(VirtCpuDriver *driver, const VirtCpuDomainDef *def,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Put what was prepared for @name in place. Errors: SYSTEM_ERROR. */
gboolean virtcpu_domain_store_commit(VirtCpuDriver *driver, const char *name,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Forget what was prepared for @name. */
void virtcpu_domain_store_abandon(VirtCpuDriver *driver, const char *name);

/* Remove the autostart mark and then the definition of @name. Errors: SYSTEM_ERROR. */
gboolean virtcpu_domain_store_remove(VirtCpuDriver *driver, const char *name,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Make or remove the autostart mark of @name. Errors: SYSTEM_ERROR. */
gboolean virtcpu_domain_store_set_autostart(VirtCpuDriver *driver, const char *name,
                                            gboolean autostart,
                                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Put every readable definition into the driver's list; others are logged and left alone. Before
 * the driver serves. */
void virtcpu_domain_store_load(VirtCpuDriver *driver);
