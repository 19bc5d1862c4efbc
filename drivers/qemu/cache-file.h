/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One probe's answer on disk, and whether it still holds. */
#pragma once

#include "drivers/qemu/cache-document.h"
#include "drivers/qemu/caps.h"

/* The file for @key in @folder; one per binary and virt type, whatever state they are in (transfer
 * full). */
char *virtcpu_qemu_cache_file_path(const char *folder,
                                   const VirtCpuQemuCacheKey *key) G_GNUC_WARN_UNUSED_RESULT;

/* Read @path. NULL without an error when there is none or it is about another state of the binary,
 * the host or virtcpu itself; with INTERNAL_ERROR or SYSTEM_ERROR when it is torn or was tampered
 * with. Returns (transfer full). Any thread. */
VirtCpuQemuCaps *virtcpu_qemu_cache_file_read(const char *path, const VirtCpuQemuCacheKey *key,
                                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Read a file's @text instead, under the same conditions. */
VirtCpuQemuCaps *virtcpu_qemu_cache_file_parse(const char *text, const VirtCpuQemuCacheKey *key,
                                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Write @caps to @path, whole or not at all. Errors: SYSTEM_ERROR. */
gboolean virtcpu_qemu_cache_file_write(const char *path, const VirtCpuQemuCacheKey *key,
                                       const VirtCpuQemuCaps *caps,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
