/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The matrix of machine types and models as people read it. */
#pragma once

#include "conf/json.h"

/* Print @models, as virtcpu_qemu_matrix_answer gives them: of each what its first group has, and
 * how each of the others differs from it. Models without any group are left out. */
void tool_matrix_print(const VirtCpuJson *models);

/* Print to standard error that @done of @total machine types are asked, and that @machine was the
 * last of them or, when @failed, cannot be. */
void tool_matrix_print_progress(const char *machine, guint done, guint total, gboolean failed);
