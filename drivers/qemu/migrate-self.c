/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/migrate-self.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/state-file.h"

#include <string.h>

#define IDENTITY_FILE "identity"

/* A new kernel run or another network namespace has another one. */
static char *
read_place(void)
{
    g_autofree char *boot = NULL;
    g_autofree char *network = g_file_read_link("/proc/self/ns/net", NULL);

    if (network == NULL ||
        !g_file_get_contents("/proc/sys/kernel/random/boot_id", &boot, NULL, NULL)) {
        return NULL;
    }
    return g_strdup_printf("%s/%s", g_strstrip(boot), network);
}

/* The identity that an earlier daemon of this root made, else a new one. */
static gboolean
take_kept(VirtCpuMigrateSelf *self, const char *state_dir, GError **error)
{
    g_autofree char *path = g_build_filename(state_dir, IDENTITY_FILE, NULL);
    g_autofree char *kept = virtcpu_state_file_read(path, NULL);
    g_autofree char *made = NULL;

    if (kept != NULL && virtcpu_uuid_from_string(g_strstrip(kept), self->uuid)) {
        return TRUE;
    }
    made = g_uuid_string_random();
    if (!virtcpu_uuid_from_string(made, self->uuid)) {
        g_assert_not_reached();
    }
    return virtcpu_state_folder_make(state_dir, error) &&
           virtcpu_state_file_write(path, made, error);
}

static gboolean
take_configured(VirtCpuMigrateSelf *self, const char *host_uuid, GError **error)
{
    if (virtcpu_uuid_from_string(host_uuid, self->uuid)) {
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                      _("The configured host_uuid '%s' is no UUID."), host_uuid);
    return FALSE;
}

VirtCpuMigrateSelf *
virtcpu_migrate_self_new(const char *host_uuid, const char *state_dir, const char *hostname,
                         const char *daemon, GError **error)
{
    g_autoptr(VirtCpuMigrateSelf) self = g_new0(VirtCpuMigrateSelf, 1);

    self->hostname = g_strdup(hostname != NULL ? hostname : "localhost");
    self->place = read_place();
    self->daemon = g_strdup(daemon);
    if (!(host_uuid != NULL ? take_configured(self, host_uuid, error)
                            : take_kept(self, state_dir, error))) {
        return NULL;
    }
    return g_steal_pointer(&self);
}

void
virtcpu_migrate_self_free(VirtCpuMigrateSelf *self)
{
    if (self == NULL) {
        return;
    }
    g_free(self->hostname);
    g_free(self->place);
    g_free(self->daemon);
    g_free(self);
}

void
virtcpu_migrate_self_sign(const VirtCpuMigrateSelf *self, VirtCpuMigrationCookie *cookie)
{
    g_free(cookie->hostname);
    g_free(cookie->place);
    g_free(cookie->daemon);
    cookie->hostname = g_strdup(self->hostname);
    cookie->place = g_strdup(self->place);
    cookie->daemon = g_strdup(self->daemon);
    memcpy(cookie->host_uuid, self->uuid, VIRTCPU_UUID_BYTES);
}

gboolean
virtcpu_migrate_self_check(const VirtCpuMigrateSelf *self, const VirtCpuMigrationCookie *cookie,
                           GError **error)
{
    if (memcmp(self->uuid, cookie->host_uuid, VIRTCPU_UUID_BYTES) == 0) {
        g_autofree char *uuid = virtcpu_uuid_to_string(self->uuid);

        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("Attempt to migrate guest to the same host %s"), uuid);
        return FALSE;
    }
    return TRUE;
}

gboolean
virtcpu_migrate_self_is_near(const VirtCpuMigrateSelf *self, const VirtCpuMigrationCookie *cookie)
{
    return self->place != NULL && g_strcmp0(self->place, cookie->place) == 0;
}
