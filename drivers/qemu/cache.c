/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/cache-priv.h"

#include "drivers/qemu/cache-search.h"
#include "drivers/qemu/state-file.h"

#define DEFAULT_TIMEOUT_MS 30000

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
    cache->entries =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, virtcpu_qemu_cache_entry_free);
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
    virtcpu_qemu_cache_forget_text(cache);
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

    virtcpu_qemu_cache_forget_entries(cache, binary);
    virtcpu_qemu_cache_forget_text(cache);
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
