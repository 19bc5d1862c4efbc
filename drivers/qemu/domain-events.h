/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a running QEMU tells by itself. Everything here runs on the main loop and never waits. */
#pragma once

#include "drivers/qemu/domain.h"

/* A VirtCpuQmpEventFunc; @user_data is the VirtCpuDomain. */
void virtcpu_domain_on_event(VirtCpuQmp *qmp, const char *name, const VirtCpuJson *data,
                             gint64 seconds, unsigned micros, gpointer user_data);

/* A VirtCpuQmpClosedFunc. */
void virtcpu_domain_on_closed(VirtCpuQmp *qmp, const GError *reason, gpointer user_data);

/* A VirtCpuQmpSilenceFunc. */
void virtcpu_domain_on_silence(VirtCpuQmp *qmp, gboolean silent, gpointer user_data);

/* A GSourceFunc for virtcpu_stop_watch_new's source; @user_data is the VirtCpuDriver. */
gboolean virtcpu_driver_look_for_stops(gpointer user_data);

/* Watch the process of running @domain. */
void virtcpu_domain_watch(VirtCpuDomain *domain);
