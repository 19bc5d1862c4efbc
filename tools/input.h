/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading what the verbs are given: files of one document or several, or standard input. */
#pragma once

#include "conf/domain-def.h"
#include "drivers/cpu/cpu.h"

/* A <cpu> and where it stood. */
typedef struct {
    char *where; /* "FILE", or "FILE, CPU 2" where it has several */
    VirtCpuDef *def;
} ToolCpu;

/* The whole of @file ("-": standard input), which must be text (transfer full). Errors:
 * SYSTEM_ERROR naming the file; INVALID_ARG for one that is no text or longer than any document may
 * be. */
char *tool_input_read(const char *file, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Every <cpu> in @file, as ToolCpu in file order, never empty (transfer full). Errors: as
 * tool_input_read and virtcpu_def_parse_all, with the file's name before. */
GPtrArray *tool_input_cpus(const char *file, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The one <cpu> of @file to measure others by; this machine's CPU for NULL (transfer full). Gets
 * @arch where it has no architecture. Errors: likewise; INVALID_ARG when @file has several;
 * NO_SUPPORT when this machine's CPU has no name. */
VirtCpuDef *tool_input_host(const char *file, VirtCpuArch arch,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE when @argument, of a verb that takes a file or a name, is a file: one that is there,
 * standard input ("-"), a path, or something that ends in ".xml". */
gboolean tool_input_is_file(const char *argument);

/* The <domain> in @file, or one around the <cpu> there (transfer full). Errors: as tool_input_read
 * and virtcpu_subject_parse, with the file's name before. */
VirtCpuDomainDef *tool_input_subject(const char *file, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Every JSON value of @text, one after another, as VirtCpuJson (transfer full). Errors: as
 * virtcpu_json_parse, with the value's number and the line it begins in. */
GPtrArray *tool_input_json(const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;
