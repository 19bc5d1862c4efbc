/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/domain-channels.h"

#include "drivers/qemu/driver-priv.h"

void
virtcpu_domain_name_channels(VirtCpuDriver *driver, VirtCpuDomainDef *def)
{
    for (guint i = 0; i < def->channels->len; i++) {
        VirtCpuChardevDef *channel = g_ptr_array_index(def->channels, i);

        if (channel->kind == VIRTCPU_CHARDEV_UNIX && channel->path == NULL) {
            channel->path = g_strdup_printf("%s/%s.channel%u", driver->channel_dir, def->name, i);
            channel->listen = TRUE;
        }
    }
}
