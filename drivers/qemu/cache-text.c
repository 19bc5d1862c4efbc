/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text that is made from what the cache knows of all binaries. */
#include "drivers/qemu/cache-priv.h"

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

void
virtcpu_qemu_cache_forget_text(VirtCpuQemuCache *cache)
{
    g_clear_pointer(&cache->text, g_free);
    g_clear_pointer(&cache->text_stamp, g_free);
}
