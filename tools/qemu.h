/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The QEMUs and the cache that verbs ask: the daemon's own cache, so that one learns from the
 * other.
 */
#pragma once

#include "drivers/qemu/cache.h"

/* This machine and its cache. */
typedef struct {
    VirtCpuHost *host;
    VirtCpuQemuCache *cache;
} ToolQemu;

/* Open the cache below @root, or at the daemon's own place for NULL. Errors: SYSTEM_ERROR. */
gboolean tool_qemu_init(ToolQemu *qemu, const char *root, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Release what @qemu owns; legal on a zeroed one. */
void tool_qemu_clear(ToolQemu *qemu);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ToolQemu, tool_qemu_clear)

/* The absolute path of @name, a path or a program's name (transfer full). */
char *tool_qemu_path(const char *name) G_GNUC_WARN_UNUSED_RESULT;

/* The virt type called @name; for NULL KVM where it works with @binary, else TCG. INVALID_ARG for
 * an unknown one. */
gboolean tool_qemu_virt_type(const VirtCpuHost *host, const char *binary, const char *name,
                             VirtCpuVirtType *virt_type, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What @binary (path or name) can do under the virt type called @virt_type or chosen as above, from
 * the cache where it has it (transfer full). Errors: as virtcpu_qemu_cache_get. */
VirtCpuQemuCaps *tool_qemu_caps(const ToolQemu *qemu, const char *binary, const char *virt_type,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What the QEMU recorded in @file, or probed into it, could do under the virt type called
 * @virt_type; for NULL KVM where it was recorded, else TCG. @binary: the path to claim; NULL: that
 * of the file (transfer full). Errors: as tool_input_read and virtcpu_qemu_replies_read, with the
 * file's name before. */
VirtCpuQemuCaps *tool_qemu_replies(const char *file, const char *binary, const char *virt_type,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The machine type of @caps named or aliased @name; its default, or its first where it has none,
 * for NULL. CONFIG_UNSUPPORTED naming one that it lacks (transfer none). */
const VirtCpuQemuMachine *tool_qemu_machine(const VirtCpuQemuCaps *caps, const char *name,
                                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
