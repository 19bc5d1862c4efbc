/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every fuzz driver implements. Built with clang's -fsanitize=fuzzer a driver hunts by itself;
 * with fuzz-main.c it makes a short, repeatable run over its corpus. */
#pragma once

#include <glib.h>

/* Feed @size bytes of @data to the reader under test. Returns 0; whatever is wrong aborts. */
int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);
