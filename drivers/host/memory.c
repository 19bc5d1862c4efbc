/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/host/memory.h"

#include "drivers/host/host.h"
#include "drivers/host/sysfile.h"

#include <string.h>

#define MACHINE_FILE "/proc/meminfo"

static char *
node_file(unsigned node)
{
    return g_strdup_printf("/sys/devices/system/node/node%u/meminfo", node);
}

/* "4417740 kB" behind @key in @text (may be NULL); 0 when it is not there. */
static guint64
field_kib(const char *text, const char *key)
{
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
    g_autofree char *text = virtcpu_sysfile_read(sysroot, MACHINE_FILE);

    return field_kib(text, key);
}

guint64
virtcpu_memory_node_kib(const char *sysroot, unsigned node, const char *key)
{
    g_autofree char *path = node_file(node);
    g_autofree char *text = virtcpu_sysfile_read(sysroot, path);

    return field_kib(text, key);
}

static gboolean
has_node(const VirtCpuHost *host, int node)
{
    for (guint i = 0; i < host->nodes->len; i++) {
        if ((int)((const VirtCpuHostNode *)host->nodes->pdata[i])->id == node) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean
virtcpu_host_memory(const VirtCpuHost *host, int node, VirtCpuHostMemory *memory)
{
    g_autofree char *path = node >= 0 ? node_file((unsigned)node) : g_strdup(MACHINE_FILE);
    g_autofree char *text = NULL;

    if (node != -1 && !has_node(host, node)) {
        return FALSE;
    }
    text = virtcpu_sysfile_read(host->sysroot, path);
    if (text == NULL && node == 0) {
        text = virtcpu_sysfile_read(host->sysroot, MACHINE_FILE); /* a machine without NUMA */
    }
    *memory = (VirtCpuHostMemory){
        .total = field_kib(text, "MemTotal"),
        .free = field_kib(text, "MemFree"),
        .buffers = field_kib(text, "Buffers"),
        .cached = field_kib(text, "Cached"),
    };
    return TRUE;
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
