/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One domain: its definitions, its state and, while it runs, its QEMU. */
#pragma once

#include "drivers/qemu/driver.h"
#include "drivers/qemu/move-status.h"
#include "drivers/qemu/operation.h"
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

/* How far a dump of a guest's memory is. */
typedef enum {
    VIRTCPU_DUMP_NONE,
    VIRTCPU_DUMP_ACTIVE,
    VIRTCPU_DUMP_DONE,
    VIRTCPU_DUMP_FAILED,
} VirtCpuDumpStatus;

/* No connection has this token: the one that did went with an earlier daemon. */
#define VIRTCPU_OWNER_GONE G_MAXUINT64

/* A running QEMU. Made by start or reconnect, released by stop; its pointers are set before others
 * see it and constant from then on. */
typedef struct {
    VirtCpuProcess *process;          /* owned */
    VirtCpuQmp *qmp;                  /* owned */
    char *monitor_path;               /* of the QMP socket */
    guint64 log_from;                 /* where its own words begin in the domain's log */
    gboolean acknowledged;            /* a client may have been told that it runs */
    gboolean found;                   /* an earlier daemon's, and not yet asked how it does */
    gboolean unchecked;               /* likewise, and its CPU not yet compared */
    gboolean watched;                 /* main loop thread only: the process is being watched */
    gboolean shutdown_seen;           /* QEMU said it was ending */
    gboolean fake_reboot;             /* a finished shutdown is to become a reset */
    gboolean arriving;                /* its guest's state comes in, or is to */
    gboolean destroying;              /* we end it ourselves: its last words are no news */
    guint64 owner;                    /* connection of AUTODESTROY, VIRTCPU_OWNER_GONE, or 0 */
    gboolean monitor_gone;            /* QEMU closed its monitor, or it failed */
    GSource *last_moment;             /* main loop thread only: after it, that is trouble */
    VirtCpuMoveStatus move;           /* of its state's stream, in or out */
    VirtCpuDumpStatus dump;           /* of its memory, by dump-guest-memory */
    int running_reason;               /* what QEMU's next RESUME is for */
    int paused_reason, paused_detail; /* what its next STOP is for */
    /* what its CPU is to be wherever it goes on; owned, guarded by the domain's lock; NULL: not
     * made yet */
    struct _VirtCpuPassport *passport;
    GHashTable *unplugs; /* see domain-unplug.h, which alone writes them; may be NULL */
    GPtrArray *gone;     /* likewise */
} VirtCpuDomainRun;

typedef struct _VirtCpuDomain VirtCpuDomain;

/* What a worker does with a domain; it takes the job itself. */
typedef void (*VirtCpuDomainTask)(VirtCpuDomain *domain);

/* The long operation of a domain; see domain-operation.h, whose functions alone write it. */
typedef struct {
    VirtCpuOperation kind;  /* NONE: nothing is under way, and the rest is 0 */
    guint64 owner;          /* connection it ends with, or 0 */
    VirtCpuDomainTask undo; /* called when the owner goes; may be NULL */
    gint64 began_us;        /* monotonic */
    gboolean driven;        /* a thread is in it, though it may wait */
    gboolean aborted;       /* somebody asked for that */
    unsigned phase;         /* its own number; 0: nothing is in the status file */
    gboolean resume;        /* rolled back, the guest is to run */
    gboolean in_doubt;      /* a migration whose destination is being asked what came of it */
    char *path;             /* what it writes or reads; owned, may be NULL */
    gpointer data;          /* what its phases hand on; owned, may be NULL */
    GDestroyNotify data_free;
} VirtCpuDomainOperation;

struct _VirtCpuDomain {
    gatomicrefcount refs;
    VirtCpuDriver *driver; /* outlives the domain */
    char *name;            /* constant, as is uuid */
    guint8 uuid[VIRTCPU_UUID_BYTES];

    GMutex lock;   /* guards all below; never held while waiting for a disk or a QEMU */
    GCond changed; /* a job ended, or what an operation may wait for came */
    gboolean job_taken;
    gboolean removed; /* no longer in the list */
    VirtCpuDomainOperation operation;
    VirtCpuOperationProgress completed; /* statistics of the last one; NONE: there are none */
    guint64 max_speed_mib;              /* of outgoing state, per second; 0: no limit was set */

    char *destination; /* daemon that it is being moved to by us, peer to peer; owned, or NULL */

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
    GPtrArray *lent; /* the job's holder only: see file-loans.h; NULL: QEMU runs as the daemon */
    GHashTable *open_consoles; /* alias to who has it open, a VirtCpuConsole (not owned) */
};

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

/* Until QEMU's next STOP, which is then for @reason and told with @detail. Under the domain's lock.
 */
void virtcpu_domain_run_expect_stop(VirtCpuDomainRun *run, int reason, int detail);

/* A reference for a client as of now (transfer full). Takes the lock. */
VirtCpuDomainRef *virtcpu_domain_to_ref(VirtCpuDomain *domain) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE when a client may see it: defined or running. Takes the lock. */
gboolean virtcpu_domain_is_known(VirtCpuDomain *domain);

/* TRUE while a QEMU runs it. Takes the lock. */
gboolean virtcpu_domain_is_active(VirtCpuDomain *domain);

/* Its state as of now. Takes the lock. */
VirtCpuDomainState virtcpu_domain_get_state(VirtCpuDomain *domain);

/* TRUE when the state that its QEMU told is one of a guest that was let run: it runs, or stands
 * still for what only happens to one that did. Takes the lock. */
gboolean virtcpu_domain_has_run(VirtCpuDomain *domain);

/* Tell clients: @event and @detail are virDomainEventType's numbers. Takes the lock. */
void virtcpu_domain_note_lifecycle(VirtCpuDomain *domain, VirtCpuLifecycleEvent event, int detail);

/* The same under the lock, where the state changes: events come in the order of the states. */
void virtcpu_domain_note_lifecycle_locked(VirtCpuDomain *domain, VirtCpuLifecycleEvent event,
                                          int detail);

/* Tell clients of a @kind that carries only a @number. Takes the lock. */
void virtcpu_domain_note(VirtCpuDomain *domain, VirtCpuNoteKind kind, gint64 number);

/* Tell clients of a @kind about the device with @alias; @event: 0, or what its kind says. Takes the
 * lock. */
void virtcpu_domain_note_device(VirtCpuDomain *domain, VirtCpuNoteKind kind, const char *alias,
                                int event);

/* Tell clients that tunable @field ("cputune.vcpupin0") is now @value. Takes the lock. */
void virtcpu_domain_note_tunable(VirtCpuDomain *domain, const char *field, const char *value);

/* Tell clients that the medium @source of the disk with @alias was not there at the start, so that
 * its drive is empty, or the disk was @dropped. Takes the lock. */
void virtcpu_domain_note_missing_disk(VirtCpuDomain *domain, const char *source, const char *alias,
                                      gboolean dropped);

/* Tell clients what @wish changed of the disk that they call @path. Takes the lock. */
void virtcpu_domain_note_disk_tune(VirtCpuDomain *domain, const char *path,
                                   const VirtCpuDiskTuneWish *wish);

/* The domain, which runs, goes on: if it was PAUSED it is RUNNING for what its next RESUME was
 * expected to be for, and a RESUMED event says so. @told: by QEMU's event; else QEMU answered the
 * command, which is no news when the event was first, as QEMU may have told of a pause since. Takes
 * the lock. */
void virtcpu_domain_resumed(VirtCpuDomain *domain, gboolean told);

/* Likewise it stands still: if it was RUNNING it is PAUSED for what its next STOP was expected to
 * be for, and a SUSPENDED event says so. Takes the lock. */
void virtcpu_domain_paused(VirtCpuDomain *domain, gboolean told);

/* ---- jobs: one at a time on a domain ---- */

/* Wait for the domain's job and for the end of its long operation, at most 30 s. Errors:
 * OPERATION_TIMEOUT naming what is in the way; NO_DOMAIN when the domain was removed meanwhile.
 * Workers only. */
gboolean virtcpu_domain_job_begin(VirtCpuDomain *domain, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same beside a long operation: for what only asks, or suspends, ends, aborts, limits. */
gboolean virtcpu_domain_job_begin_beside(VirtCpuDomain *domain,
                                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Have whoever waits on @domain look again. Takes the lock. Any thread. */
void virtcpu_domain_wake(VirtCpuDomain *domain);

/* Let the next one in. */
void virtcpu_domain_job_end(VirtCpuDomain *domain);

/* Forget a domain that is neither defined nor running. The job's holder only. */
void virtcpu_domain_drop_if_unknown(VirtCpuDomain *domain);
