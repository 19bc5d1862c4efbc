/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small kernel files: /sys and /proc, or a recorded tree in their place. Any thread. */
#pragma once

#include <glib.h>

/* The text of @path below @sysroot (NULL: the real root), trimmed (transfer full); NULL when it
 * cannot be read. */
char *virtcpu_sysfile_read(const char *sysroot, const char *path) G_GNUC_WARN_UNUSED_RESULT;

/* The whole decimal number that @path holds; FALSE, @value untouched, when it holds none or it is
 * over @max. */
gboolean virtcpu_sysfile_number(const char *sysroot, const char *path, guint64 max, guint64 *value);

/* The N of every entry @prefix N of folder @path (node0, node1, …), ascending, as guint64 (transfer
 * full); empty when the folder cannot be read. @suffix (may be "") must follow the number. */
GArray *virtcpu_sysfile_numbered(const char *sysroot, const char *path, const char *prefix,
                                 const char *suffix) G_GNUC_WARN_UNUSED_RESULT;

/* The CPUs of a kernel list such as "0-3,8", ascending, as unsigned (transfer full); empty when
 * @text (may be NULL) is no such list. */
GArray *virtcpu_cpulist_parse(const char *text) G_GNUC_WARN_UNUSED_RESULT;

/* The value behind "@key" and a colon in @text, a file such as /proc/cpuinfo or a node's meminfo,
 * up to the end of its first such line (transfer full); NULL when there is none. Words before @key
 * on the line are skipped. */
char *virtcpu_sysfile_field(const char *text, const char *key) G_GNUC_WARN_UNUSED_RESULT;
