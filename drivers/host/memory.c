/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/host/memory.h"

#include "drivers/host/host.h"
#include "drivers/host/sysfile.h"

#include <string.h>

/* "4417740 kB" */
static guint64
meminfo_kib(const char *sysroot, const char *path, const char *key)
{
    g_autofree char *text = virtcpu_sysfile_read(sysroot, path);
    g_autofree char *field = text != NULL ? virtcpu_sysfile_field(text, key) : NULL;
    guint64 kib;

    if (field == NULL || !g_str_has_suffix(field, " kB")) {
        return 0;
    }
    field[strlen(field) - strlen(" kB")] = '\0';
    return g_ascii_string_to_unsigned(field, 10, 0, G_MAXUINT64 / 1024, &kib, NULL) ? kib : 0;
}

guint64
virtcpu_memory_kib(const char *sysroot, const char *key)
{
    return meminfo_kib(sysroot, "/proc/meminfo", key);
}

guint64
virtcpu_memory_node_kib(const char *sysroot, unsigned node, const char *key)
{
    g_autofree char *path = g_strdup_printf("/sys/devices/system/node/node%u/meminfo", node);

    return meminfo_kib(sysroot, path, key);
}

guint64
virtcpu_host_free_memory(const VirtCpuHost *host)
{
    return virtcpu_memory_kib(host->sysroot, "MemFree") * 1024;
}

guint64
virtcpu_host_node_free_memory(const VirtCpuHost *host, unsigned node)
{
    guint64 kib = virtcpu_memory_node_kib(host->sysroot, node, "MemFree");

    if (kib == 0 && node == 0 && host->nodes->len == 1) {
        return virtcpu_host_free_memory(host);
    }
    return kib * 1024;
}
