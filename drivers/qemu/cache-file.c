/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/cache-file.h"

#include "conf/error.h"
#include "conf/i18n.h"

char *
virtcpu_qemu_cache_file_path(const char *folder, const VirtCpuQemuCacheKey *key)
{
    return virtcpu_qemu_cache_document_path(folder, key, ".json");
}

/* @content (transfer full, may be NULL) as the capabilities of @key's binary. */
static VirtCpuQemuCaps *
to_caps(VirtCpuJson *content, const VirtCpuQemuCacheKey *key, GError **error)
{
    g_autoptr(VirtCpuJson) capabilities = content;
    g_autoptr(VirtCpuQemuCaps) caps = NULL;

    if (capabilities == NULL) {
        return NULL;
    }
    caps = virtcpu_qemu_caps_from_json(capabilities, error);
    if (caps == NULL) {
        return NULL;
    }
    if (g_strcmp0(caps->binary, key->binary) != 0 || caps->virt_type != key->virt_type) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("the capabilities are those of '%s'"), caps->binary);
        return NULL;
    }
    return g_steal_pointer(&caps);
}

VirtCpuQemuCaps *
virtcpu_qemu_cache_file_parse(const char *text, const VirtCpuQemuCacheKey *key, GError **error)
{
    return to_caps(virtcpu_qemu_cache_document_parse(text, key, error), key, error);
}

VirtCpuQemuCaps *
virtcpu_qemu_cache_file_read(const char *path, const VirtCpuQemuCacheKey *key, GError **error)
{
    return to_caps(virtcpu_qemu_cache_document_read(path, key, error), key, error);
}

gboolean
virtcpu_qemu_cache_file_write(const char *path, const VirtCpuQemuCacheKey *key,
                              const VirtCpuQemuCaps *caps, GError **error)
{
    return virtcpu_qemu_cache_document_write(path, key, virtcpu_qemu_caps_to_json(caps), error);
}
