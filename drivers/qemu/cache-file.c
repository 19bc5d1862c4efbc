/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/cache-file.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "config.h"
#include "drivers/qemu/state-file.h"

/* Changes when the document's form does. */
#define FORMAT 1

char *
virtcpu_qemu_cache_file_path(const char *folder, const VirtCpuQemuCacheKey *key)
{
    g_autofree char *name = g_path_get_basename(key->binary);
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, key->binary, -1);

    /* the digest tells binaries of one name apart; the name is for people and kept short */
    return g_strdup_printf("%s/%.64s-%s-%.16s.json", folder, name,
                           virtcpu_virt_type_to_string(key->virt_type), digest);
}

static char *
digest_of(const VirtCpuJson *capabilities)
{
    g_autofree char *text = virtcpu_json_format(capabilities, FALSE);

    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
}

static gboolean
has_string(const VirtCpuJson *json, const char *member, const char *expected)
{
    return g_strcmp0(virtcpu_json_get_string(json, member), expected) == 0;
}

/* TRUE when the document is about @key as it is now and written by this virtcpu. */
static gboolean
is_current(const VirtCpuJson *json, const VirtCpuQemuCacheKey *key)
{
    gint64 format = 0;

    return virtcpu_json_get_int(json, "format", &format) && format == FORMAT &&
           has_string(json, "virtcpu", VIRTCPU_VERSION) &&
           has_string(json, "identity", key->identity) &&
           has_string(json, "fingerprint", key->fingerprint);
}

VirtCpuQemuCaps *
virtcpu_qemu_cache_file_parse(const char *text, const VirtCpuQemuCacheKey *key, GError **error)
{
    g_autoptr(VirtCpuJson) json = virtcpu_json_parse(text, -1, error);
    const VirtCpuJson *capabilities = virtcpu_json_get(json, "capabilities");
    g_autoptr(VirtCpuQemuCaps) caps = NULL;
    g_autofree char *digest = NULL;

    if (json == NULL || !is_current(json, key)) {
        return NULL;
    }
    digest = digest_of(capabilities);
    if (!has_string(json, "digest", digest)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("the capabilities do not have the digest they were written with"));
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
virtcpu_qemu_cache_file_read(const char *path, const VirtCpuQemuCacheKey *key, GError **error)
{
    g_autofree char *text = NULL;

    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        return NULL;
    }
    text = virtcpu_state_file_read(path, error);
    return text != NULL ? virtcpu_qemu_cache_file_parse(text, key, error) : NULL;
}

gboolean
virtcpu_qemu_cache_file_write(const char *path, const VirtCpuQemuCacheKey *key,
                              const VirtCpuQemuCaps *caps, GError **error)
{
    g_autoptr(VirtCpuJson) json = virtcpu_json_new_object();
    g_autofree char *digest = NULL;
    g_autofree char *text = NULL;
    VirtCpuJson *capabilities = virtcpu_qemu_caps_to_json(caps);

    digest = digest_of(capabilities);
    virtcpu_json_set_int(json, "format", FORMAT);
    virtcpu_json_set_string(json, "virtcpu", VIRTCPU_VERSION);
    virtcpu_json_set_string(json, "identity", key->identity);
    virtcpu_json_set_string(json, "fingerprint", key->fingerprint);
    virtcpu_json_set_string(json, "digest", digest);
    virtcpu_json_set(json, "capabilities", capabilities);
    text = virtcpu_json_format(json, FALSE);
    return virtcpu_state_file_write(path, text, error);
}
