/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The QEMU driver: what the daemon calls. Domains, their QEMUs, and what QEMUs can do.
 *
 * Unless said otherwise a call is thread-safe, may block (workers only), and takes the domain's job
 * itself: one job at a time on a domain, others wait up to 30 s and then get OPERATION_TIMEOUT.
 * Calls marked "quick" never wait for a QEMU or a job and may run on the main loop. */
#pragma once

#include "conf/domain-def.h"
#include "conf/domain-state.h"
#include "drivers/host/host.h"
#include "drivers/qemu/args.h"
#include "drivers/qemu/cache.h"
#include "drivers/qemu/operation.h"

typedef struct _VirtCpuDriver VirtCpuDriver;

/* Where the driver keeps things; folders are made when missing. All absolute; transfer none. */
typedef struct {
    const char *config_dir; /* persistent definitions: qemu/NAME.xml, qemu/autostart/ below it */
    const char *state_dir;  /* running domains: qemu/NAME.xml (status), sockets, pid files */
    const char *lib_dir;    /* qemu/save/NAME.save: managed images */
    const char *cache_dir;
    const char *log_dir;          /* qemu/NAME.log */
    const char *host_uuid;        /* what migrating daemons know this one by; NULL: one is made */
    const char *daemon_uri;       /* libvirt URI of this daemon's socket; NULL: none */
    const char *qemu_search_path; /* see virtcpu_qemu_cache_new; may be NULL */
    gboolean fill_matrix;         /* ask in the background what nobody has asked yet */
    unsigned probe_timeout_ms;    /* 0: default */
    unsigned monitor_timeout_ms;  /* a QMP answer; 0: 30 s */
    VirtCpuProve verify_in_guest; /* when a guest's CPU is proven before the guest is let run */
    VirtCpuSandbox sandbox;       /* of guests' QEMUs */
    const char *user, *group;     /* of guests' QEMUs: see virtcpu_account_new; may be NULL */
    VirtCpuCpuForm cpu_form;      /* of guests that do not ask for one; DEFAULT: explicit */
} VirtCpuDriverConfig;

/* One domain as a client names and sees it. */
typedef struct {
    char *name;
    guint8 uuid[VIRTCPU_UUID_BYTES];
    int id; /* -1: inactive */
} VirtCpuDomainRef;

/* Free @ref (may be NULL). */
void virtcpu_domain_ref_free(VirtCpuDomainRef *ref);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuDomainRef, virtcpu_domain_ref_free)

/* What happened. */
typedef enum {
    VIRTCPU_NOTE_LIFECYCLE, /* event, detail */
    VIRTCPU_NOTE_REBOOT,
    VIRTCPU_NOTE_RTC_CHANGE, /* number: offset in seconds */
    VIRTCPU_NOTE_WATCHDOG,   /* event: action */
    VIRTCPU_NOTE_CONTROL_ERROR,
    VIRTCPU_NOTE_METADATA_CHANGE,     /* event: metadata type */
    VIRTCPU_NOTE_BALLOON_CHANGE,      /* number: KiB */
    VIRTCPU_NOTE_MIGRATION_ITERATION, /* number: passes over the guest's memory */
    VIRTCPU_NOTE_JOB_COMPLETED,       /* progress: what it came to */
    VIRTCPU_NOTE_IO_ERROR,            /* event: action; text: source; detail_text: alias; reason */
    VIRTCPU_NOTE_GRAPHICS,            /* graphics */
    VIRTCPU_NOTE_BLOCK_JOB, /* event: type; detail: status; text: source; detail_text: target */
    VIRTCPU_NOTE_PMWAKEUP,
    VIRTCPU_NOTE_PMSUSPEND,
    VIRTCPU_NOTE_PMSUSPEND_DISK,
    VIRTCPU_NOTE_AGENT_LIFECYCLE, /* event: state; detail: reason */
    VIRTCPU_NOTE_BLOCK_THRESHOLD, /* number, excess: bytes; text: target; detail_text: source */
    VIRTCPU_NOTE_MEMORY_FAILURE,  /* event: recipient; detail: action; number: flags */
    VIRTCPU_NOTE_DEVICE_ADDED,    /* text: alias */
    VIRTCPU_NOTE_DEVICE_REMOVED,  /* text: alias */
    VIRTCPU_NOTE_DEVICE_REMOVAL_FAILED, /* text: alias */
    VIRTCPU_NOTE_DISK_CHANGE, /* text: source; detail_text: alias; event: 0 emptied, 1 dropped */
    VIRTCPU_NOTE_TRAY_CHANGE, /* text: alias, event: 0 open, 1 closed */
    VIRTCPU_NOTE_TUNABLE,     /* text: field, detail_text: value; or disk_tune, text: the disk */
    VIRTCPU_NOTE_QMP,         /* any QMP event: text is its name, detail_text its data as JSON */
} VirtCpuNoteKind;

/* One end of a graphics connection; cut where it is too long. */
typedef struct {
    int family;       /* virDomainEventGraphicsAddressType */
    char node[256];   /* address or path */
    char service[64]; /* port */
} VirtCpuGraphicsEnd;

/* A graphics client came, was let in, or went. Texts are "" when there is nothing to say. */
typedef struct {
    int phase; /* virDomainEventGraphicsPhase */
    VirtCpuGraphicsEnd local, remote;
    char auth[64];
    char x509_name[256], sasl_user[256]; /* who it is */
} VirtCpuGraphicsNote;

typedef struct {
    VirtCpuNoteKind kind;
    const VirtCpuDomainRef *domain;
    int event, detail;
    gint64 number;
    gint64 excess;
    const char *text, *detail_text;           /* may be NULL */
    const char *reason;                       /* static; may be NULL */
    const VirtCpuGraphicsNote *graphics;      /* may be NULL */
    const VirtCpuOperationProgress *progress; /* may be NULL */
    const VirtCpuDiskTuneWish *disk_tune;     /* may be NULL */
    gint64 seconds;                           /* QMP events: QEMU's time stamp */
    unsigned micros;
} VirtCpuNote;

/* Called on the main loop, in the order things happened. @note is valid during the call. */
typedef void (*VirtCpuNoteFunc)(const VirtCpuNote *note, gpointer user_data);

/* Load definitions, find running QEMUs again (asking each its CPU) and start those marked
 * autostart. A file that cannot be read is logged and left alone. Main loop thread, before it runs.
 * Returns (transfer full). */
VirtCpuDriver *virtcpu_driver_new(VirtCpuHost *host, const VirtCpuDriverConfig *config,
                                  VirtCpuNoteFunc notify, gpointer user_data,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Let go of every QEMU, leaving it running, and free @driver (may be NULL). Main loop thread, no
 * call running. */
void virtcpu_driver_free(VirtCpuDriver *driver);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuDriver, virtcpu_driver_free)

/* The host snapshot and the capability cache (transfer none). Quick. */
VirtCpuHost *virtcpu_driver_host(VirtCpuDriver *driver);
/* See above. Quick. */
VirtCpuQemuCache *virtcpu_driver_cache(VirtCpuDriver *driver);

/* TRUE while a domain runs or a job is in progress: the daemon must not exit for idleness. Quick.
 */
gboolean virtcpu_driver_is_busy(VirtCpuDriver *driver);

/* ---- capabilities ---- */

/* <capabilities> of the host and of every installed QEMU (transfer full). */
char *virtcpu_driver_capabilities(VirtCpuDriver *driver, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same when nothing needs to be probed, else NULL without an error. Quick. */
char *virtcpu_driver_capabilities_peek(VirtCpuDriver *driver) G_GNUC_WARN_UNUSED_RESULT;

/* Which QEMU is meant; every field may be NULL: the host's arch, its default binary, machine and
 * best virt type. */
typedef struct {
    const char *emulator, *arch, *machine, *virt_type;
} VirtCpuQemuChoice;

/* <domainCapabilities>; @flags: virConnectGetDomainCapabilitiesFlags, of which 1 turns the
 * deprecated features of host-model off (transfer full). Errors: INVALID_ARG unknown arch, machine,
 * virt type; what the probe said. */
char *virtcpu_driver_domain_capabilities(VirtCpuDriver *driver, const VirtCpuQemuChoice *choice,
                                         unsigned flags, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same without flags when it was asked lately and the binary is unchanged, else NULL without an
 * error. Quick.
 */
char *
virtcpu_driver_domain_capabilities_peek(VirtCpuDriver *driver,
                                        const VirtCpuQemuChoice *choice) G_GNUC_WARN_UNUSED_RESULT;

/* virConnectCompareHypervisorCPU. */
VirtCpuCompareResult
virtcpu_driver_compare_hypervisor_cpu(VirtCpuDriver *driver, const VirtCpuQemuChoice *choice,
                                      const char *xml, gboolean fail_incompatible,
                                      gboolean validate, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* virConnectBaselineHypervisorCPU: @xmls NULL-terminated; <cpu> text (transfer full). */
char *virtcpu_driver_baseline_hypervisor_cpu(VirtCpuDriver *driver, const VirtCpuQemuChoice *choice,
                                             char **xmls, gboolean expand, gboolean migratable,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* virConnectCompareCPU against the host CPU: pure arithmetic. Quick. */
VirtCpuCompareResult virtcpu_driver_compare_cpu(VirtCpuDriver *driver, const char *xml,
                                                gboolean fail_incompatible, gboolean validate,
                                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* virConnectBaselineCPU (transfer full). Quick. */
char *virtcpu_driver_baseline_cpu(VirtCpuDriver *driver, char **xmls, gboolean expand,
                                  gboolean migratable, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* QEMU's version as libvirt's number (7002022) from the probe of the host's default binary. Errors:
 * INTERNAL_ERROR without one. */
gboolean virtcpu_driver_version(VirtCpuDriver *driver, guint64 *version,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* virConnectGetMaxVcpus for virt type @type (may be NULL). */
int virtcpu_driver_max_vcpus(VirtCpuDriver *driver, const char *type,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- lookup (all quick) ---- */

/* The domain with @uuid; NO_DOMAIN naming what was asked (transfer full). */
VirtCpuDomainRef *virtcpu_driver_lookup_uuid(VirtCpuDriver *driver,
                                             const guint8 uuid[VIRTCPU_UUID_BYTES],
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The same by @name. */
VirtCpuDomainRef *virtcpu_driver_lookup_name(VirtCpuDriver *driver, const char *name,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The same by @id. */
VirtCpuDomainRef *virtcpu_driver_lookup_id(VirtCpuDriver *driver, int id,
                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Domains that @flags (virConnectListAllDomainsFlags; 0: all) choose, sorted by name; of
 * VirtCpuDomainRef (transfer full). */
GPtrArray *virtcpu_driver_list(VirtCpuDriver *driver, unsigned flags) G_GNUC_WARN_UNUSED_RESULT;

/* What virDomainGetInfo and its relatives need, taken at one instant. */
typedef struct {
    VirtCpuDomainRef ref; /* owned */
    VirtCpuDomainState state;
    int reason;
    guint64 max_memory_kib, memory_kib;
    unsigned max_vcpus, vcpus;               /* of the live definition while it runs */
    unsigned config_max_vcpus, config_vcpus; /* of the persistent one */
    guint64 cpu_time_ns;                     /* 0 when inactive; of which */
    guint64 cpu_user_ns, cpu_system_ns;
    gboolean active, persistent, autostart, updated;
    gboolean monitor_trouble; /* its QEMU does not answer, was stopped, or cannot be asked */
    int pid;                  /* 0 when inactive */
    gboolean has_operation;   /* a long one is under way, since */
    guint64 operation_ms;
} VirtCpuDomainInfo;

/* Release what @info owns. */
void virtcpu_domain_info_clear(VirtCpuDomainInfo *info);

/* Fill @info. NO_DOMAIN when @uuid is gone. Quick. */
gboolean virtcpu_driver_info(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                             VirtCpuDomainInfo *info, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What is wrong with the domain, a sentence each: how its last QEMU ended by itself with its last
 * words, that it does not answer, that its CPU is not what it was. NULL-terminated (transfer full).
 * NO_DOMAIN when @uuid is gone. Quick. */
char **virtcpu_driver_messages(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* One bit for each host CPU there can be. */
#define VIRTCPU_VCPU_MAP_BYTES (VIRTCPU_HOST_MAX_CPUS / 8)

/* One vCPU of a running domain. */
typedef struct {
    unsigned number;
    guint64 cpu_time_ns;
    int host_cpu;                            /* the one it ran on last */
    guint8 affinity[VIRTCPU_VCPU_MAP_BYTES]; /* it may run on host CPU N: bit N % 8 of byte N / 8 */
} VirtCpuVcpuState;

/* How the vCPUs of a running domain do, by number; of VirtCpuVcpuState (transfer full). Errors:
 * OPERATION_INVALID when it does not run; what QEMU says. */
GArray *virtcpu_driver_vcpus(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- definition ---- */

/* Define or redefine; on disk before it returns. Quick but for a first probe of the emulator.
 * OPERATION_FAILED for a name or UUID that another domain has. Returns (transfer full). */
VirtCpuDomainRef *virtcpu_driver_define(VirtCpuDriver *driver, const char *xml, gboolean validate,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Forget a definition; a running one becomes transient. @flags: virDomainUndefineFlags. */
gboolean virtcpu_driver_undefine(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                 unsigned flags, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* virDomainGetXMLDesc; @flags are the protocol's (SECURE 1, INACTIVE 2, UPDATE_CPU 4, MIGRATABLE
 * 8). Quick but for UPDATE_CPU on a binary not yet probed (transfer full). */
char *virtcpu_driver_xml(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                         unsigned flags, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same (transfer full), or NULL when that takes a while, or is an error. Any thread. */
char *virtcpu_driver_xml_peek(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                              unsigned flags) G_GNUC_WARN_UNUSED_RESULT;

/* The shell text of the command line that @xml would start with (transfer full). */
char *virtcpu_driver_native_argv(VirtCpuDriver *driver, const char *xml,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Mark or unmark autostart; on disk before it returns. */
gboolean virtcpu_driver_set_autostart(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                      gboolean autostart, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Title (1), description (0) or metadata element (2) of the definition @flags choose (0 current, 1
 * live, 2 config) (transfer full); NO_DOMAIN_METADATA when there is none. Quick. */
char *virtcpu_driver_metadata(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                              int type, const char *uri, unsigned flags,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- life ---- */

/* Flags of start: virDomainCreateFlags. */
#define VIRTCPU_START_PAUSED       1u
#define VIRTCPU_START_AUTODESTROY  2u
#define VIRTCPU_START_BYPASS_CACHE 4u  /* reading a managed image leaves nothing in memory */
#define VIRTCPU_START_FORCE_BOOT   8u  /* a managed image is removed, whatever is in it */
#define VIRTCPU_START_RESET_NVRAM  32u /* the variables of its firmware are made anew */

/* Start a defined domain: check its CPU, start QEMU paused, ask every vCPU, compare, let it run; or
 * let it go on from its managed image, when it has one.
 * @owner: token of the connection that AUTODESTROY is tied to (see virtcpu_driver_owner_gone), or
 * 0. OPERATION_INVALID when it already runs. Returns the new reference (transfer full). */
VirtCpuDomainRef *virtcpu_driver_start(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                       unsigned flags, guint64 owner,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Start a transient domain from @xml (transfer full). */
VirtCpuDomainRef *virtcpu_driver_create(VirtCpuDriver *driver, const char *xml, unsigned flags,
                                        gboolean validate, guint64 owner,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Connection @owner closed: destroy what was started with AUTODESTROY for it. Quick (work goes to a
 * worker). */
void virtcpu_driver_owner_gone(VirtCpuDriver *driver, guint64 owner);

/* Pause, go on, reset, ACPI power button, reboot. OPERATION_INVALID when not running. */
gboolean virtcpu_driver_suspend(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* See above. */
gboolean virtcpu_driver_resume(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* See above. */
gboolean virtcpu_driver_reset(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* See above; @flags: virDomainShutdownFlagValues (0 or ACPI; the agent is AGENT_UNRESPONSIVE). */
gboolean virtcpu_driver_shutdown(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                 unsigned flags, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* See above; the guest is powered down and, when it is, reset instead of ended. */
gboolean virtcpu_driver_reboot(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                               unsigned flags, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Kill the QEMU and wait for it (pidfd, no polling); @graceful: only SIGTERM, and OPERATION_FAILED
 * when it does not end in 15 s. */
gboolean virtcpu_driver_destroy(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                gboolean graceful, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Pass @command (JSON, or HMP text when @hmp) to the monitor and return QEMU's reply text (transfer
 * full). */
char *virtcpu_driver_monitor_command(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                     const char *command, gboolean hmp,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
