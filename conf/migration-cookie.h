/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What two daemons tell each other about a migration: libvirt's <qemu-migration>, with elements of
 * our own that libvirt passes over. */
#pragma once

#include "conf/domain-def.h"

/* The protocol's limit for a cookie, its final NUL included. */
#define VIRTCPU_MIGRATION_COOKIE_MAX_BYTES 4194304
/* Capabilities, statistics and features that one cookie may have. */
#define VIRTCPU_MIGRATION_COOKIE_MAX_ITEMS 256
/* The namespace of our own elements. */
#define VIRTCPU_MIGRATION_NAMESPACE "https://virtcpu.org/xmlns/migration/1.0"
/* That of a passport, which the cookie carries unread. */
#define VIRTCPU_MIGRATION_PASSPORT_NAMESPACE "https://virtcpu.org/xmlns/passport/1.0"
/* How the text behind the abi attribute is made; another number cannot be compared. */
#define VIRTCPU_MIGRATION_ABI_FORMAT 1u

/* Something the receiver must understand; libvirt's names. */
typedef enum {
    VIRTCPU_COOKIE_GRAPHICS,
    VIRTCPU_COOKIE_LOCKSTATE,
    VIRTCPU_COOKIE_PERSISTENT,
    VIRTCPU_COOKIE_NETWORK,
    VIRTCPU_COOKIE_NBD,
    VIRTCPU_COOKIE_STATISTICS,
    VIRTCPU_COOKIE_MEMORY_HOTPLUG,
    VIRTCPU_COOKIE_CPU_HOTPLUG,
    VIRTCPU_COOKIE_CPU,
    VIRTCPU_COOKIE_ALLOW_REBOOT,
    VIRTCPU_COOKIE_CAPABILITIES,
    VIRTCPU_COOKIE_BLOCK_DIRTY_BITMAPS,
    VIRTCPU_COOKIE_FEATURE_LAST,
} VirtCpuCookieFeature;

/* A migration capability of the sender's QEMU. */
typedef struct {
    char *name;
    gboolean automatic; /* the sender switches it on by itself */
} VirtCpuCookieCapability;

/* One number of <statistics>. */
typedef struct {
    char *name; /* libvirt's element, "time_elapsed" */
    guint64 value;
} VirtCpuCookieStatistic;

/* Absent parts are NULL, 0 or empty. */
typedef struct {
    char *name;
    guint8 uuid[VIRTCPU_UUID_BYTES];
    char *hostname;
    guint8 host_uuid[VIRTCPU_UUID_BYTES];
    unsigned mandatory;      /* bit N: VirtCpuCookieFeature N */
    char *persistent;        /* the whole persistent <domain> */
    GPtrArray *statistics;   /* of VirtCpuCookieStatistic */
    VirtCpuDef *cpu;         /* as it runs */
    GPtrArray *capabilities; /* of VirtCpuCookieCapability */
    gboolean has_capabilities;

    unsigned abi_format; /* 0: the sender is not one of ours, or does not say */
    char *abi;           /* digest of what the guest sees, see conf/domain-abi.h */
    char *daemon; /* how the sender's daemon is reached from its own machine: \"qemu+unix:///…\" */
    char *place;  /* machine and network namespace of the sender; equal: loopback will do */
    char *secret;     /* who knows it may send to the receiver's port */
    unsigned witness; /* port at which the receiver says later what came of it; 0: nowhere */
    char *passport;   /* the <passport> element, its whole text */
} VirtCpuMigrationCookie;

/* An empty cookie (transfer full). */
VirtCpuMigrationCookie *virtcpu_migration_cookie_new(void) G_GNUC_WARN_UNUSED_RESULT;

/* Free @cookie (may be NULL). */
void virtcpu_migration_cookie_free(VirtCpuMigrationCookie *cookie);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuMigrationCookie, virtcpu_migration_cookie_free)

/* Read the @length bytes of @data, which must end in the only NUL. Errors: INTERNAL_ERROR in
 * libvirt's words for one that is cut off, too long, not XML, lacks its domain's or its host's
 * names, or asks for a feature nobody has heard of (transfer full). Any thread. */
VirtCpuMigrationCookie *virtcpu_migration_cookie_parse(const char *data, gsize length,
                                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The text of @cookie (transfer full); a cookie on the wire has its NUL, too. */
char *
virtcpu_migration_cookie_format(const VirtCpuMigrationCookie *cookie) G_GNUC_WARN_UNUSED_RESULT;

/* Refuse (INTERNAL_ERROR, libvirt's words) a feature that the sender holds for mandatory and that
 * is not in @accepted (bit N: VirtCpuCookieFeature N). */
gboolean virtcpu_migration_cookie_check_features(const VirtCpuMigrationCookie *cookie,
                                                 unsigned accepted,
                                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Append capability @name to @cookie. */
void virtcpu_migration_cookie_add_capability(VirtCpuMigrationCookie *cookie, const char *name,
                                             gboolean automatic);

/* Append statistic @name to @cookie. */
void virtcpu_migration_cookie_add_statistic(VirtCpuMigrationCookie *cookie, const char *name,
                                            guint64 value);
