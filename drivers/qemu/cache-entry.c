/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the cache knows of one binary, and how it finds that out. */
#include "drivers/qemu/cache-priv.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/cache-file.h"
#include "drivers/qemu/probe.h"

#include <errno.h>

void
virtcpu_qemu_cache_entry_free(gpointer data)
{
    VirtCpuQemuCacheEntry *entry = data;

    g_free(entry->binary);
    g_free(entry->identity);
    virtcpu_qemu_caps_unref(entry->caps);
    virtcpu_qemu_failure_clear(&entry->failure);
    g_free(entry);
}

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

void
virtcpu_qemu_cache_forget_entries(VirtCpuQemuCache *cache, const char *binary)
{
    for (int type = 0; type < VIRTCPU_VIRT_LAST; type++) {
        g_autofree char *name = entry_name(binary, (VirtCpuVirtType)type);
        VirtCpuQemuCacheEntry *entry = g_hash_table_lookup(cache->entries, name);

        if (entry != NULL && !entry->busy) {
            virtcpu_qemu_cache_entry_forget(entry);
        }
    }
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
