/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What verify, dump and explain are asked: which CPU, and where. */
#pragma once

#include "conf/json.h"
#include "tools/connect.h"

/* What the command line says; NULL leaves it to the definition. */
typedef struct {
    char *root, *qemu, *machine, *virt_type, *domain;
} ToolQuestion;

/* Release what @question owns; legal on a zeroed one. */
void tool_question_clear(ToolQuestion *question);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ToolQuestion, tool_question_clear)

/* TRUE when it is a daemon's to answer: one is named, or a domain is. */
gboolean tool_question_is_online(const ToolQuestion *question, const ToolConnect *connect);

/* Have the daemon answer by D-Bus method @method, about the definition in @file; for NULL about the
 * domain, or what @options (consumed), which has what only that method takes, names. Returns
 * (transfer full). Errors: as tool_input_read and tool_bus_call; INVALID_ARG for --root. */
VirtCpuJson *tool_question_ask(const ToolQuestion *question, const ToolConnect *connect,
                               const char *method, const char *file, GVariantDict *options,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
