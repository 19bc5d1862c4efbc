/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A QEMU that failed is not started again at once: each failure is remembered twice as long as the
 * one before. */
#pragma once

#include <glib.h>

/* The longest, in microseconds. */
#define VIRTCPU_QEMU_FAILURE_MAX_US G_TIME_SPAN_MINUTE

/* Zeroed: none. */
typedef struct {
    GError *error;
    gint64 retry_at; /* monotonic time at which it is forgotten */
    gint64 backoff;
} VirtCpuQemuFailure;

/* Forget the failure and how often it was seen. */
void virtcpu_qemu_failure_clear(VirtCpuQemuFailure *failure);

/* It failed, again perhaps, because of @error (transfer full). The first time is logged. */
void virtcpu_qemu_failure_note(VirtCpuQemuFailure *failure, GError *error);

/* The monotonic time from which a binary that changed since it failed may be asked again; 0 when
 * none failed. */
gint64 virtcpu_qemu_failure_settled(const VirtCpuQemuFailure *failure);

/* TRUE when it is too early to try again. */
gboolean virtcpu_qemu_failure_holds(const VirtCpuQemuFailure *failure);
