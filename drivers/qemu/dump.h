/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every property of a guest's CPU as its QEMU has it, in forms that make the same CPU again. */
#pragma once

#include "drivers/qemu/cpu-object.h"
#include "drivers/qemu/guest-proof.h"

/* A dump. */
typedef struct {
    char *binary, *machine; /* absolute path, canonical name */
    VirtCpuArch arch;
    VirtCpuVirtType virt_type;
    char *cpu;    /* the value of -cpu that was asked for */
    char **asked; /* all options that said what the CPU is */
    VirtCpuCpuObject object;
    /* What the forms below name and set every property of: the bare CPU where it has them all, else
     * the exact version of the model; and its QOM type. */
    char *base, *base_type;
} VirtCpuDump;

/* Release what @dump owns; legal on a zeroed one. */
void virtcpu_dump_clear(VirtCpuDump *dump);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VirtCpuDump, virtcpu_dump_clear)

/* Start the QEMU of @input, paused and with nothing but its CPU, and ask it; zeroed @dump is
 * filled. Blocks: workers only; the QEMU dies with the calling thread. Errors: NO_SUPPORT for a
 * QEMU that cannot be asked; those of virtcpu_args_build; INTERNAL_ERROR and OPERATION_TIMEOUT with
 * how QEMU ended and its last words. */
gboolean virtcpu_dump_run(const VirtCpuGuestInput *input, VirtCpuDump *dump,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The line that makes this CPU, with every property, into zeroed @line. */
void virtcpu_dump_to_line(const VirtCpuDump *dump, VirtCpuCpuLine *line);

/* The same as a file for -readconfig, which goes with -cpu and @dump's base (transfer full).
 * Errors: CONFIG_UNSUPPORTED for a text with a quotation mark, which such a file cannot hold. */
char *virtcpu_dump_to_config(const VirtCpuDump *dump, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* All of @dump: {"qemu", "machine", "virt-type", "arch", "cpu", "type", "base", "options",
 * "readconfig", "properties": {name: value}, "read-only": {name: value}} (transfer full). Errors:
 * those of virtcpu_dump_to_config. */
VirtCpuJson *virtcpu_dump_to_json(const VirtCpuDump *dump,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
