/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Before a port that is open to the network: callers say who they are in their first bytes, and
 * whoever says nothing, too little or something else is sent away without harm to the next. */
#pragma once

#include <glib.h>

/* Who has come but not yet shown who they are; with one more the eldest is sent away. */
#define VIRTCPU_MIGRATE_PORCH_PLACES 8

/* May the caller at @fd, whose first bytes are @seen, come in? They are still to be read from @fd,
 * which blocks and belongs to who called; FALSE has it closed. */
typedef gboolean (*VirtCpuMigratePorchFunc)(int fd, const char *seen, gpointer user_data);

/* Take callers of @listener, look at their first @length bytes, at most
 * VIRTCPU_MIGRATE_PORCH_BYTES, and ask @judge with @user_data. Returns the socket of the first who
 * may come in (transfer full), or -1 once @closing can be read. Blocks: a thread of its own. */
int virtcpu_migrate_porch_keep(int listener, int closing, gsize length,
                               VirtCpuMigratePorchFunc judge,
                               gpointer user_data) G_GNUC_WARN_UNUSED_RESULT;

/* Longest first words. */
#define VIRTCPU_MIGRATE_PORCH_BYTES 256
