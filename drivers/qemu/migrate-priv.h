/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the phases of a migration share, in migrate-*.c only. */
#pragma once

#include "conf/migration-cookie.h"
#include "drivers/qemu/cpu-passport.h"
#include "drivers/qemu/domain.h"
#include "drivers/qemu/migrate-door.h"
#include "drivers/qemu/migrate.h"

/* Phases of MIGRATION_OUT as the status file has them. */
enum {
    VIRTCPU_MIGRATE_OUT_BEGUN = 0,     /* nothing was done */
    VIRTCPU_MIGRATE_OUT_PERFORM = 1,   /* QEMU may be sending: cancelled and gone on with */
    VIRTCPU_MIGRATE_OUT_PERFORMED = 2, /* all was sent: the destination decides */
    VIRTCPU_MIGRATE_OUT_CONFIRMED = 3, /* the destination runs it: ended here */
};

/* Phases of MIGRATION_IN. */
enum {
    VIRTCPU_MIGRATE_IN_PREPARED = 1, /* ended: the source has not been told of success */
    VIRTCPU_MIGRATE_IN_RUNS = 2,     /* let run (resume), or to stay paused, but who called was not
                                        yet told */
};

/* One side's view of a migration, kept from phase to phase with the domain's operation. */
typedef struct {
    VirtCpuDomain *domain; /* not owned: it holds this */
    unsigned flags;
    gboolean ours;             /* destination: the source is a daemon of our kind */
    char *name;                /* what the source calls the domain: cookies have it */
    VirtCpuPassport *passport; /* destination: what the CPU must be; NULL: the source has none */
    VirtCpuMigrateDoor *door; /* destination: where the state comes in; NULL: QEMU listens itself */
    char *witnessed;          /* destination: the secret that the source asks with; NULL: it asks
                                 the daemon, or not at all */
    int entered;              /* destination, atomic: somebody came in through the door */
} VirtCpuMigration;

/* A new one of @domain, which the source calls @name (transfer full). */
VirtCpuMigration *virtcpu_migration_new(VirtCpuDomain *domain, unsigned flags,
                                        const char *name) G_GNUC_WARN_UNUSED_RESULT;

/* Free the VirtCpuMigration @data (may be NULL); its door is closed. */
void virtcpu_migration_free(gpointer data);

/* FALSE when @cookie is not about domain @name (NULL: any) with @uuid (NULL: any), but another
 * migration's: INTERNAL_ERROR in libvirt's words. */
gboolean virtcpu_migration_check_subject(const VirtCpuMigrationCookie *cookie, const char *name,
                                         const guint8 *uuid,
                                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The cookie of @call, signed by another daemon than this, with that subject, asking for nothing
 * that is not understood (transfer full). Errors: INTERNAL_ERROR in libvirt's words. */
VirtCpuMigrationCookie *virtcpu_migration_read_cookie(VirtCpuDriver *driver,
                                                      const VirtCpuMigrateCall *call,
                                                      const char *name, const guint8 *uuid,
                                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Add what @progress measured to the statistics of @cookie. */
void virtcpu_migration_add_statistics(VirtCpuMigrationCookie *cookie,
                                      const VirtCpuOperationProgress *progress);

/* Fill in what the statistics of @cookie tell of @progress; the rest is left. */
void virtcpu_migration_read_statistics(const VirtCpuMigrationCookie *cookie,
                                       VirtCpuOperationProgress *progress);

/* A cookie about @domain, which the source calls @name, signed (transfer full). */
VirtCpuMigrationCookie *virtcpu_migration_new_cookie(VirtCpuDomain *domain,
                                                     const char *name) G_GNUC_WARN_UNUSED_RESULT;

/* The bytes of @cookie as they go over the wire (transfer full). */
GBytes *
virtcpu_migration_pack_cookie(const VirtCpuMigrationCookie *cookie) G_GNUC_WARN_UNUSED_RESULT;

/* Add the migration capabilities of the QEMU of running @domain to @cookie, those that are switched
 * on by themselves on the side @automatic names marked. Errors: the monitor's. */
gboolean virtcpu_migration_add_capabilities(VirtCpuDomain *domain, VirtCpuMigrationCookie *cookie,
                                            const char *automatic,
                                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The definition of @domain that @call asks the destination to be given (transfer full): its own,
 * or DESTINATION_XML, which must be the same to the guest. The job's holder only. Errors:
 * CONFIG_UNSUPPORTED with what differs. */
VirtCpuDomainDef *virtcpu_migration_make_def(VirtCpuDomain *domain, const VirtCpuMigrateCall *call,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Can @domain be moved as it is, as @call asks? The job's holder only. Errors: OPERATION_INVALID,
 * MIGRATE_UNSAFE; what is wrong with the call. */
gboolean virtcpu_migration_check(VirtCpuDomain *domain, const VirtCpuMigrateCall *call,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
