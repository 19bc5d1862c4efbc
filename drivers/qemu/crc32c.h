/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CRC-32C (Castagnoli), the check of iSCSI and of file systems: processors have an instruction for
 * it, so that a guest's memory is checked as fast as it is read. */
#pragma once

#include <glib.h>

/* The checksum of @length bytes at @data, going on from @crc, that of what came before (0: nothing
 * did). Any thread. */
guint32 virtcpu_crc32c(guint32 crc, const void *data, gsize length) G_GNUC_WARN_UNUSED_RESULT;

/* The same without the processor's help: what it must agree with. */
guint32 virtcpu_crc32c_portable(guint32 crc, const void *data,
                                gsize length) G_GNUC_WARN_UNUSED_RESULT;
