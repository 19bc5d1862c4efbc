/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The two things said between systemd and a daemon: sockets handed over, and "ready". Both are a
 * few words in the environment that systemd documents for programs to use without its library,
 * which would bring six others into every process. */
#pragma once

#include <glib.h>

/* One socket that systemd passed. */
typedef struct {
    int fd;
    gboolean read_only; /* its path ends in -ro */
} VirtCpuPassedSocket;

/* The sockets systemd passed (array of VirtCpuPassedSocket, transfer full); empty without systemd.
 * They are not inherited further, and not found by a second call. Once, by the main thread. */
GArray *virtcpu_systemd_take_sockets(void) G_GNUC_WARN_UNUSED_RESULT;

/* Tell whoever started us with NOTIFY_SOCKET that we answer; nothing without. A failure is logged:
 * there is no other way to be heard. */
void virtcpu_systemd_notify_ready(void);
