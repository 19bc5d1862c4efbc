/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The cache's inside; for cache*.c only. */
#pragma once

#include "drivers/qemu/cache.h"
#include "drivers/qemu/failure.h"
#include "drivers/qemu/folder-watch.h"

/* When binaries were looked at. */
typedef struct {
    guint64 epoch; /* 0: never, or while nothing tells of changes */
    gint64 until;  /* monotonic time when they are looked at anew whatever was told */
} VirtCpuQemuCacheMoment;

/* What is known of one binary under one virt type. Entries live as long as the cache. */
typedef struct {
    char *binary;
    char *identity;        /* of the binary it was learnt from; NULL at first */
    VirtCpuQemuCaps *caps; /* NULL when it failed, or was dropped */
    VirtCpuQemuFailure failure;
    gboolean busy;               /* a thread is asking; others wait for it */
    VirtCpuQemuCacheMoment seen; /* it was of this identity then */
} VirtCpuQemuCacheEntry;

struct _VirtCpuQemuCache {
    VirtCpuHost *host;
    char *folder;
    char *search_path; /* or NULL */
    char *fingerprint;
    unsigned timeout_ms;
    GCancellable *cancel;
    VirtCpuQemuIdentities *identities;
    VirtCpuQemuMatrixStore *matrices;
    VirtCpuExplicitStore *lines;
    VirtCpuQemuJudge *judge;
    VirtCpuGuestProofs *proofs;
    VirtCpuGuestSights *sights;

    GThreadPool *checker; /* one thread; with watch */
    VirtCpuQemuCacheFunc changed_func;
    gpointer changed_data;

    GMutex lock; /* guards all below */
    GCond changed;
    GHashTable *entries;       /* "kvm:/usr/bin/qemu…" to VirtCpuQemuCacheEntry */
    VirtCpuFolderWatch *watch; /* NULL: changes are seen when a binary is asked for */
    guint64 checks;            /* of what was told; with watch */
    char **known;              /* the binaries installed at the last check; NULL without watch */
    char *text, *text_stamp;
    gint64 text_expires;
    VirtCpuQemuCacheMoment text_seen; /* binaries were as text_stamp says then */
    struct {
        char *binary; /* or NULL: there is none */
        VirtCpuQemuCacheMoment seen;
    } found[VIRTCPU_ARCH_LAST]; /* the binary for each architecture */
};

/* Free @data, an entry. */
void virtcpu_qemu_cache_entry_free(gpointer data);

/* Have the next caller who asks about the binary of @entry, which is not busy, find out anew. Under
 * the lock. */
void virtcpu_qemu_cache_entry_forget(VirtCpuQemuCacheEntry *entry);

/* The same for every entry of @binary that is not busy. Under the lock. */
void virtcpu_qemu_cache_forget_entries(VirtCpuQemuCache *cache, const char *binary);

/* Forget the text made from what was known of all binaries. Under the lock. */
void virtcpu_qemu_cache_forget_text(VirtCpuQemuCache *cache);

/* Notice from now on what changes about @binary, when the cache watches at all. Any thread. */
void virtcpu_qemu_cache_watch_binary(VirtCpuQemuCache *cache, const char *binary);

/* Now, to be noted before binaries are looked at. Under the lock. Quick. */
VirtCpuQemuCacheMoment virtcpu_qemu_cache_now(VirtCpuQemuCache *cache) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE when binaries are as they were at @moment: no change was told since, and it is not so long
 * ago that one that nothing tells of, as on a file system of another machine, may have gone
 * unnoticed. Under the lock. Quick. */
gboolean virtcpu_qemu_cache_holds(VirtCpuQemuCache *cache, const VirtCpuQemuCacheMoment *moment);
