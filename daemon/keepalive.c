/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/keepalive.h"

struct _VirtCpuKeepalive {
    const VirtCpuKeepaliveFuncs *funcs;
    gpointer user_data;
    unsigned count;
    unsigned unanswered; /* pings since the last sign of life */
    gboolean heard;      /* since the last turn */
    guint timer;
};

static gboolean
turn(gpointer user_data)
{
    VirtCpuKeepalive *keepalive = user_data;

    if (keepalive->heard) {
        keepalive->heard = FALSE;
        keepalive->unanswered = 0;
        return G_SOURCE_CONTINUE;
    }
    if (keepalive->unanswered >= keepalive->count) {
        keepalive->timer = 0;
        keepalive->funcs->dead(keepalive->user_data);
        return G_SOURCE_REMOVE;
    }
    keepalive->unanswered++;
    keepalive->funcs->ping(keepalive->user_data);
    return G_SOURCE_CONTINUE;
}

VirtCpuKeepalive *
virtcpu_keepalive_new(unsigned interval, unsigned count, const VirtCpuKeepaliveFuncs *funcs,
                      gpointer user_data)
{
    VirtCpuKeepalive *keepalive = g_new0(VirtCpuKeepalive, 1);

    keepalive->funcs = funcs;
    keepalive->user_data = user_data;
    keepalive->count = count;
    keepalive->timer = g_timeout_add_seconds(interval, turn, keepalive);
    return keepalive;
}

void
virtcpu_keepalive_free(VirtCpuKeepalive *keepalive)
{
    if (keepalive == NULL) {
        return;
    }
    if (keepalive->timer != 0) {
        g_source_remove(keepalive->timer);
    }
    g_free(keepalive);
}

void
virtcpu_keepalive_heard(VirtCpuKeepalive *keepalive)
{
    if (keepalive != NULL) {
        keepalive->heard = TRUE;
    }
}
