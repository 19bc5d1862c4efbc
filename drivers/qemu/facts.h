/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an answer depends on, as text: one "name=value" line for each fact. Two texts are compared
 * as a whole; only when they differ are their lines looked at, to tell people why. */
#pragma once

#include <glib.h>

/* Append the fact @name; line ends in @value (NULL: no such fact, nothing is appended) become
 * spaces. */
void virtcpu_qemu_facts_add(GString *facts, const char *name, const char *value);

/* Which facts differ between @before and @now, in words and separated by "; " (transfer full); NULL
 * when none does. Either may be any text: it comes from a file. Any thread. */
char *virtcpu_qemu_facts_difference(const char *before, const char *now) G_GNUC_WARN_UNUSED_RESULT;
