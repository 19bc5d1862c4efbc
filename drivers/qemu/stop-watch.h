/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells when a QEMU of ours was stopped by a signal, or goes on: the kernel says so by SIGCHLD. Of
 * a QEMU that an earlier daemon started it says nothing; that one is noticed once it does not
 * answer.
 */
#pragma once

#include <glib.h>

/* A source that becomes ready, in whatever context it is attached to, when a child changes; its
 * callback is a GSourceFunc. NULL when the kernel gives none. The caller has SIGCHLD blocked, in
 * every thread, or the source never becomes ready (transfer full). */
GSource *virtcpu_stop_watch_new(void) G_GNUC_WARN_UNUSED_RESULT;
