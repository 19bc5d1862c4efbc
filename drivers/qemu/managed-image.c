/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/managed-image.h"

#include "drivers/qemu/state-file.h"

char *
virtcpu_managed_image_path(const VirtCpuDomain *domain)
{
    return g_strdup_printf("%s/%s.save", domain->driver->save_dir, domain->name);
}

gboolean
virtcpu_managed_image_exists(const VirtCpuDomain *domain)
{
    g_autofree char *path = virtcpu_managed_image_path(domain);

    return g_file_test(path, G_FILE_TEST_EXISTS);
}

gboolean
virtcpu_managed_image_remove(const VirtCpuDomain *domain, GError **error)
{
    g_autofree char *path = virtcpu_managed_image_path(domain);

    return virtcpu_state_file_remove(path, error);
}
