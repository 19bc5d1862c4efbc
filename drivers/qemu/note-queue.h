/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What happened, carried from any thread to the main loop in order. */
#pragma once

#include "drivers/qemu/driver.h"

typedef struct _VirtCpuNoteQueue VirtCpuNoteQueue;

/* A queue that calls @notify (may be NULL) with @user_data where @context runs. Returns (transfer
 * full). */
VirtCpuNoteQueue *virtcpu_note_queue_new(GMainContext *context, VirtCpuNoteFunc notify,
                                         gpointer user_data) G_GNUC_WARN_UNUSED_RESULT;

/* Drop what was not delivered and free @queue (may be NULL). On the context's thread, once nobody
 * posts. */
void virtcpu_note_queue_free(VirtCpuNoteQueue *queue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuNoteQueue, virtcpu_note_queue_free)

/* Queue a copy of @note, which must name its domain. Any thread. */
void virtcpu_note_queue_post(VirtCpuNoteQueue *queue, const VirtCpuNote *note);
