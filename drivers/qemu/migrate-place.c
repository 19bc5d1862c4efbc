/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/migrate-place.h"

#include "conf/error.h"
#include "conf/i18n.h"

#include <errno.h>

#define LOOPBACK "127.0.0.1"

static VirtCpuMigrationUri *
make_own(const VirtCpuMigrateSelf *self, gboolean near, GError **error)
{
    VirtCpuMigrationUri *place;

    if (!near && g_str_has_prefix(self->hostname, "localhost")) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("hostname on destination resolved to localhost, but migration requires "
                            "an FQDN: name the destination in a migration URI"));
        return NULL;
    }
    place = g_new0(VirtCpuMigrationUri, 1);
    place->host = g_strdup(near ? LOOPBACK : self->hostname);
    return place;
}

VirtCpuMigrationUri *
virtcpu_migrate_place_choose(const VirtCpuMigrateSelf *self, const VirtCpuMigrateParams *params,
                             gboolean near, GError **error)
{
    return params->migrate_uri != NULL ? virtcpu_migration_uri_parse(params->migrate_uri, error)
                                       : make_own(self, near, error);
}

/* Listen at @host (transfer none; NULL: everywhere) on the port of @place. */
static VirtCpuMigrateDoor *
listen_at(const char *host, VirtCpuMigrationUri *place, GError **error)
{
    g_autoptr(VirtCpuMigrationUri) own = g_new0(VirtCpuMigrationUri, 1);
    VirtCpuMigrateDoor *door;

    own->host = g_strdup(host != NULL ? host : "");
    own->port = place->port;
    door = virtcpu_migrate_door_new(own, error);
    place->port = own->port;
    return door;
}

/* A host that is reached by translated addresses has none of them itself. */
static gboolean
is_elsewhere(const GError *reason)
{
    return virtcpu_error_to_errno(reason) == EADDRNOTAVAIL ||
           g_error_matches(reason, VIRTCPU_ERROR, VIRTCPU_ERR_OPERATION_FAILED);
}

VirtCpuMigrateDoor *
virtcpu_migrate_place_listen(VirtCpuMigrationUri *place, const VirtCpuMigrateParams *params,
                             GError **error)
{
    g_autoptr(GError) reason = NULL;
    VirtCpuMigrateDoor *door;

    if (place->path != NULL) {
        return virtcpu_migrate_door_new(place, error);
    }
    if (params->listen_address != NULL) {
        return listen_at(params->listen_address, place, error);
    }
    door = listen_at(place->host, place, &reason);
    if (door == NULL && is_elsewhere(reason)) {
        return listen_at(NULL, place, error);
    }
    if (door == NULL) {
        g_propagate_error(error, g_steal_pointer(&reason));
    }
    return door;
}

char *
virtcpu_migrate_place_for_qemu(const VirtCpuMigrationUri *place, const VirtCpuMigrateParams *params)
{
    const char *listen = params->listen_address != NULL ? params->listen_address : place->host;
    const VirtCpuMigrationUri own = {
        .host = place->path == NULL ? g_strdup(listen) : NULL,
        .port = place->port,
        .path = place->path,
    };
    char *uri = virtcpu_migration_uri_to_qemu(&own);

    g_free(own.host);
    return uri;
}
