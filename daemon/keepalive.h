/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks a silent peer whether it is still there. Main loop thread only. */
#pragma once

#include <glib.h>

typedef struct _VirtCpuKeepalive VirtCpuKeepalive;

typedef struct {
    void (*ping)(gpointer user_data); /* send a PING */
    void (*dead)(gpointer user_data); /* the peer is gone; may free the keepalive */
} VirtCpuKeepaliveFuncs;

/* Every @interval seconds (not 0) of silence ping; after @count pings without a sign, at the next
 * turn, the peer is dead: interval × (count + 1) seconds as in libvirtd. Returns (transfer full).
 */
VirtCpuKeepalive *virtcpu_keepalive_new(unsigned interval, unsigned count,
                                        const VirtCpuKeepaliveFuncs *funcs,
                                        gpointer user_data) G_GNUC_WARN_UNUSED_RESULT;

/* Free @keepalive (may be NULL). */
void virtcpu_keepalive_free(VirtCpuKeepalive *keepalive);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuKeepalive, virtcpu_keepalive_free)

/* Something, anything, arrived from the peer. @keepalive may be NULL. */
void virtcpu_keepalive_heard(VirtCpuKeepalive *keepalive);
