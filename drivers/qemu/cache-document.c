/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/cache-document.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "config.h"
#include "drivers/qemu/state-file.h"

/* Changes when a content's form does. */
#define FORMAT 2

char *
virtcpu_qemu_cache_document_path(const char *folder, const VirtCpuQemuCacheKey *key,
                                 const char *suffix)
{
    g_autofree char *name = g_path_get_basename(key->binary);
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, key->binary, -1);

    /* the digest tells binaries of one name apart; the name is for people and kept short */
    return g_strdup_printf("%s/%.64s-%s-%.16s%s", folder, name,
                           virtcpu_virt_type_to_string(key->virt_type), digest, suffix);
}

static char *
digest_of(const VirtCpuJson *content)
{
    g_autofree char *text = virtcpu_json_format(content, FALSE);

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

static gboolean
check_subject(const VirtCpuJson *json, const VirtCpuQemuCacheKey *key, GError **error)
{
    if (has_string(json, "binary", key->binary) &&
        has_string(json, "virt-type", virtcpu_virt_type_to_string(key->virt_type))) {
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                      _("the file is not about '%s' and virt type '%s'"), key->binary,
                      virtcpu_virt_type_to_string(key->virt_type));
    return FALSE;
}

VirtCpuJson *
virtcpu_qemu_cache_document_parse(const char *text, const VirtCpuQemuCacheKey *key, GError **error)
{
    g_autoptr(VirtCpuJson) json = virtcpu_json_parse(text, -1, error);
    g_autofree char *digest = NULL;

    if (json == NULL || !is_current(json, key) || !check_subject(json, key, error)) {
        return NULL;
    }
    digest = digest_of(virtcpu_json_get(json, "content"));
    if (!has_string(json, "digest", digest)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("the file does not have the digest it was written with"));
        return NULL;
    }
    return virtcpu_json_take(json, "content");
}

VirtCpuJson *
virtcpu_qemu_cache_document_read(const char *path, const VirtCpuQemuCacheKey *key, GError **error)
{
    g_autofree char *text = NULL;

    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        return NULL;
    }
    text = virtcpu_state_file_read(path, error);
    return text != NULL ? virtcpu_qemu_cache_document_parse(text, key, error) : NULL;
}

gboolean
virtcpu_qemu_cache_document_write(const char *path, const VirtCpuQemuCacheKey *key,
                                  VirtCpuJson *content, GError **error)
{
    g_autoptr(VirtCpuJson) json = virtcpu_json_new_object();
    g_autofree char *digest = digest_of(content);
    g_autofree char *text = NULL;

    virtcpu_json_set_int(json, "format", FORMAT);
    virtcpu_json_set_string(json, "virtcpu", VIRTCPU_VERSION);
    virtcpu_json_set_string(json, "binary", key->binary);
    virtcpu_json_set_string(json, "virt-type", virtcpu_virt_type_to_string(key->virt_type));
    virtcpu_json_set_string(json, "identity", key->identity);
    virtcpu_json_set_string(json, "fingerprint", key->fingerprint);
    virtcpu_json_set_string(json, "digest", digest);
    virtcpu_json_set(json, "content", content);
    text = virtcpu_json_format(json, FALSE);
    return virtcpu_state_file_write(path, text, error);
}
