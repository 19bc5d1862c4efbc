/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What handlers know of the caller and of the daemon. */
#pragma once

#include "daemon/events.h"
#include "drivers/qemu/driver.h"

/* One per client, living as long as it or its last call. Fields are const but for close_callback
 * (main loop). */
typedef struct {
    VirtCpuRpcClient *client; /* not owned */
    VirtCpuDriver *driver;    /* not owned */
    VirtCpuEvents *events;    /* not owned */
    gboolean privileged;      /* virtcpud runs as root: qemu:///system */
    guint64 owner;            /* token of domains started with AUTODESTROY */
    gboolean close_callback;
} VirtCpuConnection;
