/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "drivers/qemu/migrate-self.h"
#include "tests/unit/folder.h"

#include <string.h>

#define CONFIGURED "11111111-2222-3333-4444-555555555555"

static VirtCpuMigrateSelf *
make(const char *host_uuid, const char *folder)
{
    g_autoptr(GError) error = NULL;
    VirtCpuMigrateSelf *self =
        virtcpu_migrate_self_new(host_uuid, folder, "h", "qemu:///system", &error);

    g_assert_no_error(error);
    return self;
}

static void
test_kept(void)
{
    g_autofree char *folder = test_folder_new();
    g_autofree char *other_folder = test_folder_new();
    g_autoptr(VirtCpuMigrateSelf) first = make(NULL, folder);
    g_autoptr(VirtCpuMigrateSelf) again = make(NULL, folder);
    g_autoptr(VirtCpuMigrateSelf) other = make(NULL, other_folder);
    g_autoptr(VirtCpuMigrationCookie) cookie = virtcpu_migration_cookie_new();
    g_autoptr(GError) error = NULL;

    g_assert_cmpmem(first->uuid, VIRTCPU_UUID_BYTES, again->uuid, VIRTCPU_UUID_BYTES);
    g_assert_cmpint(memcmp(first->uuid, other->uuid, VIRTCPU_UUID_BYTES), !=, 0);
    virtcpu_migrate_self_sign(first, cookie);
    g_assert_true(virtcpu_migrate_self_check(other, cookie, &error));
    g_assert_true(virtcpu_migrate_self_is_near(other, cookie));
    g_assert_false(virtcpu_migrate_self_check(again, cookie, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INTERNAL_ERROR);
    g_assert_nonnull(strstr(error->message, "same host"));
    test_folder_remove(folder);
    test_folder_remove(other_folder);
}

static void
test_configured(void)
{
    g_autofree char *folder = test_folder_new();
    g_autoptr(VirtCpuMigrateSelf) self = make(CONFIGURED, folder);
    g_autofree char *uuid = virtcpu_uuid_to_string(self->uuid);
    g_autoptr(GError) error = NULL;

    g_assert_cmpstr(uuid, ==, CONFIGURED);
    g_assert_null(virtcpu_migrate_self_new("0", folder, NULL, NULL, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INVALID_ARG);
    test_folder_remove(folder);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/migrate-self/kept", test_kept);
    g_test_add_func("/migrate-self/configured", test_configured);
    return g_test_run();
}
