/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The driver's inside, for drivers/qemu only. */
#pragma once

#include "drivers/qemu/domain-list.h"
#include "drivers/qemu/file-loans.h"
#include "drivers/qemu/firmware.h"
#include "drivers/qemu/matrix-filler.h"
#include "drivers/qemu/migrate-doubts.h"
#include "drivers/qemu/migrate-offline.h"
#include "drivers/qemu/migrate-self.h"
#include "drivers/qemu/migrate-witness.h"
#include "drivers/qemu/note-queue.h"

struct _VirtCpuDriver {
    VirtCpuHost *host;
    VirtCpuQemuCache *cache;
    VirtCpuQemuMatrixFiller *filler; /* NULL: only what is needed is asked */
    GMainContext *context;           /* the main loop's */
    char *config_dir;                /* NAME.xml */
    char *autostart_dir;             /* links to them */
    char *state_dir;                 /* NAME.json, NAME.monitor */
    char *log_dir;                   /* NAME.log */
    char *save_dir;                  /* NAME.save: managed images */
    unsigned monitor_timeout_ms;
    VirtCpuProve verify_in_guest;
    VirtCpuCpuForm cpu_form; /* never DEFAULT */
    VirtCpuSandbox sandbox;
    VirtCpuDomainList *domains;
    VirtCpuMigrateOffline *offline; /* definitions on their way in */
    VirtCpuMigrateSelf *self;       /* who this daemon is to others */
    VirtCpuMigrateWitness *witness; /* which guests that came were let run */
    VirtCpuMigrateDoubts *doubts;   /* guests that may run elsewhere, or not */
    VirtCpuNoteQueue *notes;
    VirtCpuAccount *account; /* whom QEMUs run as; NULL: as the daemon does */
    VirtCpuFileLoans *loans;
    VirtCpuFirmwareBook *firmware;
    char *nvram_dir;      /* variables of UEFI: NAME_VARS.fd */
    char *channel_dir;    /* sockets of channels: NAME.channelN; the account's */
    GThreadPool *workers; /* what events ask for */
    GThreadPool *patient; /* one thread, for what nobody waits for */
    GSource *stop_watch;  /* may be NULL */
    int met;              /* atomic: QEMUs found at the start that were asked how they do */
    int spice_ports;      /* atomic: how many were looked for */
    int next_id;          /* atomic */
    gboolean closing;     /* main loop thread only: nothing is queued any more */
    int busy;             /* atomic: jobs and tasks in progress */
    int invoked;          /* atomic: calls on their way to the main loop */
    int interrupted;      /* atomic: nobody is to wait for long any more */
};

/* Have a worker call @task with @domain (transfer none); not once the driver is being freed. Main
 * loop thread. */
void virtcpu_driver_queue(VirtCpuDriver *driver, VirtCpuDomainTask task, VirtCpuDomain *domain);

/* The same, one task after another: what nobody waits for leaves the host to those who do. */
void virtcpu_driver_queue_patiently(VirtCpuDriver *driver, VirtCpuDomainTask task,
                                    VirtCpuDomain *domain);

/* Have the main loop call @task with @domain (transfer none). Any thread. */
void virtcpu_driver_invoke(VirtCpuDriver *driver, VirtCpuDomainTask task, VirtCpuDomain *domain);

/* The domain with @uuid and its job. End with virtcpu_driver_end_job. Returns (transfer full). */
VirtCpuDomain *virtcpu_driver_begin_job(VirtCpuDriver *driver,
                                        const guint8 uuid[VIRTCPU_UUID_BYTES],
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same, and it must run: OPERATION_INVALID "domain is not running". */
VirtCpuDomain *virtcpu_driver_begin_active_job(VirtCpuDriver *driver,
                                               const guint8 uuid[VIRTCPU_UUID_BYTES],
                                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same beside a long operation. */
VirtCpuDomain *virtcpu_driver_begin_active_beside(VirtCpuDriver *driver,
                                                  const guint8 uuid[VIRTCPU_UUID_BYTES],
                                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The domain that @def belongs to, see virtcpu_domain_list_claim, and its job. */
VirtCpuDomain *virtcpu_driver_claim_job(VirtCpuDriver *driver, const VirtCpuDomainDef *def,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* End the job and drop the reference. */
void virtcpu_driver_end_job(VirtCpuDomain *domain);
