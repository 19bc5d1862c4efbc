/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/cache-document.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "config.h"
#include "drivers/qemu/facts.h"
#include "drivers/qemu/state-file.h"

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

gboolean
virtcpu_qemu_cache_document_is_about(const VirtCpuQemuCacheDocument *file, const char *binary)
{
    if (file->binary != NULL) {
        return g_str_equal(file->binary, binary);
    }
    for (int type = 0; type < VIRTCPU_VIRT_LAST; type++) {
        const VirtCpuQemuCacheKey key = { .binary = binary, .virt_type = (VirtCpuVirtType)type };
        g_autofree char *folder = g_path_get_dirname(file->path);
        g_autofree char *begin = virtcpu_qemu_cache_document_path(folder, &key, ".");

        if (g_str_has_prefix(file->path, begin)) {
            return TRUE;
        }
    }
    return FALSE;
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

/* How the document stands to a binary of @identity (NULL: gone) on a host of @fingerprint; whether
 * it is whole is another matter. */
static VirtCpuQemuCacheState
judge(const VirtCpuJson *json, const char *identity, const char *fingerprint)
{
    const char *before;
    gint64 format = 0;

    if (!virtcpu_json_get_int(json, "format", &format) || format != VIRTCPU_QEMU_CACHE_FORMAT ||
        !has_string(json, "virtcpu", VIRTCPU_VERSION)) {
        return VIRTCPU_CACHE_OTHER_VERSION;
    }
    if (identity == NULL) {
        return VIRTCPU_CACHE_BINARY_GONE;
    }
    before = virtcpu_json_get_string(json, "identity");
    if (before == NULL || !g_str_equal(before, identity)) {
        return before != NULL && virtcpu_qemu_identity_same_binary(before, identity)
                   ? VIRTCPU_CACHE_FILES_CHANGED
                   : VIRTCPU_CACHE_BINARY_CHANGED;
    }
    return has_string(json, "fingerprint", fingerprint) ? VIRTCPU_CACHE_VALID
                                                        : VIRTCPU_CACHE_HOST_CHANGED;
}

/* @state, which is what judge answered, with all that changed, as a sentence (transfer full). */
static char *
explain(VirtCpuQemuCacheState state, const VirtCpuJson *json, const char *identity,
        const char *fingerprint)
{
    g_autofree char *what = NULL;

    if (state == VIRTCPU_CACHE_BINARY_CHANGED || state == VIRTCPU_CACHE_FILES_CHANGED) {
        what = virtcpu_qemu_facts_difference(virtcpu_json_get_string(json, "identity"), identity);
    } else if (state == VIRTCPU_CACHE_HOST_CHANGED) {
        what = virtcpu_qemu_facts_difference(virtcpu_json_get_string(json, "fingerprint"),
                                             fingerprint);
    }
    return what != NULL
               ? g_strdup_printf(_("%s: %s"), virtcpu_qemu_cache_state_to_text(state), what)
               : g_strdup(virtcpu_qemu_cache_state_to_text(state));
}

static gboolean
is_whole(const VirtCpuJson *json)
{
    g_autofree char *digest = digest_of(virtcpu_json_get(json, "content"));

    return has_string(json, "digest", digest);
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

/* The content of @json when it is @key's; else NULL, with @state or @error saying why. */
static VirtCpuJson *
take_content(VirtCpuJson *json, const VirtCpuQemuCacheKey *key, VirtCpuQemuCacheState *state,
             GError **error)
{
    *state = judge(json, key->identity, key->fingerprint);
    if (*state != VIRTCPU_CACHE_VALID || !check_subject(json, key, error)) {
        return NULL;
    }
    if (!is_whole(json)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("the file does not have the digest it was written with"));
        return NULL;
    }
    return virtcpu_json_take(json, "content");
}

VirtCpuJson *
virtcpu_qemu_cache_document_parse(const char *text, const VirtCpuQemuCacheKey *key, GError **error)
{
    g_autoptr(VirtCpuJson) json = virtcpu_json_parse(text, -1, error);
    VirtCpuQemuCacheState state;

    return json != NULL ? take_content(json, key, &state, error) : NULL;
}

static VirtCpuJson *
read_json(const char *path, GError **error)
{
    g_autofree char *text = virtcpu_state_file_read(path, error);

    return text != NULL ? virtcpu_json_parse(text, -1, error) : NULL;
}

VirtCpuJson *
virtcpu_qemu_cache_document_read(const char *path, const VirtCpuQemuCacheKey *key, GError **error)
{
    g_autoptr(VirtCpuJson) json = NULL;
    VirtCpuJson *content;
    VirtCpuQemuCacheState state;

    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        return NULL;
    }
    json = read_json(path, error);
    if (json == NULL) {
        return NULL;
    }
    content = take_content(json, key, &state, error);
    if (state != VIRTCPU_CACHE_VALID) {
        g_autofree char *why = explain(state, json, key->identity, key->fingerprint);

        g_message("dropped cache file '%s': %s", path, why);
    }
    return content;
}

/* ---- looking at files ---- */

const char *
virtcpu_qemu_cache_state_to_text(VirtCpuQemuCacheState state)
{
    static const char *const texts[] = {
        [VIRTCPU_CACHE_VALID] = N_("valid"),
        [VIRTCPU_CACHE_DAMAGED] = N_("the file is damaged"),
        [VIRTCPU_CACHE_OTHER_VERSION] = N_("written by another version of virtcpu"),
        [VIRTCPU_CACHE_BINARY_GONE] = N_("the binary is gone"),
        [VIRTCPU_CACHE_BINARY_CHANGED] = N_("the binary changed"),
        [VIRTCPU_CACHE_FILES_CHANGED] = N_("QEMU's modules or firmware changed"),
        [VIRTCPU_CACHE_HOST_CHANGED] = N_("the host's CPU, microcode, kernel or KVM changed"),
    };

    return _(texts[state]);
}

void
virtcpu_qemu_cache_document_free(VirtCpuQemuCacheDocument *file)
{
    if (file == NULL) {
        return;
    }
    g_free(file->path);
    g_free(file->binary);
    g_free(file->virt_type);
    g_free(file->why);
    g_free(file);
}

static VirtCpuQemuCacheDocument *
check_document(const char *path, VirtCpuQemuIdentities *identities, const char *fingerprint)
{
    VirtCpuQemuCacheDocument *file = g_new0(VirtCpuQemuCacheDocument, 1);
    g_autoptr(VirtCpuJson) json = read_json(path, NULL);
    const char *binary = virtcpu_json_get_string(json, "binary");
    const char *virt_type = virtcpu_json_get_string(json, "virt-type");
    g_autofree char *identity = NULL;

    file->path = g_strdup(path);
    file->state = VIRTCPU_CACHE_DAMAGED;
    if (binary == NULL || virt_type == NULL || !is_whole(json)) {
        file->why = explain(file->state, NULL, NULL, NULL);
        return file;
    }
    file->binary = g_strdup(binary);
    file->virt_type = g_strdup(virt_type);
    identity = virtcpu_qemu_identities_get(identities, binary);
    file->state = judge(json, identity, fingerprint);
    file->why = explain(file->state, json, identity, fingerprint);
    return file;
}

static int
compare_paths(gconstpointer a, gconstpointer b)
{
    const VirtCpuQemuCacheDocument *const *left = a;
    const VirtCpuQemuCacheDocument *const *right = b;

    return g_strcmp0((*left)->path, (*right)->path);
}

GPtrArray *
virtcpu_qemu_cache_document_list(const char *folder, VirtCpuQemuIdentities *identities,
                                 const char *fingerprint)
{
    GPtrArray *files =
        g_ptr_array_new_with_free_func((GDestroyNotify)virtcpu_qemu_cache_document_free);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);

        if (g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
            g_ptr_array_add(files, check_document(path, identities, fingerprint));
        }
    }
    g_ptr_array_sort(files, compare_paths);
    return files;
}

/* ---- writing ---- */

gboolean
virtcpu_qemu_cache_document_write(const char *path, const VirtCpuQemuCacheKey *key,
                                  VirtCpuJson *content, GError **error)
{
    g_autoptr(VirtCpuJson) json = virtcpu_json_new_object();
    g_autofree char *digest = digest_of(content);
    g_autofree char *text = NULL;

    virtcpu_json_set_int(json, "format", VIRTCPU_QEMU_CACHE_FORMAT);
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
