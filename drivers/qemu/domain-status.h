/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is on disk about a running domain, so that a later daemon finds its QEMU again. */
#pragma once

#include "drivers/qemu/cpu-passport.h"
#include "drivers/qemu/domain.h"

/* A status file's content. */
typedef struct {
    guint8 uuid[VIRTCPU_UUID_BYTES];
    gboolean starting; /* a QEMU may have been started but was never acknowledged: end it */
    int id;
    pid_t pid;          /* 0 while starting */
    guint64 start_time; /* of the process, see virtcpu_process_start_time */
    guint64 log_from;   /* as in VirtCpuDomainRun */
    char *monitor_path;
    int state, reason;                  /* when it was written; QEMU itself tells the state now */
    gboolean acknowledged, fake_reboot; /* as in VirtCpuDomainRun */
    GPtrArray *lent;                    /* files; NULL: none were */
    gboolean owned;                     /* AUTODESTROY: its connection went with the daemon */
    VirtCpuOperation operation;         /* was under way; NONE: the next line is 0 */
    unsigned phase;                     /* its own number */
    gboolean resume;                    /* rolled back, the guest is to run */
    char *path;                         /* what it wrote or read; may be NULL */
    VirtCpuDomainDef *live;             /* with the exact CPU; NULL while starting */
    VirtCpuDomainDef *original;         /* what it was made from; NULL while starting */
} VirtCpuDomainStatus;

/* Free @status (may be NULL). */
void virtcpu_domain_status_free(VirtCpuDomainStatus *status);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuDomainStatus, virtcpu_domain_status_free)

/* Note on disk that a QEMU of @domain is about to listen at @monitor_path. Errors: SYSTEM_ERROR.
 * The job's holder only, as all below that take a domain. */
gboolean virtcpu_domain_status_save_starting(VirtCpuDomain *domain, const char *monitor_path,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Write what is known of running @domain; on disk when it returns. Errors: SYSTEM_ERROR. */
gboolean virtcpu_domain_status_save(VirtCpuDomain *domain,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Write the passport that running @domain has, if it has one, beside it. A start does not wait for
 * it: what is lost is made again. Errors: SYSTEM_ERROR. */
gboolean virtcpu_domain_status_save_passport(VirtCpuDomain *domain,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The passport of the domain named @name (transfer full); NULL when there is none, or none that is
 * whole. */
VirtCpuPassport *virtcpu_domain_status_read_passport(VirtCpuDriver *driver,
                                                     const char *name) G_GNUC_WARN_UNUSED_RESULT;

/* virtcpu_domain_status_save with @live for what runs. */
gboolean virtcpu_domain_status_save_as(VirtCpuDomain *domain, const VirtCpuDomainDef *live,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Remove the status of @domain and its monitor's socket, and give back the files it was lent.
 * Failures are logged: a status whose QEMU is gone is cleaned up by the next daemon. */
void virtcpu_domain_status_remove(VirtCpuDomain *domain);

/* The status of the domain named @name (transfer full). Errors: SYSTEM_ERROR; INTERNAL_ERROR for a
 * file that is torn, hostile or about another domain. */
VirtCpuDomainStatus *virtcpu_domain_status_read(VirtCpuDriver *driver, const char *name,
                                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Names of all domains with a status file (transfer full). */
char **virtcpu_domain_status_names(VirtCpuDriver *driver) G_GNUC_WARN_UNUSED_RESULT;

/* Where the monitor socket of the domain named @name is (transfer full). */
char *virtcpu_domain_monitor_path(VirtCpuDriver *driver,
                                  const char *name) G_GNUC_WARN_UNUSED_RESULT;
