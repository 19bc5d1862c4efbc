/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guests whose state was all sent, and of which nobody says whether they run at the destination:
 * they stand still, and their destinations are asked again and again, since no event tells that a
 * link is back. */
#pragma once

#include "drivers/qemu/domain.h"
#include "drivers/qemu/migrate-peer.h"

typedef struct _VirtCpuMigrateDoubts VirtCpuMigrateDoubts;

/* @settle is called for a domain whose destination has an answer, in a thread that must not wait
 * (transfer full). */
VirtCpuMigrateDoubts *
virtcpu_migrate_doubts_new(VirtCpuDomainTask settle) G_GNUC_WARN_UNUSED_RESULT;

/* Nobody is asked any more when this returns, nor will be; @doubts may be NULL. */
void virtcpu_migrate_doubts_stop(VirtCpuMigrateDoubts *doubts);

/* Free @doubts (may be NULL), stopped. */
void virtcpu_migrate_doubts_free(VirtCpuMigrateDoubts *doubts);

/* From now on have the destination of @domain (transfer none) asked, until its operation is no
 * longer in doubt. Any thread. */
void virtcpu_migrate_doubts_add(VirtCpuMigrateDoubts *doubts, VirtCpuDomain *domain);

/* How a destination is asked, as a status file keeps it (transfer full), or NULL: by the witness at
 * port @witness (0: there is none) of the host of @place, who knows @secret; or through its daemon
 * at @daemon, which may be NULL. */
char *virtcpu_migrate_doubts_format(const char *place, guint witness, const char *secret,
                                    const char *daemon) G_GNUC_WARN_UNUSED_RESULT;

/* Ask as @question says for domain @uuid. Errors: those of connections. Blocks. */
gboolean virtcpu_migrate_doubts_ask(const char *question, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                    VirtCpuPeerAnswer *answer,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
