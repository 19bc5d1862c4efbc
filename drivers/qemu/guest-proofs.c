/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file's content: an array of digests (virtcpu_guest_proof_digest), the oldest first. It is
 * read for each question, so that what other processes learn or drop counts at once. */
#include "drivers/qemu/guest-proofs.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/cache-document.h"
#include "drivers/qemu/guest-compare.h"
#include "drivers/qemu/guest-refusal.h"

#include <errno.h>

#define SUFFIX ".proofs"
/* Beyond, the oldest are forgotten: no host has that many different guests. */
#define MAX_PROOFS 2048

static const char *const words[] = {
    [VIRTCPU_PROVE_OFF] = "off",
    [VIRTCPU_PROVE_FIRST] = "first",
    [VIRTCPU_PROVE_ALWAYS] = "always",
};
VIRTCPU_WORDS_DEFINE(virtcpu_prove_words, words, VIRTCPU_PROVE_LAST);

struct _VirtCpuGuestProofs {
    char *folder;
    VirtCpuQemuIdentities *identities;
    char *fingerprint;
    GCancellable *cancel;

    GMutex lock; /* guards all below, and the writing of files */
    GCond changed;
    GHashTable *busy; /* digests of proofs under way */
};

/* One question. */
typedef struct {
    VirtCpuGuestProofs *proofs;
    const VirtCpuGuestInput *input;
    char *identity, *path, *digest;
    VirtCpuQemuCacheKey key;
} Request;

static void
request_clear(Request *request)
{
    g_free(request->identity);
    g_free(request->path);
    g_free(request->digest);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Request, request_clear)

static gboolean
request_init(Request *request, VirtCpuGuestProofs *proofs, const VirtCpuGuestInput *input,
             GError **error)
{
    const VirtCpuQemuCaps *caps = input->caps;
    char *identity = virtcpu_qemu_identities_get(proofs->identities, caps->binary);

    if (identity == NULL) {
        virtcpu_error_set_errno(error, errno, _("Cannot check QEMU binary %s"), caps->binary);
        return FALSE;
    }
    *request = (Request){
        .proofs = proofs,
        .input = input,
        .identity = identity,
        .key = { caps->binary, caps->virt_type, identity, proofs->fingerprint },
    };
    request->path = virtcpu_qemu_cache_document_path(proofs->folder, &request->key, SUFFIX);
    request->digest = virtcpu_guest_proof_digest(input, error);
    return request->digest != NULL;
}

VirtCpuGuestProofs *
virtcpu_guest_proofs_new(const char *folder, VirtCpuQemuIdentities *identities,
                         const char *fingerprint, GCancellable *cancel)
{
    VirtCpuGuestProofs *proofs = g_new0(VirtCpuGuestProofs, 1);

    proofs->folder = g_strdup(folder);
    proofs->identities = identities;
    proofs->fingerprint = g_strdup(fingerprint);
    proofs->cancel = cancel;
    g_mutex_init(&proofs->lock);
    g_cond_init(&proofs->changed);
    proofs->busy = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return proofs;
}

void
virtcpu_guest_proofs_free(VirtCpuGuestProofs *proofs)
{
    if (proofs == NULL) {
        return;
    }
    g_hash_table_unref(proofs->busy);
    g_cond_clear(&proofs->changed);
    g_mutex_clear(&proofs->lock);
    g_free(proofs->folder);
    g_free(proofs->fingerprint);
    g_free(proofs);
}

/* ---- the file ---- */

static gboolean
is_digest_list(const VirtCpuJson *json)
{
    gboolean good = virtcpu_json_kind(json) == VIRTCPU_JSON_ARRAY;

    for (gsize i = 0; good && i < virtcpu_json_size(json); i++) {
        good = virtcpu_json_to_string(virtcpu_json_at(json, i)) != NULL;
    }
    return good;
}

/* What is known, NULL for nothing (transfer full). Under the lock. */
static VirtCpuJson *
read_known(const Request *request)
{
    g_autoptr(GError) trouble = NULL;
    g_autoptr(VirtCpuJson) json =
        virtcpu_qemu_cache_document_read(request->path, &request->key, &trouble);

    if (json != NULL && !is_digest_list(json)) {
        virtcpu_error_set(&trouble, VIRTCPU_ERR_INTERNAL_ERROR, _("it is no list of proofs"));
    }
    if (trouble != NULL) {
        g_message("dropped cache file '%s': %s", request->path, trouble->message);
        return NULL;
    }
    return g_steal_pointer(&json);
}

/* Under the lock. */
static gboolean
is_known(const Request *request)
{
    g_autoptr(VirtCpuJson) known = read_known(request);

    for (gsize i = 0; i < virtcpu_json_size(known); i++) {
        if (g_strcmp0(virtcpu_json_to_string(virtcpu_json_at(known, i)), request->digest) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Add it as the newest. Under the lock. */
static void
remember(const Request *request)
{
    g_autoptr(VirtCpuJson) known = read_known(request);
    g_autoptr(GError) trouble = NULL;
    VirtCpuJson *list = virtcpu_json_new_array();
    const gsize count = virtcpu_json_size(known);

    for (gsize i = count >= MAX_PROOFS ? count - MAX_PROOFS + 1 : 0; i < count; i++) {
        const char *digest = virtcpu_json_to_string(virtcpu_json_at(known, i));

        if (!g_str_equal(digest, request->digest)) {
            virtcpu_json_append(list, virtcpu_json_new_string(digest));
        }
    }
    virtcpu_json_append(list, virtcpu_json_new_string(request->digest));
    if (!virtcpu_qemu_cache_document_write(request->path, &request->key, list, &trouble)) {
        g_message("cannot keep cache file '%s': %s", request->path, trouble->message);
    }
}

/* ---- proving ---- */

/* That QEMU keeps its word; what was promised is judged by that word at each start. */
static gboolean
prove(const Request *request, GError **error)
{
    VirtCpuGuestInput input = *request->input;
    g_auto(VirtCpuGuestProof) proof = { 0 };
    g_autoptr(GPtrArray) differences = NULL;
    g_autofree char *refusal = NULL;

    input.cancel = request->proofs->cancel;
    if (!virtcpu_guest_proof_run(&input, &proof, error)) {
        return FALSE;
    }
    differences = virtcpu_guest_compare(input.def->arch, &proof, NULL, NULL, error);
    if (differences == NULL) {
        return FALSE;
    }
    refusal = virtcpu_guest_refusal(differences, input.def->virt_type);
    if (refusal != NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                          _("guest CPU doesn't match what QEMU says of it, by a proof inside a "
                            "guest of machine type '%s'. %s"),
                          input.def->machine, refusal);
    }
    return refusal == NULL;
}

/* The lock is let go meanwhile. */
static gboolean
prove_unlocked(const Request *request, GError **error)
{
    VirtCpuGuestProofs *proofs = request->proofs;
    gboolean proven;

    g_hash_table_add(proofs->busy, g_strdup(request->digest));
    g_mutex_unlock(&proofs->lock);
    proven = prove(request, error);
    g_mutex_lock(&proofs->lock);
    g_hash_table_remove(proofs->busy, request->digest);
    g_cond_broadcast(&proofs->changed);
    if (proven) {
        remember(request);
    }
    return proven;
}

gboolean
virtcpu_guest_proofs_ensure(VirtCpuGuestProofs *proofs, const VirtCpuGuestInput *input,
                            gboolean again, GError **error)
{
    g_auto(Request) request = { 0 };
    g_autoptr(GMutexLocker) locker = NULL;

    if (!request_init(&request, proofs, input, error)) {
        return FALSE;
    }
    locker = g_mutex_locker_new(&proofs->lock);
    while (!again && g_hash_table_contains(proofs->busy, request.digest)) {
        g_cond_wait(&proofs->changed, &proofs->lock);
    }
    return (!again && is_known(&request)) || prove_unlocked(&request, error);
}
