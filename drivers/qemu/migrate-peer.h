/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* This daemon as a client of daemons, through the libvirt client library, which is loaded when it
 * is needed first. Its connections live on the main loop. All calls block: workers only. */
#pragma once

#include "conf/domain-def.h"
#include "conf/migration-params.h"

/* Migrate domain @uuid of the daemon at @source (this one) to the daemon at @destination, with
 * @flags of VirtCpuMigrateFlag, PEER2PEER not among them: the library makes the calls of every
 * phase, and undoes what must be undone. Errors: CONFIG_UNSUPPORTED when the library is not there;
 * those of connections and phases, with their codes. */
gboolean virtcpu_migrate_peer_run(const char *source, const char *destination,
                                  const guint8 uuid[VIRTCPU_UUID_BYTES], unsigned flags,
                                  const VirtCpuMigrateParams *params,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What a daemon says of a domain. */
typedef enum {
    VIRTCPU_PEER_HAS_NONE, /* it does not know it, or does not run it */
    VIRTCPU_PEER_HOLDS,    /* a QEMU there has it, and it stands still for a migration */
    VIRTCPU_PEER_HAS,      /* it is that daemon's now, though it stands still */
    VIRTCPU_PEER_RUNS,
} VirtCpuPeerAnswer;

/* Ask the daemon at @daemon for domain @uuid. Errors as above when it does not answer. */
gboolean virtcpu_migrate_peer_ask(const char *daemon, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                  VirtCpuPeerAnswer *answer,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
