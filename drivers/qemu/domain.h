/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One domain: its definitions, its state and, while it runs, its QEMU. */
#pragma once

#include "drivers/qemu/driver.h"
#include "drivers/qemu/process.h"
#include "drivers/qemu/qmp.h"

/* What can be wrong with a domain at a time. */
typedef enum {
    VIRTCPU_TROUBLE_CPU,     /* its CPU is no longer the recorded one */
    VIRTCPU_TROUBLE_MONITOR, /* QEMU does not answer, or the connection is gone */
    VIRTCPU_TROUBLE_STOPPED, /* QEMU itself was stopped by a signal */
    VIRTCPU_TROUBLE_END,     /* how its QEMU ended, when nobody asked it to */
    VIRTCPU_TROUBLE_COUNT
} VirtCpuTrouble;

/* No connection has this token: the one that did went with an earlier daemon. */
#define VIRTCPU_OWNER_GONE G_MAXUINT64

/* A running QEMU. Made by start or reconnect, released by stop; its pointers are set before others
 * see it and constant from then on. */
typedef struct {
    VirtCpuProcess *process; /* owned */
    VirtCpuQmp *qmp;         /* owned */
    char *monitor_path;      /* of the QMP socket */
    guint64 log_from;        /* where its own words begin in the domain's log */
    gboolean acknowledged;   /* a client may have been told that it runs */
    gboolean found;          /* an earlier daemon's, and not yet asked how it does */
    gboolean watched;        /* main loop thread only: the process is being watched */
    gboolean shutdown_seen;  /* QEMU said it was ending */
    gboolean fake_reboot;    /* a finished shutdown is to become a reset */
    gboolean destroying;     /* we end it ourselves: its last words are no news */
    guint64 owner;           /* connection of AUTODESTROY, VIRTCPU_OWNER_GONE, or 0 */
} VirtCpuDomainRun;

typedef struct {
    gatomicrefcount refs;
    VirtCpuDriver *driver; /* outlives the domain */
    char *name;            /* constant, as is uuid */
    guint8 uuid[VIRTCPU_UUID_BYTES];

    GMutex lock; /* guards all below; never held while waiting for a disk or a QEMU */
    GCond job_free;
    gboolean job_taken;
    gboolean removed; /* no longer in the list */

    VirtCpuDomainState state;
    int reason;
    int id;                     /* -1: inactive */
    VirtCpuDomainDef *live;     /* what runs; NULL when inactive */
    VirtCpuDomainDef *original; /* what live was made from, as written; NULL when inactive */
    VirtCpuDomainDef *config;   /* persistent definition; NULL when transient */
    gboolean autostart;
    gboolean updated;      /* config was redefined while running */
    VirtCpuDomainRun *run; /* NULL when inactive */
    char *troubles[VIRTCPU_TROUBLE_COUNT];
    GHashTable *open_consoles; /* alias to who has it open, a VirtCpuConsole (not owned) */
} VirtCpuDomain;

/* A domain without definitions, SHUTOFF (transfer full). */
VirtCpuDomain *virtcpu_domain_new(VirtCpuDriver *driver, const char *name,
                                  const guint8 uuid[VIRTCPU_UUID_BYTES]) G_GNUC_WARN_UNUSED_RESULT;

/* Take a reference (returns @domain). Any thread. */
VirtCpuDomain *virtcpu_domain_ref(VirtCpuDomain *domain);

/* Drop a reference to @domain (may be NULL). Any thread. */
void virtcpu_domain_unref(VirtCpuDomain *domain);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuDomain, virtcpu_domain_unref)

/* Free @run (may be NULL): the connection is closed, the process left alone. Main loop thread. */
void virtcpu_domain_run_free(VirtCpuDomainRun *run);

/* A reference for a client as of now (transfer full). Takes the lock. */
VirtCpuDomainRef *virtcpu_domain_to_ref(VirtCpuDomain *domain) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE when a client may see it: defined or running. Takes the lock. */
gboolean virtcpu_domain_is_known(VirtCpuDomain *domain);

/* TRUE while a QEMU runs it. Takes the lock. */
gboolean virtcpu_domain_is_active(VirtCpuDomain *domain);

/* Tell clients: @event and @detail are virDomainEventType's numbers. Takes the lock. */
void virtcpu_domain_note_lifecycle(VirtCpuDomain *domain, VirtCpuLifecycleEvent event, int detail);

/* Tell clients of a @kind that carries only a @number. Takes the lock. */
void virtcpu_domain_note(VirtCpuDomain *domain, VirtCpuNoteKind kind, gint64 number);

/* If it was PAUSED: RUNNING for @reason, and a RESUMED event. Takes the lock. */
void virtcpu_domain_set_running(VirtCpuDomain *domain, int reason);

/* If it was RUNNING: PAUSED for @reason, and a SUSPENDED event with @detail. Takes the lock. */
void virtcpu_domain_set_paused(VirtCpuDomain *domain, int reason, int detail);

/* ---- jobs: one at a time on a domain ---- */

/* Wait for the domain's job, at most 30 s. Errors: OPERATION_TIMEOUT; NO_DOMAIN when the domain was
 * removed meanwhile. Workers only. */
gboolean virtcpu_domain_job_begin(VirtCpuDomain *domain, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Let the next one in. */
void virtcpu_domain_job_end(VirtCpuDomain *domain);

/* Forget a domain that is neither defined nor running. The job's holder only. */
void virtcpu_domain_drop_if_unknown(VirtCpuDomain *domain);
