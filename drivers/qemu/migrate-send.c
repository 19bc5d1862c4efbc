/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/migrate-send.h"

#include "conf/error.h"
#include "conf/fd.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-monitor.h"
#include "drivers/qemu/domain-operation.h"
#include "drivers/qemu/migrate-door.h"
#include "drivers/qemu/move-out.h"

#define MIB (1024u * 1024u)

/* QEMU's own, of all versions since 4.0 (migration/options.c) */
#define DEFAULT_THROTTLE_INITIAL   20
#define DEFAULT_THROTTLE_INCREMENT 10
#define DEFAULT_MULTIFD_CHANNELS   2

/* What a flag switches on, and on which sides. */
static const struct {
    const char *name;
    unsigned flag; /* 0: always */
    gboolean sender, receiver;
} capability_rows[] = {
    { "auto-converge", VIRTCPU_MIGRATE_AUTO_CONVERGE, TRUE, FALSE },
    { "late-block-activate", 0, FALSE, TRUE },
    { "multifd", VIRTCPU_MIGRATE_PARALLEL, TRUE, TRUE },
    { "pause-before-switchover", 0, TRUE, FALSE },
    { "postcopy-ram", VIRTCPU_MIGRATE_POSTCOPY, TRUE, TRUE },
    { "xbzrle", VIRTCPU_MIGRATE_COMPRESSED, TRUE, TRUE },
};

VirtCpuJson *
virtcpu_migrate_capabilities(unsigned flags, gboolean receiver, gboolean ours)
{
    VirtCpuJson *capabilities = virtcpu_json_new_object();

    for (gsize i = 0; i < G_N_ELEMENTS(capability_rows); i++) {
        const gboolean asked =
            capability_rows[i].flag == 0 || (flags & capability_rows[i].flag) != 0;

        if (asked && (receiver ? capability_rows[i].receiver : capability_rows[i].sender)) {
            virtcpu_json_set_bool(capabilities, capability_rows[i].name, TRUE);
        }
    }
    virtcpu_json_set_bool(capabilities, "return-path", ours);
    return capabilities;
}

static void
set_number(VirtCpuJson *object, const char *name, guint64 value, guint64 otherwise)
{
    virtcpu_json_set(object, name, virtcpu_json_new_uint(value != 0 ? value : otherwise));
}

/* What is not given is set to QEMU's default, since an earlier try may have set it. */
static VirtCpuJson *
make_parameters(VirtCpuDomain *domain, const VirtCpuMigrateParams *params)
{
    VirtCpuJson *parameters = virtcpu_json_new_object();

    set_number(parameters, "max-bandwidth", params->bandwidth_mib * MIB,
               virtcpu_domain_max_speed(domain) * MIB);
    set_number(parameters, "cpu-throttle-initial", (guint64)params->auto_converge_initial,
               DEFAULT_THROTTLE_INITIAL);
    set_number(parameters, "cpu-throttle-increment", (guint64)params->auto_converge_increment,
               DEFAULT_THROTTLE_INCREMENT);
    set_number(parameters, "multifd-channels", (guint64)params->parallel_connections,
               DEFAULT_MULTIFD_CHANNELS);
    /* only newer QEMUs know it */
    if (params->bandwidth_switchover != 0) {
        set_number(parameters, "avail-switchover-bandwidth", params->bandwidth_switchover, 0);
    }
    /* virsh migrate-setspeed --postcopy and migrate-compcache set these beforehand */
    if (params->bandwidth_postcopy_mib != 0) {
        set_number(parameters, "max-postcopy-bandwidth", params->bandwidth_postcopy_mib * MIB, 0);
    }
    if (params->xbzrle_cache_bytes != 0) {
        set_number(parameters, "xbzrle-cache-size", params->xbzrle_cache_bytes, 0);
    }
    return parameters;
}

static gboolean
go_on(VirtCpuDomain *domain, GError **error)
{
    g_autoptr(VirtCpuJson) arguments = virtcpu_json_new_object();

    virtcpu_json_set_string(arguments, "state", "pre-switchover");
    return virtcpu_domain_execute(domain, "migrate-continue", arguments, NULL, error);
}

/* QEMU waits before the guest's devices are sent, so that nothing is complete without a daemon. */
static gboolean
send_all(VirtCpuDomain *domain, const VirtCpuMoveOut *out, gboolean postcopy, GError **error)
{
    return virtcpu_move_out_begin(domain, out, error) &&
           virtcpu_move_out_wait(domain, VIRTCPU_MOVE_PRE_SWITCHOVER, error) &&
           go_on(domain, error) &&
           virtcpu_move_out_wait(domain, postcopy ? VIRTCPU_MOVE_POSTCOPY : VIRTCPU_MOVE_COMPLETED,
                                 error);
}

static VirtCpuMigrationUri *
parse_place(const VirtCpuMigrateParams *params, GError **error)
{
    if (params->migrate_uri == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, _("missing migrate URI"));
        return NULL;
    }
    return virtcpu_migration_uri_parse(params->migrate_uri, error);
}

gboolean
virtcpu_migrate_send(VirtCpuDomain *domain, unsigned flags, const VirtCpuMigrateParams *params,
                     const VirtCpuMigrationCookie *cookie, GError **error)
{
    g_autoptr(VirtCpuMigrationUri) place = parse_place(params, error);
    g_autoptr(VirtCpuJson) capabilities =
        virtcpu_migrate_capabilities(flags, FALSE, cookie->abi_format != 0);
    g_autoptr(VirtCpuJson) parameters = make_parameters(domain, params);
    g_autofree char *uri = NULL;
    g_auto(VirtCpuFd) fd = -1;
    VirtCpuMoveOut out = { .fd = -1, .capabilities = capabilities, .parameters = parameters };

    if (place == NULL) {
        return FALSE;
    }
    /* several connections are for QEMU to make */
    if ((flags & VIRTCPU_MIGRATE_PARALLEL) == 0) {
        fd = virtcpu_migrate_door_knock(place, cookie->secret, error);
        if (fd < 0) {
            return FALSE;
        }
    }
    uri = virtcpu_migration_uri_to_qemu(place);
    out.fd = fd;
    out.uri = uri;
    return send_all(domain, &out, (flags & VIRTCPU_MIGRATE_POSTCOPY) != 0, error);
}
