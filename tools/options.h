/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line of one verb. */
#pragma once

#include "conf/cpu-form.h"
#include "drivers/cpu/cpu.h"
#include "tools/verb.h"

/* Parse @argv by @entries (ending in an empty one). What stays after the options must be @least to
 * @most arguments; they are returned NULL-terminated (transfer full). --help prints the verb's help
 * and ends the process. Errors: G_OPTION_ERROR. */
char **tool_options_parse(const ToolVerb *verb, const GOptionEntry *entries, int argc, char **argv,
                          unsigned least, unsigned most, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* FALSE with G_OPTION_ERROR telling the usage of @verb unless there is one of @file and @domain
 * (each may be NULL). */
gboolean tool_options_subject(const ToolVerb *verb, const char *file, const char *domain,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The architecture called @name; this machine's for NULL. FALSE with INVALID_ARG for an unknown
 * one. */
gboolean tool_options_arch(const char *name, VirtCpuArch *arch,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The form of a CPU called @name; DEFAULT for NULL. FALSE with INVALID_ARG for an unknown one. */
gboolean tool_options_form(const char *name, VirtCpuCpuForm *form,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The names in a comma-separated @list (NULL gives NULL), each a model of @arch's map (transfer
 * full). Errors: INVALID_ARG naming the first that is none. */
gboolean tool_options_models(const char *list, VirtCpuArch arch, char ***models,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
