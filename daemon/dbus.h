/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The daemon's place on D-Bus: on a bus of its own, or on the system's or the user's. Main loop
 * thread only. */
#pragma once

#include "daemon/dbus-service.h"
#include "daemon/paths.h"

typedef struct _VirtCpuDbus VirtCpuDbus;

/* Which bus. */
typedef enum {
    VIRTCPU_DBUS_PRIVATE, /* in @paths */
    VIRTCPU_DBUS_SYSTEM,
    VIRTCPU_DBUS_SESSION,
} VirtCpuDbusKind;

/* Offer org.virtcpu.Daemon1 as soon as there is a bus of @kind, and again when one that was lost
 * comes back. That there is none is logged, with the reason, and no error. Returns (transfer full).
 */
VirtCpuDbus *virtcpu_dbus_new(VirtCpuDbusKind kind, const VirtCpuPaths *paths,
                              const VirtCpuDbusServiceConfig *config) G_GNUC_WARN_UNUSED_RESULT;

/* Leave the bus, after ending what is in progress, and free @dbus (may be NULL). */
void virtcpu_dbus_free(VirtCpuDbus *dbus);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuDbus, virtcpu_dbus_free)

/* How many calls are in progress or wait. */
unsigned virtcpu_dbus_busy(const VirtCpuDbus *dbus);

/* How many have come since the start; tells whether any came in between. */
guint64 virtcpu_dbus_total(const VirtCpuDbus *dbus);
