/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes of a save image's file, whole or not at all. All set errno. Any thread. */
#pragma once

#include "drivers/qemu/crc32c.h"

/* Read at most @length bytes at @offset into @bytes; less only at the file's end. -1 on failure. */
gssize virtcpu_save_bytes_read(int fd, guint64 offset, void *bytes, gsize length);

/* Write @length bytes at @offset. */
gboolean virtcpu_save_bytes_write(int fd, guint64 offset, const void *bytes,
                                  gsize length) G_GNUC_WARN_UNUSED_RESULT;

/* The checksum of @length bytes at @offset into @crc. A file that ends before is a failure, EIO. */
gboolean virtcpu_save_bytes_checksum(int fd, guint64 offset, guint64 length,
                                     guint32 *crc) G_GNUC_WARN_UNUSED_RESULT;
