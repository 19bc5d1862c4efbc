/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/failure.h"

#define MIN_US G_TIME_SPAN_SECOND
/* What is being written changes many times; four starts a second harm nobody. */
#define SETTLE_US (250 * G_TIME_SPAN_MILLISECOND)

void
virtcpu_qemu_failure_clear(VirtCpuQemuFailure *failure)
{
    g_clear_error(&failure->error);
    *failure = (VirtCpuQemuFailure){ 0 };
}

void
virtcpu_qemu_failure_note(VirtCpuQemuFailure *failure, GError *error)
{
    if (failure->error == NULL) {
        g_message("%s", error->message);
    }
    failure->backoff = CLAMP(failure->backoff * 2, MIN_US, VIRTCPU_QEMU_FAILURE_MAX_US);
    failure->retry_at = g_get_monotonic_time() + failure->backoff;
    g_clear_error(&failure->error);
    failure->error = error;
}

gboolean
virtcpu_qemu_failure_holds(const VirtCpuQemuFailure *failure)
{
    return failure->error != NULL && g_get_monotonic_time() < failure->retry_at;
}

gint64
virtcpu_qemu_failure_settled(const VirtCpuQemuFailure *failure)
{
    return failure->error != NULL ? failure->retry_at - failure->backoff + SETTLE_US : 0;
}
