/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What "virtcpu host-facts" prints of a machine and its QEMUs, and reading it on another:
 * {"format": "virtcpu-host 1", "hostname", "arch", "kernel", "microcode", "kvm", "kvm-reason",
 * "cpu", "kvm-cpu" (both <cpudata>), "qemus": [{what "virtcpu probe" prints, and "facts"}]}. */
#pragma once

#include "tools/qemu.h"

/* One QEMU of another machine. */
typedef struct {
    VirtCpuQemuCaps *caps;
    char *facts; /* see virtcpu_passport_facts; NULL: not known */
} ToolHostQemu;

/* Another machine. */
typedef struct {
    char *name;        /* as people call it: its host name, else the file's */
    VirtCpuHost *host; /* NULL: not known */
    GPtrArray *qemus;  /* of ToolHostQemu */
} ToolHostFile;

/* Release what @file owns; legal on a zeroed one. */
void tool_host_file_clear(ToolHostFile *file);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ToolHostFile, tool_host_file_clear)

/* The document about the host of @qemu, without "qemus" (transfer full). */
VirtCpuJson *tool_host_file_new(const ToolQemu *qemu) G_GNUC_WARN_UNUSED_RESULT;

/* What stands there of the QEMU of @caps (transfer full). */
VirtCpuJson *tool_host_file_qemu(const ToolQemu *qemu,
                                 const VirtCpuQemuCaps *caps) G_GNUC_WARN_UNUSED_RESULT;

/* Read @path into zeroed @file: such a document, or what "virtcpu probe" printed, or a recorded
 * conversation, which say nothing of the host. Errors: as tool_qemu_replies; INTERNAL_ERROR for a
 * document that makes no sense, with the file's name before. */
gboolean tool_host_file_read(const char *path, ToolHostFile *file,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The QEMU of @file for a guest of @def and its virt type: its emulator, or where it names none,
 * and in a recording, one for its architecture (transfer none); NULL when there is none. */
const ToolHostQemu *tool_host_file_find(const ToolHostFile *file, const VirtCpuDomainDef *def);
