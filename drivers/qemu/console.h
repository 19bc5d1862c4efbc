/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A running guest's terminals, ports and screens, as clients open them. Calls may block (workers
 * only) unless said otherwise. */
#pragma once

#include "drivers/qemu/driver.h"

#include <gio/gio.h>

/* An open console or channel: nobody else opens it until this is closed. */
typedef struct _VirtCpuConsole VirtCpuConsole;

/* The console with alias @alias (NULL: the first) of a running domain. @force: take it over from
 * who has it. Quick. Errors as libvirt's: OPERATION_INVALID when it does not run, INTERNAL_ERROR
 * for one that does not exist or that no client can open, OPERATION_FAILED when it is taken,
 * SYSTEM_ERROR. Returns (transfer full). */
VirtCpuConsole *virtcpu_driver_open_console(VirtCpuDriver *driver,
                                            const guint8 uuid[VIRTCPU_UUID_BYTES],
                                            const char *alias, gboolean force,
                                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The channel whose port is called @name in the guest (NULL: the first). As above. */
VirtCpuConsole *virtcpu_driver_open_channel(VirtCpuDriver *driver,
                                            const guint8 uuid[VIRTCPU_UUID_BYTES], const char *name,
                                            gboolean force,
                                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Its descriptor, read and write; the caller's from now on, once. */
int virtcpu_console_take_fd(VirtCpuConsole *console);

/* Cancelled when another client takes it over (transfer none). */
GCancellable *virtcpu_console_taken(const VirtCpuConsole *console);

/* Let others open it and free @console (may be NULL). Quick. Any thread. */
void virtcpu_console_close(VirtCpuConsole *console);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuConsole, virtcpu_console_close)

/* A picture of screen @screen (over all heads of all video cards) of a running domain: a descriptor
 * of a file without a name, at its start, or -1. @mime gets its type (static). Errors as libvirt's:
 * OPERATION_INVALID when it does not run or has no such screen, OPERATION_UNSUPPORTED without any,
 * OPERATION_FAILED for a picture out of all proportion; QEMU's. */
int virtcpu_driver_screenshot(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                              unsigned screen, const char **mime,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Have the graphics server @index of a running domain serve socket @fd (transfer none) as if a
 * client had connected; @skip_auth: without asking it for a password. Errors: OPERATION_INVALID
 * when the domain does not run, INTERNAL_ERROR for a server that does not exist, INVALID_ARG for
 * what is no socket; QEMU's. */
gboolean virtcpu_driver_open_graphics(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                      unsigned index, int fd, gboolean skip_auth,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
