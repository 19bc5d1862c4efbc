/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/migration-params.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "conf/typed-param.h"

/* Every flag there is up to libvirt 11. */
#define FLAGS_KNOWN 0x1fffffu

typedef struct {
    const char *name;
    VirtCpuMigrateParamType type;
    gsize offset;
    gboolean repeatable;
} Row;

#define FIELD(name) G_STRUCT_OFFSET(VirtCpuMigrateParams, name)

static const Row rows[] = {
    { "auto_converge.increment", VIRTCPU_MIGRATE_PARAM_INT, FIELD(auto_converge_increment) },
    { "auto_converge.initial", VIRTCPU_MIGRATE_PARAM_INT, FIELD(auto_converge_initial) },
    { "bandwidth", VIRTCPU_MIGRATE_PARAM_ULLONG, FIELD(bandwidth_mib) },
    { "bandwidth.avail.switchover", VIRTCPU_MIGRATE_PARAM_ULLONG, FIELD(bandwidth_switchover) },
    { "bandwidth.postcopy", VIRTCPU_MIGRATE_PARAM_ULLONG, FIELD(bandwidth_postcopy_mib) },
    { "compression", VIRTCPU_MIGRATE_PARAM_STRING, FIELD(compression), TRUE },
    { "compression.mt.dthreads", VIRTCPU_MIGRATE_PARAM_INT, FIELD(compress_dthreads) },
    { "compression.mt.level", VIRTCPU_MIGRATE_PARAM_INT, FIELD(compress_level) },
    { "compression.mt.threads", VIRTCPU_MIGRATE_PARAM_INT, FIELD(compress_threads) },
    { "compression.xbzrle.cache", VIRTCPU_MIGRATE_PARAM_ULLONG, FIELD(xbzrle_cache_bytes) },
    { "compression.zlib.level", VIRTCPU_MIGRATE_PARAM_INT, FIELD(zlib_level) },
    { "compression.zstd.level", VIRTCPU_MIGRATE_PARAM_INT, FIELD(zstd_level) },
    { "destination_name", VIRTCPU_MIGRATE_PARAM_STRING, FIELD(destination_name) },
    { "destination_xml", VIRTCPU_MIGRATE_PARAM_STRING, FIELD(destination_xml) },
    { "disks_port", VIRTCPU_MIGRATE_PARAM_INT, FIELD(disks_port) },
    { "disks_uri", VIRTCPU_MIGRATE_PARAM_STRING, FIELD(disks_uri) },
    { "graphics_uri", VIRTCPU_MIGRATE_PARAM_STRING, FIELD(graphics_uri) },
    { "listen_address", VIRTCPU_MIGRATE_PARAM_STRING, FIELD(listen_address) },
    { "migrate_disks", VIRTCPU_MIGRATE_PARAM_STRING, FIELD(migrate_disks), TRUE },
    { "migrate_disks_detect_zeroes", VIRTCPU_MIGRATE_PARAM_STRING, FIELD(detect_zeroes), TRUE },
    { "migrate_uri", VIRTCPU_MIGRATE_PARAM_STRING, FIELD(migrate_uri) },
    { "parallel.connections", VIRTCPU_MIGRATE_PARAM_INT, FIELD(parallel_connections) },
    { "persistent_xml", VIRTCPU_MIGRATE_PARAM_STRING, FIELD(persistent_xml) },
    { "tls.destination", VIRTCPU_MIGRATE_PARAM_STRING, FIELD(tls_destination) },
};

VirtCpuMigrateParams *
virtcpu_migrate_params_new(void)
{
    return g_new0(VirtCpuMigrateParams, 1);
}

void
virtcpu_migrate_params_free(VirtCpuMigrateParams *params)
{
    for (gsize i = 0; params != NULL && i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].type == VIRTCPU_MIGRATE_PARAM_STRING) {
            g_free(G_STRUCT_MEMBER(char *, params, rows[i].offset));
        }
    }
    g_free(params);
}

static const Row *
find_row(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (g_str_equal(rows[i].name, name)) {
            return &rows[i];
        }
    }
    return NULL;
}

gboolean
virtcpu_migrate_params_refuse_type(const char *name, int type, GError **error)
{
    const Row *row = find_row(name);

    return row == NULL ? virtcpu_typed_param_refuse_unknown(name, error)
                       : virtcpu_typed_param_refuse_type(name, type, (int)row->type, error);
}

static const Row *
take_row(const char *name, VirtCpuMigrateParamType type, GError **error)
{
    const Row *row = find_row(name);

    if (row == NULL || row->type != type) {
        (void)virtcpu_migrate_params_refuse_type(name, (int)type, error);
        return NULL;
    }
    return row;
}

gboolean
virtcpu_migrate_params_set_string(VirtCpuMigrateParams *params, const char *name, const char *value,
                                  GError **error)
{
    const Row *row = take_row(name, VIRTCPU_MIGRATE_PARAM_STRING, error);
    g_autofree char *old = NULL;
    char **field;

    if (row == NULL) {
        return FALSE;
    }
    field = G_STRUCT_MEMBER_P(params, row->offset);
    if (*field != NULL && !row->repeatable) {
        return virtcpu_typed_param_refuse_second(name, error);
    }
    old = *field;
    *field = old != NULL ? g_strconcat(old, ",", value, NULL) : g_strdup(value);
    return TRUE;
}

gboolean
virtcpu_migrate_params_set_int(VirtCpuMigrateParams *params, const char *name, int value,
                               GError **error)
{
    const Row *row = take_row(name, VIRTCPU_MIGRATE_PARAM_INT, error);
    int *field;

    if (row == NULL) {
        return FALSE;
    }
    field = G_STRUCT_MEMBER_P(params, row->offset);
    if (*field != 0) {
        return virtcpu_typed_param_refuse_second(name, error);
    }
    if (value < 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("migration parameter '%s' must not be negative: %d"), name, value);
        return FALSE;
    }
    *field = value;
    return TRUE;
}

gboolean
virtcpu_migrate_params_set_ullong(VirtCpuMigrateParams *params, const char *name, guint64 value,
                                  GError **error)
{
    const Row *row = take_row(name, VIRTCPU_MIGRATE_PARAM_ULLONG, error);
    guint64 *field;

    if (row == NULL) {
        return FALSE;
    }
    field = G_STRUCT_MEMBER_P(params, row->offset);
    if (*field != 0) {
        return virtcpu_typed_param_refuse_second(name, error);
    }
    *field = value;
    return TRUE;
}

/* What @row's field holds as VirtCpuMigrateParamFunc has it; NULL when it is not given. */
static gconstpointer
given_value(const VirtCpuMigrateParams *params, const Row *row)
{
    const void *field = (const guint8 *)params + row->offset;

    switch (row->type) {
    case VIRTCPU_MIGRATE_PARAM_STRING:
        return *(const char *const *)field;
    case VIRTCPU_MIGRATE_PARAM_INT:
        return *(const int *)field != 0 ? field : NULL;
    case VIRTCPU_MIGRATE_PARAM_ULLONG:
        break;
    }
    return *(const guint64 *)field != 0 ? field : NULL;
}

gboolean
virtcpu_migrate_params_foreach(const VirtCpuMigrateParams *params, VirtCpuMigrateParamFunc func,
                               gpointer user_data)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        gconstpointer value = given_value(params, &rows[i]);

        if (value != NULL && !func(rows[i].name, rows[i].type, value, user_data)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* ---- what is not built ---- */

static const struct {
    unsigned flag;
    const char *why;
} refused_flags[] = {
    { VIRTCPU_MIGRATE_NON_SHARED_DISK | VIRTCPU_MIGRATE_NON_SHARED_INC |
          VIRTCPU_MIGRATE_NON_SHARED_SYNCHRONOUS_WRITES,
      N_("disks are not copied along with the guest: put them on storage that both hosts share") },
    { VIRTCPU_MIGRATE_TUNNELLED,
      N_("memory does not go through the daemons: leave --tunnelled out, and name a network that "
         "only the hosts share in the migration URI") },
    { VIRTCPU_MIGRATE_TLS, N_("migration is not encrypted: leave --tls out, and name a network "
                              "that only the hosts share in the migration URI") },
    { VIRTCPU_MIGRATE_RDMA_PIN_ALL, N_("memory does not go over RDMA: use a tcp migration URI") },
    { VIRTCPU_MIGRATE_ZEROCOPY, N_("zero-copy sending is not supported: leave --zerocopy out") },
    { VIRTCPU_MIGRATE_POSTCOPY_RESUME,
      N_("a post-copy migration that broke cannot be taken up again") },
};

static gboolean
refuse_flags(unsigned flags, GError **error)
{
    if ((flags & ~FLAGS_KNOWN) != 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("unsupported flags (0x%x) in function virDomainMigrate"),
                          flags & ~FLAGS_KNOWN);
        return FALSE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(refused_flags); i++) {
        if ((flags & refused_flags[i].flag) != 0) {
            virtcpu_error_set(error, VIRTCPU_ERR_ARGUMENT_UNSUPPORTED, "%s",
                              _(refused_flags[i].why));
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
refuse_together(const char *what, const char *with, GError **error)
{
    virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("%s does not go together with %s"), what,
                      with);
    return FALSE;
}

static gboolean
check_offline(unsigned flags, GError **error)
{
    const unsigned memory = VIRTCPU_MIGRATE_LIVE | VIRTCPU_MIGRATE_POSTCOPY |
                            VIRTCPU_MIGRATE_PARALLEL | VIRTCPU_MIGRATE_COMPRESSED |
                            VIRTCPU_MIGRATE_AUTO_CONVERGE;

    if ((flags & VIRTCPU_MIGRATE_OFFLINE) == 0) {
        return TRUE;
    }
    if ((flags & VIRTCPU_MIGRATE_PERSIST_DEST) == 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                          _("offline migration must be specified with the persistent flag set"));
        return FALSE;
    }
    return (flags & memory) == 0 ||
           refuse_together("VIR_MIGRATE_OFFLINE", _("a flag about how memory is sent"), error);
}

static gboolean
check_parallel(unsigned flags, const VirtCpuMigrateParams *params, GError **error)
{
    if ((flags & VIRTCPU_MIGRATE_PARALLEL) == 0) {
        if (params->parallel_connections > 0) {
            virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                              _("Turn parallel migration on to tune it"));
            return FALSE;
        }
        return TRUE;
    }
    if (params->parallel_connections > 255) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("%d parallel connections are asked for: QEMU takes up to 255"),
                          params->parallel_connections);
        return FALSE;
    }
    /* multifd channels know nothing of either */
    if ((flags & VIRTCPU_MIGRATE_POSTCOPY) != 0) {
        return refuse_together("VIR_MIGRATE_PARALLEL", "VIR_MIGRATE_POSTCOPY", error);
    }
    return (flags & VIRTCPU_MIGRATE_COMPRESSED) == 0 ||
           refuse_together("VIR_MIGRATE_PARALLEL", "VIR_MIGRATE_COMPRESSED", error);
}

static gboolean
check_auto_converge(unsigned flags, const VirtCpuMigrateParams *params, gboolean source,
                    GError **error)
{
    const gboolean tuned =
        params->auto_converge_initial != 0 || params->auto_converge_increment != 0;

    if (source && tuned && (flags & VIRTCPU_MIGRATE_AUTO_CONVERGE) == 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("Turn auto convergence on to tune it"));
        return FALSE;
    }
    if (params->auto_converge_initial > 99 || params->auto_converge_increment > 99) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("auto convergence takes from 1 to 99 per cent of a guest's time"));
        return FALSE;
    }
    return TRUE;
}

static gboolean
check_compression(unsigned flags, const VirtCpuMigrateParams *params, GError **error)
{
    const gboolean tuned = params->compression != NULL || params->xbzrle_cache_bytes != 0;

    if ((params->compression != NULL && !g_str_equal(params->compression, "xbzrle")) ||
        params->compress_level != 0 || params->compress_threads != 0 ||
        params->compress_dthreads != 0 || params->zlib_level != 0 || params->zstd_level != 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_ARGUMENT_UNSUPPORTED,
                          _("compression method '%s' is not supported: only 'xbzrle' is"),
                          params->compression != NULL ? params->compression : "mt");
        return FALSE;
    }
    if (tuned && (flags & VIRTCPU_MIGRATE_COMPRESSED) == 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("Turn compression on to tune it"));
        return FALSE;
    }
    return TRUE;
}

static gboolean
check_bandwidth(const char *name, guint64 mib, GError **error)
{
    if (mib <= VIRTCPU_SPEED_UNLIMITED) {
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                      _("migration parameter '%s' must be less than %llu"), name,
                      (unsigned long long)VIRTCPU_SPEED_UNLIMITED + 1);
    return FALSE;
}

static gboolean
check_storage(const VirtCpuMigrateParams *params, GError **error)
{
    if (params->migrate_disks != NULL || params->detect_zeroes != NULL ||
        params->disks_uri != NULL || params->disks_port != 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_ARGUMENT_UNSUPPORTED, "%s", _(refused_flags[0].why));
        return FALSE;
    }
    return TRUE;
}

gboolean
virtcpu_migrate_params_check(unsigned flags, const VirtCpuMigrateParams *params, gboolean source,
                             GError **error)
{
    if (!refuse_flags(flags, error) || !check_storage(params, error) ||
        !check_offline(flags, error) || !check_parallel(flags, params, error) ||
        !check_auto_converge(flags, params, source, error) ||
        !check_compression(flags, params, error) ||
        !check_bandwidth("bandwidth", params->bandwidth_mib, error) ||
        !check_bandwidth("bandwidth.postcopy", params->bandwidth_postcopy_mib, error)) {
        return FALSE;
    }
    if (params->tls_destination != NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("tls.destination is for encrypted migration, which is not asked for"));
        return FALSE;
    }
    return TRUE;
}
