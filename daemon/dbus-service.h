/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.virtcpu.Daemon1 on one bus connection. Main loop thread only. */
#pragma once

#include "drivers/qemu/driver.h"

#include <gio/gio.h>

#define VIRTCPU_DBUS_NAME "org.virtcpu.Daemon1"
#define VIRTCPU_DBUS_PATH "/org/virtcpu/Daemon1"

typedef struct _VirtCpuDbusService VirtCpuDbusService;

/* What it needs; copied, but for what the pointers point to, which outlives it. */
typedef struct {
    VirtCpuDriver *driver;
    const char *uri;       /* for libvirt's clients */
    unsigned max_requests; /* of one caller in progress; others of it wait */
    unsigned workers;      /* calls of all callers that are worked on at once */
} VirtCpuDbusServiceConfig;

/* Serve on @connection (a reference is taken) from now on. Returns (transfer full). Errors:
 * INTERNAL_ERROR. */
VirtCpuDbusService *virtcpu_dbus_service_new(GDBusConnection *connection,
                                             const VirtCpuDbusServiceConfig *config,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Serve no more, cancel whatever is in progress, run the main loop until that has ended, and free
 * @service (may be NULL). */
void virtcpu_dbus_service_free(VirtCpuDbusService *service);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuDbusService, virtcpu_dbus_service_free)

/* How many calls are in progress or wait. */
unsigned virtcpu_dbus_service_busy(const VirtCpuDbusService *service);

/* How many have come since the start; tells whether any came in between. */
guint64 virtcpu_dbus_service_total(const VirtCpuDbusService *service);
