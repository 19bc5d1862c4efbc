/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/cache.h"

/* What a file holds, by the end of its name; others hold what a probe said. */
static const struct {
    const char *suffix;
    const char *kind;
} kinds[] = {
    { ".matrix", "matrix" },
    { ".guests", "guests" },
    { ".proofs", "proofs" },
};

static const char *
kind_of(const VirtCpuQemuCacheDocument *file)
{
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (g_str_has_suffix(file->path, kinds[i].suffix)) {
            return kinds[i].kind;
        }
    }
    return "probe";
}

VirtCpuJson *
virtcpu_qemu_cache_list_to_json(VirtCpuQemuCache *cache, gboolean invalid)
{
    g_autoptr(GPtrArray) files = virtcpu_qemu_cache_list(cache);
    VirtCpuJson *list = virtcpu_json_new_array();

    for (guint i = 0; i < files->len; i++) {
        const VirtCpuQemuCacheDocument *file = g_ptr_array_index(files, i);
        VirtCpuJson *entry;

        if (invalid && file->state == VIRTCPU_CACHE_VALID) {
            continue;
        }
        entry = virtcpu_json_append(list, virtcpu_json_new_object());
        virtcpu_json_set_string(entry, "kind", kind_of(file));
        virtcpu_json_set_string(entry, "virt-type", file->virt_type);
        virtcpu_json_set_string(entry, "binary", file->binary);
        virtcpu_json_set_string(entry, "path", file->path);
        virtcpu_json_set_bool(entry, "valid", file->state == VIRTCPU_CACHE_VALID);
        virtcpu_json_set_string(entry, "state", file->why);
    }
    return list;
}
