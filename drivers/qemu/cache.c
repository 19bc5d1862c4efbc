/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "drivers/qemu/cache-priv.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/cache-file.h"
#include "drivers/qemu/cache-search.h"
#include "drivers/qemu/probe.h"
#include "drivers/qemu/state-file.h"

#include <errno.h>

#define DEFAULT_TIMEOUT_MS 30000

static void
entry_free(gpointer data)
{
    VirtCpuQemuCacheEntry *entry = data;

    g_free(entry->binary);
    g_free(entry->identity);
    virtcpu_qemu_caps_unref(entry->caps);
    virtcpu_qemu_failure_clear(&entry->failure);
    g_free(entry);
}

VirtCpuQemuCache *
virtcpu_qemu_cache_new(VirtCpuHost *host, const char *folder, const char *search_path,
                       unsigned timeout_ms, GError **error)
{
    g_autofree char *below = g_build_filename(folder, "qemu", NULL);
    VirtCpuQemuCache *cache;

    if (!virtcpu_state_folder_make(below, error)) {
        return NULL;
    }
    cache = g_new0(VirtCpuQemuCache, 1);
    cache->host = virtcpu_host_ref(host);
    cache->folder = g_steal_pointer(&below);
    cache->search_path = g_strdup(search_path);
    cache->fingerprint = virtcpu_host_fingerprint(host);
    cache->timeout_ms = timeout_ms > 0 ? timeout_ms : DEFAULT_TIMEOUT_MS;
    cache->cancel = g_cancellable_new();
    cache->identities = virtcpu_qemu_identities_new();
    cache->matrices = virtcpu_qemu_matrix_store_new(
        cache->folder, cache->identities, cache->fingerprint, cache->timeout_ms, cache->cancel);
    cache->proofs = virtcpu_guest_proofs_new(cache->folder, cache->identities, cache->fingerprint,
                                             cache->cancel);
    cache->sights = virtcpu_guest_sights_new(cache->cancel);
    cache->lines = virtcpu_explicit_store_new(cache->matrices, cache->timeout_ms, cache->cancel);
    cache->judge = virtcpu_qemu_judge_new(cache->timeout_ms, cache->cancel);
    g_mutex_init(&cache->lock);
    g_cond_init(&cache->changed);
    cache->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);
    return cache;
}

void
virtcpu_qemu_cache_free(VirtCpuQemuCache *cache)
{
    if (cache == NULL) {
        return;
    }
    virtcpu_qemu_cache_watch_end(cache);
    g_strfreev(cache->known);
    virtcpu_host_unref(cache->host);
    virtcpu_qemu_matrix_store_free(cache->matrices);
    virtcpu_guest_proofs_free(cache->proofs);
    virtcpu_guest_sights_free(cache->sights);
    virtcpu_explicit_store_free(cache->lines);
    virtcpu_qemu_identities_free(cache->identities);
    virtcpu_qemu_judge_free(cache->judge);
    g_free(cache->folder);
    g_free(cache->search_path);
    g_free(cache->fingerprint);
    g_hash_table_unref(cache->entries);
    g_object_unref(cache->cancel);
    g_free(cache->text);
    g_free(cache->text_stamp);
    for (gsize i = 0; i < G_N_ELEMENTS(cache->found); i++) {
        g_free(cache->found[i].binary);
    }
    g_cond_clear(&cache->changed);
    g_mutex_clear(&cache->lock);
    g_free(cache);
}

void
virtcpu_qemu_cache_cancel(VirtCpuQemuCache *cache)
{
    g_cancellable_cancel(cache->cancel);
}

/* ---- one binary ---- */

/* The entry's place among all (transfer full). */
static char *
entry_name(const char *binary, VirtCpuVirtType virt_type)
{
    return g_strdup_printf("%s:%s", virtcpu_virt_type_to_string(virt_type), binary);
}

void
virtcpu_qemu_cache_entry_forget(VirtCpuQemuCacheEntry *entry)
{
    g_clear_pointer(&entry->caps, virtcpu_qemu_caps_unref);
    g_clear_pointer(&entry->identity, g_free);
    virtcpu_qemu_failure_clear(&entry->failure);
}

/* The entry, made when missing. Under the lock. */
static VirtCpuQemuCacheEntry *
get_entry(VirtCpuQemuCache *cache, const char *binary, VirtCpuVirtType virt_type)
{
    g_autofree char *name = entry_name(binary, virt_type);
    VirtCpuQemuCacheEntry *entry = g_hash_table_lookup(cache->entries, name);

    if (entry == NULL) {
        entry = g_new0(VirtCpuQemuCacheEntry, 1);
        entry->binary = g_strdup(binary);
        virtcpu_qemu_cache_watch_binary(cache, binary); /* before it is looked at */
        g_hash_table_insert(cache->entries, g_steal_pointer(&name), entry);
    }
    return entry;
}

/* TRUE when @entry answers for the binary as it is now. Under the lock. */
static gboolean
entry_holds(const VirtCpuQemuCacheEntry *entry, const char *identity)
{
    return g_strcmp0(entry->identity, identity) == 0 &&
           (entry->caps != NULL || virtcpu_qemu_failure_holds(&entry->failure));
}

/* TRUE when that was so lately, and nothing was told of a change since. Under the lock. */
static gboolean
is_seen(VirtCpuQemuCache *cache, const VirtCpuQemuCacheEntry *entry)
{
    return entry->caps != NULL && !entry->busy && virtcpu_qemu_cache_holds(cache, &entry->seen);
}

/* Put what was found out, @caps or @failure (both transfer full), into @entry. Under the lock. */
static void
entry_fill(VirtCpuQemuCacheEntry *entry, const char *identity, VirtCpuQemuCaps *caps,
           GError *failure)
{
    if (g_strcmp0(entry->identity, identity) != 0) {
        virtcpu_qemu_failure_clear(&entry->failure);
        g_free(entry->identity);
        entry->identity = g_strdup(identity);
    }
    virtcpu_qemu_caps_unref(entry->caps);
    entry->caps = caps;
    if (failure != NULL) {
        virtcpu_qemu_failure_note(&entry->failure, failure);
    } else {
        virtcpu_qemu_failure_clear(&entry->failure);
    }
}

/* From disk, else by probing; then on disk. A cache that cannot be read or written costs time only.
 */
static VirtCpuQemuCaps *
find_out(VirtCpuQemuCache *cache, const VirtCpuQemuCacheKey *key, GError **error)
{
    g_autofree char *path = virtcpu_qemu_cache_file_path(cache->folder, key);
    g_autoptr(GError) trouble = NULL;
    VirtCpuQemuCaps *caps = virtcpu_qemu_cache_file_read(path, key, &trouble);

    if (caps != NULL) {
        return caps;
    }
    if (trouble != NULL) {
        g_message("dropped cache file '%s': %s", path, trouble->message);
        g_clear_error(&trouble);
    }
    if (g_cancellable_is_cancelled(cache->cancel)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_ABORTED,
                          _("QEMU binary '%s' is not asked any more"), key->binary);
        return NULL;
    }
    caps = virtcpu_qemu_probe(key->binary, key->virt_type, cache->timeout_ms, cache->cancel, error);
    if (caps != NULL && !virtcpu_qemu_cache_file_write(path, key, caps, &trouble)) {
        g_message("cannot keep cache file '%s': %s", path, trouble->message);
    }
    return caps;
}

static gboolean
check_request(VirtCpuQemuCache *cache, const char *binary, VirtCpuVirtType virt_type,
              GError **error)
{
    if (!g_path_is_absolute(binary)) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("The path of QEMU binary '%s' is not absolute"), binary);
        return FALSE;
    }
    if (virt_type == VIRTCPU_VIRT_KVM && !cache->host->kvm_usable) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("QEMU binary '%s' cannot use KVM: %s"), binary,
                          cache->host->kvm_reason);
        return FALSE;
    }
    return TRUE;
}

/* Ask with the lock let go, so that only those who want the same answer wait. */
static void
fill_unlocked(VirtCpuQemuCache *cache, VirtCpuQemuCacheEntry *entry, const VirtCpuQemuCacheKey *key)
{
    GError *failure = NULL;
    VirtCpuQemuCaps *caps;

    entry->busy = TRUE;
    g_mutex_unlock(&cache->lock);
    caps = find_out(cache, key, &failure);
    if (caps != NULL) {
        virtcpu_qemu_caps_adopt_host(caps, cache->host->cpu);
    }
    g_mutex_lock(&cache->lock);
    entry_fill(entry, key->identity, caps, failure);
    entry->busy = FALSE;
    g_cond_broadcast(&cache->changed);
}

/* Wait until @entry holds for the binary as it is, or is this thread's to fill. A binary that
 * failed and changed since is perhaps still being written: it gets some time to settle, so that it
 * is not asked after each byte. Returns the binary's identity @now (out) (transfer full), or NULL
 * with errno. Under the lock, which is let go meanwhile. */
static char *
await_turn(VirtCpuQemuCache *cache, const VirtCpuQemuCacheEntry *entry, VirtCpuQemuCacheMoment *now)
{
    for (;;) {
        g_autofree char *identity = NULL;
        gint64 settled = virtcpu_qemu_failure_settled(&entry->failure);

        while (entry->busy) {
            g_cond_wait(&cache->changed, &cache->lock);
        }
        *now = virtcpu_qemu_cache_now(cache);
        identity = virtcpu_qemu_identities_get(cache->identities, entry->binary);
        if (identity == NULL || entry_holds(entry, identity) ||
            g_strcmp0(entry->identity, identity) == 0 || g_get_monotonic_time() >= settled) {
            return g_steal_pointer(&identity);
        }
        g_cond_wait_until(&cache->changed, &cache->lock, settled);
    }
}

VirtCpuQemuCaps *
virtcpu_qemu_cache_get(VirtCpuQemuCache *cache, const char *binary, VirtCpuVirtType virt_type,
                       GError **error)
{
    g_autofree char *identity = NULL;
    g_autoptr(GMutexLocker) locker = NULL;
    VirtCpuQemuCacheMoment now;
    VirtCpuQemuCacheEntry *entry;

    if (!check_request(cache, binary, virt_type, error)) {
        return NULL;
    }
    locker = g_mutex_locker_new(&cache->lock);
    entry = get_entry(cache, binary, virt_type);
    if (is_seen(cache, entry)) {
        return virtcpu_qemu_caps_ref(entry->caps);
    }
    identity = await_turn(cache, entry, &now);
    if (identity == NULL) {
        virtcpu_error_set_errno(error, errno, _("Cannot check QEMU binary %s"), binary);
        return NULL;
    }
    if (!entry_holds(entry, identity)) {
        const VirtCpuQemuCacheKey key = { binary, virt_type, identity, cache->fingerprint };

        fill_unlocked(cache, entry, &key);
    }
    if (entry->caps == NULL) {
        g_propagate_error(error, g_error_copy(entry->failure.error));
        return NULL;
    }
    entry->seen = now;
    return virtcpu_qemu_caps_ref(entry->caps);
}

VirtCpuQemuCaps *
virtcpu_qemu_cache_peek(VirtCpuQemuCache *cache, const char *binary, VirtCpuVirtType virt_type)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&cache->lock);
    g_autofree char *name = entry_name(binary, virt_type);
    VirtCpuQemuCacheEntry *entry = g_hash_table_lookup(cache->entries, name);
    VirtCpuQemuCacheMoment now;
    g_autofree char *identity = NULL;

    if (entry == NULL || entry->caps == NULL) {
        return NULL;
    }
    if (!is_seen(cache, entry)) {
        now = virtcpu_qemu_cache_now(cache);
        identity = virtcpu_qemu_identities_get(cache->identities, binary);
        if (identity == NULL || !entry_holds(entry, identity)) {
            return NULL;
        }
        entry->seen = now;
    }
    return virtcpu_qemu_caps_ref(entry->caps);
}

VirtCpuQemuJudge *
virtcpu_qemu_cache_judge(VirtCpuQemuCache *cache)
{
    return cache->judge;
}

VirtCpuQemuMatrixStore *
virtcpu_qemu_cache_matrices(VirtCpuQemuCache *cache)
{
    return cache->matrices;
}

VirtCpuGuestProofs *
virtcpu_qemu_cache_proofs(VirtCpuQemuCache *cache)
{
    return cache->proofs;
}

VirtCpuGuestSights *
virtcpu_qemu_cache_sights(VirtCpuQemuCache *cache)
{
    return cache->sights;
}

const char *
virtcpu_qemu_cache_fingerprint(const VirtCpuQemuCache *cache)
{
    return cache->fingerprint;
}

VirtCpuExplicitStore *
virtcpu_qemu_cache_lines(VirtCpuQemuCache *cache)
{
    return cache->lines;
}

/* ---- all binaries ---- */

char *
virtcpu_qemu_cache_binary(VirtCpuQemuCache *cache, VirtCpuArch arch)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&cache->lock);
    VirtCpuQemuCacheMoment now;

    if (!virtcpu_qemu_cache_holds(cache, &cache->found[arch].seen)) {
        now = virtcpu_qemu_cache_now(cache);
        g_free(cache->found[arch].binary);
        cache->found[arch].binary = virtcpu_qemu_search_arch(cache->search_path, arch);
        cache->found[arch].seen = now;
    }
    return g_strdup(cache->found[arch].binary);
}

char **
virtcpu_qemu_cache_binaries(VirtCpuQemuCache *cache)
{
    return virtcpu_qemu_search_all(cache->search_path);
}

/* One binary and virt type to find out about. */
typedef struct {
    const char *binary;
    VirtCpuVirtType virt_type;
} Job;

static void
run_job(gpointer data, gpointer user_data)
{
    g_autofree Job *job = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuQemuCaps) caps =
        virtcpu_qemu_cache_get(user_data, job->binary, job->virt_type, &error);

    if (caps == NULL) {
        g_debug("%s", error->message); /* the entry logged it when it was new */
    }
}

static void
push_job(GThreadPool *pool, const char *binary, VirtCpuVirtType virt_type)
{
    Job *job = g_new(Job, 1);

    *job = (Job){ binary, virt_type };
    g_thread_pool_push(pool, job, NULL);
}

gboolean
virtcpu_qemu_cache_has_kvm(const VirtCpuQemuCache *cache, const char *binary)
{
    return cache->host->kvm_usable &&
           virtcpu_arch_runs(cache->host->arch, virtcpu_qemu_search_claim(binary));
}

void
virtcpu_qemu_cache_fill(VirtCpuQemuCache *cache)
{
    g_auto(GStrv) binaries = virtcpu_qemu_cache_binaries(cache);
    GThreadPool *pool = g_thread_pool_new(run_job, cache, (int)g_get_num_processors(), FALSE, NULL);

    for (gsize i = 0; binaries[i] != NULL; i++) {
        push_job(pool, binaries[i], VIRTCPU_VIRT_QEMU);
        if (virtcpu_qemu_cache_has_kvm(cache, binaries[i])) {
            push_job(pool, binaries[i], VIRTCPU_VIRT_KVM);
        }
    }
    g_thread_pool_free(pool, FALSE, TRUE);
}

/* ---- the text made from all of them ---- */

/* Names and identities of all installed binaries (transfer full). */
static char *
make_stamp(VirtCpuQemuCache *cache)
{
    g_auto(GStrv) binaries = virtcpu_qemu_cache_binaries(cache);
    g_autoptr(GString) stamp = g_string_new(NULL);

    for (gsize i = 0; binaries[i] != NULL; i++) {
        g_autofree char *identity = virtcpu_qemu_identities_get(cache->identities, binaries[i]);

        g_string_append_printf(stamp, "%s=%s\n", binaries[i], identity != NULL ? identity : "");
    }
    return g_strdup(stamp->str);
}

char *
virtcpu_qemu_cache_text(VirtCpuQemuCache *cache, char **stamp)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&cache->lock);
    VirtCpuQemuCacheMoment now;

    *stamp = NULL;
    if (cache->text == NULL || !virtcpu_qemu_cache_holds(cache, &cache->text_seen)) {
        now = virtcpu_qemu_cache_now(cache);
        *stamp = make_stamp(cache);
        if (g_strcmp0(cache->text_stamp, *stamp) != 0) {
            return NULL;
        }
        cache->text_seen = now;
    }
    if (g_get_monotonic_time() >= cache->text_expires) {
        g_free(*stamp);
        *stamp = g_strdup(cache->text_stamp);
        return NULL;
    }
    g_clear_pointer(stamp, g_free);
    return g_strdup(cache->text);
}

void
virtcpu_qemu_cache_keep_text(VirtCpuQemuCache *cache, const char *stamp, const char *text,
                             gboolean complete)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&cache->lock);

    g_free(cache->text);
    g_free(cache->text_stamp);
    cache->text = g_strdup(text);
    cache->text_stamp = g_strdup(stamp);
    cache->text_seen = (VirtCpuQemuCacheMoment){ 0 };
    cache->text_expires =
        complete ? G_MAXINT64 : g_get_monotonic_time() + VIRTCPU_QEMU_FAILURE_MAX_US;
}

/* ---- the files ---- */

GPtrArray *
virtcpu_qemu_cache_list(VirtCpuQemuCache *cache)
{
    return virtcpu_qemu_cache_document_list(cache->folder, cache->identities, cache->fingerprint);
}

/* Forget what memory has about @binary. Who is asking it now learns the new. */
static void
forget(VirtCpuQemuCache *cache, const char *binary)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&cache->lock);

    for (int type = 0; type < VIRTCPU_VIRT_LAST; type++) {
        g_autofree char *name = entry_name(binary, (VirtCpuVirtType)type);
        VirtCpuQemuCacheEntry *entry = g_hash_table_lookup(cache->entries, name);

        if (entry != NULL && !entry->busy) {
            virtcpu_qemu_cache_entry_forget(entry);
        }
    }
    g_clear_pointer(&cache->text, g_free);
    g_clear_pointer(&cache->text_stamp, g_free);
    virtcpu_qemu_matrix_store_forget(cache->matrices, binary);
}

gboolean
virtcpu_qemu_cache_drop(VirtCpuQemuCache *cache, const char *binary, guint *count, GError **error)
{
    g_autoptr(GPtrArray) files = virtcpu_qemu_cache_list(cache);

    *count = 0;
    for (guint i = 0; i < files->len; i++) {
        const VirtCpuQemuCacheDocument *file = g_ptr_array_index(files, i);

        if (!virtcpu_qemu_cache_document_is_about(file, binary)) {
            continue;
        }
        if (!virtcpu_state_file_remove(file->path, error)) {
            return FALSE;
        }
        (*count)++;
    }
    forget(cache, binary);
    return TRUE;
}
