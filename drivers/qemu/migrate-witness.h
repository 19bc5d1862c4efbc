/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A destination that can be asked afterwards. Whoever loses its connection while a guest is let run
 * cannot know whether it was; the guest's source must, since two that run would be the end of both.
 * So a destination remembers on disk which guests it let run, and tells that to who knows their
 * migration's secret, at a port of the range for migrations: open from the first guest on that
 * comes from another machine, and in every daemon after that. */
#pragma once

#include "conf/domain-def.h"
#include "drivers/qemu/migrate-peer.h"

typedef struct _VirtCpuMigrateWitness VirtCpuMigrateWitness;

/* Is it still open whether the domain with @uuid is let run? Called in a thread of the witness's
 * own. */
typedef gboolean (*VirtCpuMigrateWitnessFunc)(const guint8 uuid[VIRTCPU_UUID_BYTES],
                                              gpointer user_data);

/* A witness that keeps what it knows in @folder and asks @is_open with @user_data (transfer full).
 */
VirtCpuMigrateWitness *virtcpu_migrate_witness_new(const char *folder,
                                                   VirtCpuMigrateWitnessFunc is_open,
                                                   gpointer user_data) G_GNUC_WARN_UNUSED_RESULT;

/* Open the port of an earlier witness of this folder again, if there was one: sources may be
 * waiting for an answer there. Before others use it; what goes wrong is logged. */
void virtcpu_migrate_witness_reopen(VirtCpuMigrateWitness *witness);

/* Free @witness (may be NULL) after its thread has ended. */
void virtcpu_migrate_witness_free(VirtCpuMigrateWitness *witness);

/* The port that it answers at, opened if it was not; 0 and an error as virtcpu_migrate_door_bind
 * when there is none; SYSTEM_ERROR when it cannot be remembered. Any thread. */
guint virtcpu_migrate_witness_open(VirtCpuMigrateWitness *witness,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The domain with @uuid, whose migration has @secret, is about to be let run: on disk when this
 * returns. Errors: SYSTEM_ERROR. Any thread. */
gboolean virtcpu_migrate_witness_note(VirtCpuMigrateWitness *witness,
                                      const guint8 uuid[VIRTCPU_UUID_BYTES], const char *secret,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* It was not let run. What goes wrong is logged. Any thread. */
void virtcpu_migrate_witness_forget(VirtCpuMigrateWitness *witness,
                                    const guint8 uuid[VIRTCPU_UUID_BYTES]);

/* Ask the witness at @place ("tcp:HOST:PORT") about the domain with @uuid whose migration had
 * @secret: HAS, HOLDS or HAS_NONE. Errors: those of connections, G_IO_ERROR among them;
 * OPERATION_FAILED for an answer that is none. Blocks for some seconds at most. */
gboolean virtcpu_migrate_witness_ask(const char *place, const char *secret,
                                     const guint8 uuid[VIRTCPU_UUID_BYTES],
                                     VirtCpuPeerAnswer *answer,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
