/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Binaries that are installed, upgraded or removed, and changes to what they load, while we run. */
#include "drivers/qemu/cache-priv.h"
#include "drivers/qemu/cache-search.h"
#include "drivers/qemu/facts.h"

#include <stdlib.h>

/* The kernel tells nothing of what other machines do to their files, nor of folders that are
 * mounted over others: nothing is believed without looking for longer than this. */
#define BELIEVED_US G_TIME_SPAN_SECOND

/* ---- what to watch ---- */

static void
watch_file(VirtCpuQemuCache *cache, const char *path)
{
    g_autofree char *folder = g_path_get_dirname(path);
    g_autofree char *name = g_path_get_basename(path);

    virtcpu_folder_watch_add(cache->watch, folder, name);
}

void
virtcpu_qemu_cache_watch_binary(VirtCpuQemuCache *cache, const char *binary)
{
    g_autofree char *real = cache->watch != NULL ? realpath(binary, NULL) : NULL;
    g_auto(GStrv) folders = NULL;

    if (cache->watch == NULL) {
        return;
    }
    watch_file(cache, binary);
    if (real != NULL && !g_str_equal(real, binary)) {
        watch_file(cache, real);
    }
    folders = virtcpu_qemu_identity_folders(binary);
    for (gsize i = 0; folders[i] != NULL; i++) {
        virtcpu_folder_watch_add(cache->watch, folders[i], "*");
    }
}

/* ---- what changed ---- */

/* An entry as it was when the check began. */
typedef struct {
    VirtCpuQemuCacheEntry *entry;
    char *identity; /* the one it had */
} Suspect;

static void
suspect_clear(gpointer data)
{
    g_free(((Suspect *)data)->identity);
}

static GArray *
list_suspects(VirtCpuQemuCache *cache)
{
    GArray *suspects = g_array_new(FALSE, FALSE, sizeof(Suspect));
    GHashTableIter iterator;
    gpointer entry;

    g_array_set_clear_func(suspects, suspect_clear);
    g_mutex_lock(&cache->lock);
    g_hash_table_iter_init(&iterator, cache->entries);
    while (g_hash_table_iter_next(&iterator, NULL, &entry)) {
        Suspect suspect = { entry, g_strdup(((VirtCpuQemuCacheEntry *)entry)->identity) };

        if (suspect.identity != NULL) {
            g_array_append_val(suspects, suspect);
        }
    }
    g_mutex_unlock(&cache->lock);
    return suspects;
}

/* Forget what the entry of @suspect knows when that is about another state than @identity (NULL:
 * gone). Who asks now, or asked meanwhile, learns the new one. */
static void
drop_if_changed(VirtCpuQemuCache *cache, const Suspect *suspect, const char *identity)
{
    VirtCpuQemuCacheEntry *entry = suspect->entry;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&cache->lock);
    g_autofree char *what = NULL;

    if (entry->busy || g_strcmp0(entry->identity, suspect->identity) != 0 ||
        g_strcmp0(identity, suspect->identity) == 0) {
        return;
    }
    what = identity != NULL ? virtcpu_qemu_facts_difference(suspect->identity, identity) : NULL;
    if (what != NULL) {
        g_message("what is known of '%s' is dropped: %s", entry->binary, what);
    } else {
        g_message("what is known of '%s' is dropped: %s", entry->binary,
                  virtcpu_qemu_cache_state_to_text(VIRTCPU_CACHE_BINARY_GONE));
    }
    virtcpu_qemu_cache_entry_forget(entry);
}

/* Tell which of the binaries that are searched for came and went. */
static void
note_binaries(VirtCpuQemuCache *cache)
{
    g_auto(GStrv) now = virtcpu_qemu_cache_binaries(cache);
    g_auto(GStrv) before = NULL;

    g_mutex_lock(&cache->lock);
    cache->checks++; /* what was made of what they knew before is looked at anew */
    before = g_steal_pointer(&cache->known);
    cache->known = g_strdupv(now);
    g_mutex_unlock(&cache->lock);
    for (gsize i = 0; now[i] != NULL; i++) {
        if (!g_strv_contains((const char *const *)before, now[i])) {
            g_message("QEMU binary '%s' was installed", now[i]);
            virtcpu_qemu_cache_watch_binary(cache, now[i]);
        }
    }
    for (gsize i = 0; before[i] != NULL; i++) {
        if (!g_strv_contains((const char *const *)now, before[i])) {
            g_message("QEMU binary '%s' was removed", before[i]);
        }
    }
}

static void
check(gpointer data, gpointer user_data)
{
    VirtCpuQemuCache *cache = user_data;
    g_autoptr(GArray) suspects = NULL;

    virtcpu_qemu_identities_forget(cache->identities);
    suspects = list_suspects(cache);
    for (guint i = 0; i < suspects->len; i++) {
        const Suspect *suspect = &g_array_index(suspects, Suspect, i);
        g_autofree char *identity =
            virtcpu_qemu_identities_get(cache->identities, suspect->entry->binary);

        drop_if_changed(cache, suspect, identity);
    }
    note_binaries(cache);
    if (cache->changed_func != NULL) {
        cache->changed_func(cache->changed_data);
    }
}

/* Disks are looked at: not here, where clients are served. */
static void
folders_changed(gpointer user_data)
{
    VirtCpuQemuCache *cache = user_data;

    if (!g_cancellable_is_cancelled(cache->cancel) &&
        g_thread_pool_unprocessed(cache->checker) == 0) {
        g_thread_pool_push(cache->checker, cache, NULL);
    }
}

/* ---- the calls ---- */

gboolean
virtcpu_qemu_cache_watch(VirtCpuQemuCache *cache, GMainContext *context, VirtCpuQemuCacheFunc func,
                         gpointer user_data, GError **error)
{
    g_auto(GStrv) folders = virtcpu_qemu_search_folders(cache->search_path);

    cache->watch = virtcpu_folder_watch_new(context, folders_changed, cache, error);
    if (cache->watch == NULL) {
        return FALSE;
    }
    cache->checker = g_thread_pool_new(check, cache, 1, FALSE, NULL);
    cache->changed_func = func;
    cache->changed_data = user_data;
    for (gsize i = 0; folders[i] != NULL; i++) {
        if (g_path_is_absolute(folders[i])) {
            virtcpu_folder_watch_add(cache->watch, folders[i], "qemu-*");
        }
    }
    cache->known = virtcpu_qemu_cache_binaries(cache);
    for (gsize i = 0; cache->known[i] != NULL; i++) {
        virtcpu_qemu_cache_watch_binary(cache, cache->known[i]);
    }
    return TRUE;
}

void
virtcpu_qemu_cache_watch_end(VirtCpuQemuCache *cache)
{
    VirtCpuFolderWatch *watch;

    if (cache->checker != NULL) {
        g_thread_pool_free(g_steal_pointer(&cache->checker), TRUE, TRUE);
    }
    g_mutex_lock(&cache->lock);
    watch = g_steal_pointer(&cache->watch);
    g_mutex_unlock(&cache->lock);
    virtcpu_folder_watch_free(watch);
}

VirtCpuQemuCacheMoment
virtcpu_qemu_cache_now(VirtCpuQemuCache *cache)
{
    const guint64 count = cache->watch != NULL ? virtcpu_folder_watch_count(cache->watch) : 0;

    return (VirtCpuQemuCacheMoment){ .epoch = count != 0 ? count + cache->checks : 0,
                                     .until = g_get_monotonic_time() + BELIEVED_US };
}

gboolean
virtcpu_qemu_cache_holds(VirtCpuQemuCache *cache, const VirtCpuQemuCacheMoment *moment)
{
    return moment->epoch != 0 && g_get_monotonic_time() < moment->until &&
           virtcpu_qemu_cache_now(cache).epoch == moment->epoch;
}
