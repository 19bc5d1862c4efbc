/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What clients change of a domain that QEMU need not know: its name, its texts. Calls may block
 * (workers only). */
#pragma once

#include "drivers/qemu/driver.h"

/* virDomainModificationImpact; 0: what runs, else the persistent definition. */
#define VIRTCPU_EDIT_LIVE   1u
#define VIRTCPU_EDIT_CONFIG 2u

/* Give an inactive persistent domain the name @new_name; on disk before it returns. Errors as
 * libvirt's: OPERATION_INVALID when it runs, is transient, has that name or another domain has it;
 * XML_ERROR for what is no name. */
gboolean virtcpu_driver_rename(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                               const char *new_name, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Set the description (type 0), title (1) or the metadata element in namespace @uri (2) to @text
 * (NULL: none) in the definitions that @flags choose; @key is the element's prefix. On disk before
 * it returns. Errors: INVALID_ARG, OPERATION_INVALID for a definition there is not, XML's for text
 * that is no element, CONFIG_UNSUPPORTED for virtcpu's own namespace. */
gboolean virtcpu_driver_set_metadata(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                     int type, const char *text, const char *key, const char *uri,
                                     unsigned flags, GError **error) G_GNUC_WARN_UNUSED_RESULT;
