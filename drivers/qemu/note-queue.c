/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/note-queue.h"

typedef struct {
    VirtCpuNote note;
    VirtCpuDomainRef domain;
    char *text, *detail_text;
    VirtCpuOperationProgress *progress;
    VirtCpuGraphicsNote *graphics;
    VirtCpuDiskTuneWish *disk_tune;
} OwnedNote;

struct _VirtCpuNoteQueue {
    GMainContext *context;
    VirtCpuNoteFunc notify;
    gpointer user_data;
    GMutex lock;     /* guards what is below */
    GQueue waiting;  /* of OwnedNote */
    GSource *source; /* set while a delivery is scheduled */
};

static void
owned_note_free(OwnedNote *owned)
{
    g_free(owned->domain.name);
    g_free(owned->text);
    g_free(owned->detail_text);
    g_free(owned->progress);
    g_free(owned->graphics);
    virtcpu_disk_tune_wish_free(owned->disk_tune);
    g_free(owned);
}

VirtCpuNoteQueue *
virtcpu_note_queue_new(GMainContext *context, VirtCpuNoteFunc notify, gpointer user_data)
{
    VirtCpuNoteQueue *queue = g_new0(VirtCpuNoteQueue, 1);

    queue->context = g_main_context_ref(context);
    queue->notify = notify;
    queue->user_data = user_data;
    g_mutex_init(&queue->lock);
    g_queue_init(&queue->waiting);
    return queue;
}

void
virtcpu_note_queue_free(VirtCpuNoteQueue *queue)
{
    if (!queue) {
        return;
    }
    if (queue->source) {
        g_source_destroy(queue->source);
        g_source_unref(queue->source);
    }
    g_queue_clear_full(&queue->waiting, (GDestroyNotify)owned_note_free);
    g_mutex_clear(&queue->lock);
    g_main_context_unref(queue->context);
    g_free(queue);
}

static gboolean
deliver(gpointer user_data)
{
    VirtCpuNoteQueue *queue = user_data;
    GQueue ready = G_QUEUE_INIT;
    OwnedNote *owned;

    g_mutex_lock(&queue->lock);
    ready = queue->waiting;
    g_queue_init(&queue->waiting);
    g_clear_pointer(&queue->source, g_source_unref);
    g_mutex_unlock(&queue->lock);

    while ((owned = g_queue_pop_head(&ready))) {
        queue->notify(&owned->note, queue->user_data);
        owned_note_free(owned);
    }
    return G_SOURCE_REMOVE;
}

void
virtcpu_note_queue_post(VirtCpuNoteQueue *queue, const VirtCpuNote *note)
{
    OwnedNote *owned;

    if (!queue->notify) {
        return;
    }
    owned = g_new0(OwnedNote, 1);
    owned->note = *note;
    owned->domain = *note->domain;
    owned->domain.name = g_strdup(note->domain->name);
    owned->text = g_strdup(note->text);
    owned->detail_text = g_strdup(note->detail_text);
    owned->progress = g_memdup2(note->progress, sizeof(*note->progress));
    owned->graphics = g_memdup2(note->graphics, sizeof(*note->graphics));
    owned->disk_tune =
        note->disk_tune != NULL ? virtcpu_disk_tune_wish_copy(note->disk_tune) : NULL;
    owned->note.domain = &owned->domain;
    owned->note.text = owned->text;
    owned->note.detail_text = owned->detail_text;
    owned->note.progress = owned->progress;
    owned->note.graphics = owned->graphics;
    owned->note.disk_tune = owned->disk_tune;

    g_mutex_lock(&queue->lock);
    g_queue_push_tail(&queue->waiting, owned);
    if (!queue->source) {
        queue->source = g_idle_source_new();
        g_source_set_priority(queue->source, G_PRIORITY_DEFAULT);
        g_source_set_callback(queue->source, deliver, queue, NULL);
        g_source_attach(queue->source, queue->context);
    }
    g_mutex_unlock(&queue->lock);
}
