/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/domain-channels.h"

#include "drivers/qemu/driver-priv.h"

static gboolean
is_path_taken(const VirtCpuDomainDef *def, const char *path)
{
    for (guint i = 0; i < def->channels->len; i++) {
        const VirtCpuChardevDef *channel = g_ptr_array_index(def->channels, i);

        if (g_strcmp0(channel->path, path) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* A path that no other channel of @def has: an earlier one may have been unplugged. */
static char *
free_path(VirtCpuDriver *driver, const VirtCpuDomainDef *def)
{
    char *path = NULL;
    guint number = 0;

    do {
        g_free(path);
        path = g_strdup_printf("%s/%s.channel%u", driver->channel_dir, def->name, number++);
    } while (is_path_taken(def, path));
    return path;
}

void
virtcpu_domain_name_channels(VirtCpuDriver *driver, VirtCpuDomainDef *def)
{
    for (guint i = 0; i < def->channels->len; i++) {
        VirtCpuChardevDef *channel = g_ptr_array_index(def->channels, i);

        if (channel->kind == VIRTCPU_CHARDEV_UNIX && channel->path == NULL) {
            channel->path = free_path(driver, def);
            channel->listen = TRUE;
        }
    }
}
