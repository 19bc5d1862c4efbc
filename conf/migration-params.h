/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a client asks of a migration: libvirt's flags and typed parameters. */
#pragma once

#include <glib.h>

/* virDomainMigrateFlags. */
typedef enum {
    VIRTCPU_MIGRATE_LIVE = 1 << 0,
    VIRTCPU_MIGRATE_PEER2PEER = 1 << 1,
    VIRTCPU_MIGRATE_TUNNELLED = 1 << 2,
    VIRTCPU_MIGRATE_PERSIST_DEST = 1 << 3,
    VIRTCPU_MIGRATE_UNDEFINE_SOURCE = 1 << 4,
    VIRTCPU_MIGRATE_PAUSED = 1 << 5,
    VIRTCPU_MIGRATE_NON_SHARED_DISK = 1 << 6,
    VIRTCPU_MIGRATE_NON_SHARED_INC = 1 << 7,
    VIRTCPU_MIGRATE_CHANGE_PROTECTION = 1 << 8,
    VIRTCPU_MIGRATE_UNSAFE = 1 << 9,
    VIRTCPU_MIGRATE_OFFLINE = 1 << 10,
    VIRTCPU_MIGRATE_COMPRESSED = 1 << 11,
    VIRTCPU_MIGRATE_ABORT_ON_ERROR = 1 << 12,
    VIRTCPU_MIGRATE_AUTO_CONVERGE = 1 << 13,
    VIRTCPU_MIGRATE_RDMA_PIN_ALL = 1 << 14,
    VIRTCPU_MIGRATE_POSTCOPY = 1 << 15,
    VIRTCPU_MIGRATE_TLS = 1 << 16,
    VIRTCPU_MIGRATE_PARALLEL = 1 << 17,
    VIRTCPU_MIGRATE_NON_SHARED_SYNCHRONOUS_WRITES = 1 << 18,
    VIRTCPU_MIGRATE_POSTCOPY_RESUME = 1 << 19,
    VIRTCPU_MIGRATE_ZEROCOPY = 1 << 20,
} VirtCpuMigrateFlag;

/* What libvirt calls no limit of speed, in MiB/s: more is refused. */
#define VIRTCPU_SPEED_UNLIMITED (G_MAXINT64 / (1024 * 1024))

/* How one parameter is typed; virTypedParameterType's numbers. */
typedef enum {
    VIRTCPU_MIGRATE_PARAM_INT = 1,
    VIRTCPU_MIGRATE_PARAM_ULLONG = 4,
    VIRTCPU_MIGRATE_PARAM_STRING = 7,
} VirtCpuMigrateParamType;

/* Fields are NULL or 0 when not given. */
typedef struct {
    char *migrate_uri;
    char *destination_name;
    char *destination_xml;
    char *persistent_xml;
    char *graphics_uri;
    char *listen_address;
    char *tls_destination;
    char *disks_uri;
    char *migrate_disks; /* each of these three: joined by commas when repeated */
    char *detect_zeroes;
    char *compression;
    guint64 bandwidth_mib;          /* a second */
    guint64 bandwidth_postcopy_mib; /* a second */
    guint64 bandwidth_switchover;   /* bytes a second */
    guint64 xbzrle_cache_bytes;
    int compress_level, compress_threads, compress_dthreads; /* method "mt" */
    int zlib_level, zstd_level;
    int auto_converge_initial, auto_converge_increment; /* per cent */
    int parallel_connections;
    int disks_port;
} VirtCpuMigrateParams;

/* A new set without any (transfer full). */
VirtCpuMigrateParams *virtcpu_migrate_params_new(void) G_GNUC_WARN_UNUSED_RESULT;

/* Free @params (may be NULL). */
void virtcpu_migrate_params_free(VirtCpuMigrateParams *params);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuMigrateParams, virtcpu_migrate_params_free)

/* Set text parameter @name. Errors, as for the two below: INVALID_ARG in libvirt's words for an
 * unknown name, for one of another type, and for a second value where one may be given. */
gboolean virtcpu_migrate_params_set_string(VirtCpuMigrateParams *params, const char *name,
                                           const char *value,
                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The same for an int, which must not be negative. */
gboolean virtcpu_migrate_params_set_int(VirtCpuMigrateParams *params, const char *name, int value,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The same for an unsigned hyper. */
gboolean virtcpu_migrate_params_set_ullong(VirtCpuMigrateParams *params, const char *name,
                                           guint64 value, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Refuse a value of type @type, virTypedParameterType, which no parameter has. Always FALSE. */
gboolean virtcpu_migrate_params_refuse_type(const char *name, int type, GError **error);

/* Called for one parameter: @value points to its field, for a string it is the string. */
typedef gboolean (*VirtCpuMigrateParamFunc)(const char *name, VirtCpuMigrateParamType type,
                                            gconstpointer value, gpointer user_data);

/* Call @func for every parameter that is given, until it returns FALSE, which is then returned. */
gboolean virtcpu_migrate_params_foreach(const VirtCpuMigrateParams *params,
                                        VirtCpuMigrateParamFunc func,
                                        gpointer user_data) G_GNUC_WARN_UNUSED_RESULT;

/* Refuse what of @flags and @params is not built: storage copied along, tunnels, TLS, RDMA,
 * compression threads: ARGUMENT_UNSUPPORTED or OPERATION_UNSUPPORTED with what to do instead; and
 * combinations that exclude each other (INVALID_ARG, libvirt's words). @source: which side asks:
 * clients do not tell the destination all flags. */
gboolean virtcpu_migrate_params_check(unsigned flags, const VirtCpuMigrateParams *params,
                                      gboolean source, GError **error) G_GNUC_WARN_UNUSED_RESULT;
