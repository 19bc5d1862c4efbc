/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The cache's inside; for cache*.c only. */
#pragma once

#include "drivers/qemu/cache.h"
#include "drivers/qemu/failure.h"
#include "drivers/qemu/folder-watch.h"

/* What is known of one binary under one virt type. Entries live as long as the cache. */
typedef struct {
    char *binary;
    char *identity;        /* of the binary it was learnt from; NULL at first */
    VirtCpuQemuCaps *caps; /* NULL when it failed, or was dropped */
    VirtCpuQemuFailure failure;
    gboolean busy; /* a thread is asking; others wait for it */
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

    VirtCpuFolderWatch *watch; /* NULL: changes are seen when a binary is asked for */
    GThreadPool *checker;      /* one thread; with watch */
    VirtCpuQemuCacheFunc changed_func;
    gpointer changed_data;

    GMutex lock; /* guards all below */
    GCond changed;
    GHashTable *entries; /* "kvm:/usr/bin/qemu…" to VirtCpuQemuCacheEntry */
    char **known;        /* the binaries installed at the last check; NULL without watch */
    char *text, *text_stamp;
    gint64 text_expires;
};

/* Notice from now on what changes about @binary, when the cache watches at all. Any thread. */
void virtcpu_qemu_cache_watch_binary(VirtCpuQemuCache *cache, const char *binary);
