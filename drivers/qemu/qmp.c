/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qmp-priv.h"

#include "conf/error.h"
#include "conf/i18n.h"

#include <glib-unix.h>
#include <sys/socket.h>

/* The source that reads for a client with a context. Holds a reference. */
typedef struct {
    GSource base;
    VirtCpuQmp *qmp;
} QmpSource;

/* ---- taking what QEMU says; all under the lock ---- */

void
virtcpu_qmp_set_silent(VirtCpuQmp *qmp, gboolean silent)
{
    if (qmp->silent != silent) {
        qmp->silent = silent;
        if (qmp->source != NULL) {
            g_source_set_ready_time(qmp->source, 0);
        }
    }
}

/* End the connection for @reason (transfer full); the first one counts. */
static void
end(VirtCpuQmp *qmp, GError *reason)
{
    GHashTableIter iter;
    gpointer call;

    if (qmp->failure != NULL) {
        g_error_free(reason);
        return;
    }
    qmp->failure = reason;
    if (qmp->source != NULL && qmp->watched != NULL) {
        g_source_remove_unix_fd(qmp->source, qmp->watched);
        qmp->watched = NULL;
        g_source_set_ready_time(qmp->source, 0);
    }
    shutdown(qmp->fd, SHUT_RDWR); /* wakes who sleeps on it; closing would free the number */
    g_hash_table_iter_init(&iter, qmp->pending);
    while (g_hash_table_iter_next(&iter, NULL, &call)) {
        virtcpu_qmp_call_fail(call, reason);
    }
    g_hash_table_remove_all(qmp->pending);
    g_cond_broadcast(&qmp->changed);
}

void
virtcpu_qmp_fail(VirtCpuQmp *qmp, const char *format, ...)
{
    va_list args;
    g_autofree char *detail = NULL;
    GError *reason = NULL;

    va_start(args, format);
    detail = g_strdup_vprintf(format, args);
    va_end(args);
    virtcpu_error_set(&reason, VIRTCPU_ERR_INTERNAL_ERROR, "%s", detail);
    end(qmp, reason);
}

static void
take_event(VirtCpuQmp *qmp, VirtCpuQmpMessage *message, gsize length)
{
    if (qmp->event == NULL) {
        virtcpu_qmp_message_free(message);
        return;
    }
    g_queue_push_tail(&qmp->events, message);
    qmp->events_bytes += length;
    if (qmp->events_bytes > VIRTCPU_QMP_MAX_BYTES) {
        virtcpu_qmp_fail(qmp, _("QEMU's monitor sent more than %u bytes of events at once"),
                         VIRTCPU_QMP_MAX_BYTES);
    } else if (qmp->source != NULL) {
        g_source_set_ready_time(qmp->source, 0);
    }
}

void
virtcpu_qmp_take_line(VirtCpuQmp *qmp, const char *line, gsize length)
{
    GError *error = NULL;
    g_autoptr(VirtCpuQmpMessage) message = virtcpu_qmp_message_parse(line, length, &error);

    if (message == NULL) {
        end(qmp, error);
    } else if ((message->kind == VIRTCPU_QMP_GREETING) == qmp->greeted &&
               (qmp->greeted || !qmp->succeeds)) { /* QEMU may have been answering another */
        virtcpu_qmp_fail(qmp, qmp->greeted
                                  ? _("QEMU's monitor greeted twice")
                                  : _("QEMU's monitor did not greet as a QMP monitor does"));
    } else if (message->kind == VIRTCPU_QMP_GREETING) {
        qmp->greeted = TRUE;
    } else if (message->kind == VIRTCPU_QMP_EVENT) {
        take_event(qmp, g_steal_pointer(&message), length);
    } else {
        virtcpu_qmp_call_answer(qmp, message);
    }
}

/* ---- reporting, without the lock ---- */

/* The next event to report, or NULL; none once the client is closed. */
static VirtCpuQmpMessage *
next_event(VirtCpuQmp *qmp)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&qmp->lock);

    return g_queue_pop_head(&qmp->events);
}

/* Why the connection ended, the first time this is asked after it did (transfer full); or NULL. */
static GError *
next_failure(VirtCpuQmp *qmp)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&qmp->lock);

    if (qmp->failure == NULL || qmp->failure_reported) {
        return NULL;
    }
    qmp->failure_reported = TRUE;
    return g_error_copy(qmp->failure);
}

/* TRUE when the watcher is to be told @silent; never once the connection ended. */
static gboolean
next_silence(VirtCpuQmp *qmp, gboolean *silent)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&qmp->lock);

    if (qmp->silence == NULL || qmp->failure != NULL || qmp->silent == qmp->silent_reported) {
        return FALSE;
    }
    *silent = qmp->silent_reported = qmp->silent;
    return TRUE;
}

void
virtcpu_qmp_report(VirtCpuQmp *qmp)
{
    gboolean silent;
    VirtCpuQmpMessage *next;
    g_autoptr(GError) failure = NULL;

    while ((next = next_event(qmp)) != NULL) {
        g_autoptr(VirtCpuQmpMessage) message = next;

        qmp->event(qmp, message->event, virtcpu_json_get(message->root, "data"), message->seconds,
                   (unsigned)CLAMP(message->micros, 0, 999999), qmp->user_data);
    }
    g_mutex_lock(&qmp->lock);
    if (g_queue_is_empty(&qmp->events)) {
        qmp->events_bytes = 0;
    }
    g_mutex_unlock(&qmp->lock);
    if (next_silence(qmp, &silent)) {
        qmp->silence(qmp, silent, qmp->user_data);
    }
    failure = next_failure(qmp);
    if (failure != NULL && qmp->closed != NULL) {
        qmp->closed(qmp, failure, qmp->user_data);
    }
}

/* ---- the source ---- */

static gboolean
source_dispatch(GSource *source, GSourceFunc func, gpointer user_data)
{
    g_autoptr(VirtCpuQmp) qmp = virtcpu_qmp_ref(((QmpSource *)source)->qmp);

    g_mutex_lock(&qmp->lock);
    g_source_set_ready_time(source, -1);
    virtcpu_qmp_transfer(qmp);
    g_mutex_unlock(&qmp->lock);
    virtcpu_qmp_report(qmp);
    return G_SOURCE_CONTINUE;
}

static void
source_finalize(GSource *source)
{
    virtcpu_qmp_unref(((QmpSource *)source)->qmp);
}

static GSourceFuncs source_funcs = {
    .dispatch = source_dispatch,
    .finalize = source_finalize,
};

/* ---- life ---- */

VirtCpuQmp *
virtcpu_qmp_new(int fd, GMainContext *context, VirtCpuQmpEventFunc event,
                VirtCpuQmpClosedFunc closed, gpointer user_data)
{
    VirtCpuQmp *qmp = g_new0(VirtCpuQmp, 1);

    g_atomic_ref_count_init(&qmp->refs);
    g_mutex_init(&qmp->lock);
    g_cond_init(&qmp->changed);
    g_queue_init(&qmp->events);
    qmp->event = event;
    qmp->closed = closed;
    qmp->user_data = user_data;
    qmp->fd = fd;
    virtcpu_qmp_stream_init(qmp);
    qmp->pending = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    qmp->abandoned = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    g_unix_set_fd_nonblocking(fd, TRUE, NULL);
    if (context != NULL) {
        qmp->context = g_main_context_ref(context);
        qmp->source = g_source_new(&source_funcs, sizeof(QmpSource));
        ((QmpSource *)qmp->source)->qmp = virtcpu_qmp_ref(qmp);
        g_source_set_static_name(qmp->source, "qmp");
        qmp->watched = g_source_add_unix_fd(qmp->source, fd, G_IO_IN);
        g_source_attach(qmp->source, context);
    }
    return qmp;
}

void
virtcpu_qmp_close(VirtCpuQmp *qmp)
{
    GSource *source;

    g_mutex_lock(&qmp->lock);
    qmp->failure_reported = TRUE;
    virtcpu_qmp_fail(qmp, _("the monitor connection was closed"));
    g_queue_clear_full(&qmp->events, (GDestroyNotify)virtcpu_qmp_message_free);
    source = g_steal_pointer(&qmp->source);
    g_mutex_unlock(&qmp->lock);
    if (source != NULL) {
        g_source_destroy(source);
        g_source_unref(source);
    }
}

void
virtcpu_qmp_succeed(VirtCpuQmp *qmp)
{
    g_mutex_lock(&qmp->lock);
    qmp->succeeds = TRUE;
    /* its numbers must not be ours; not longer than needed, as QEMU reads a byte at a time */
    qmp->last_id = g_random_int();
    g_mutex_unlock(&qmp->lock);
}

void
virtcpu_qmp_watch_silence(VirtCpuQmp *qmp, VirtCpuQmpSilenceFunc func)
{
    g_mutex_lock(&qmp->lock);
    qmp->silence = func;
    g_mutex_unlock(&qmp->lock);
}

VirtCpuQmp *
virtcpu_qmp_ref(VirtCpuQmp *qmp)
{
    g_atomic_ref_count_inc(&qmp->refs);
    return qmp;
}

void
virtcpu_qmp_unref(VirtCpuQmp *qmp)
{
    if (qmp == NULL || !g_atomic_ref_count_dec(&qmp->refs)) {
        return;
    }
    virtcpu_fd_close(qmp->fd);
    g_queue_clear_full(&qmp->events, (GDestroyNotify)virtcpu_qmp_message_free);
    g_hash_table_unref(qmp->pending);
    g_hash_table_unref(qmp->abandoned);
    virtcpu_qmp_stream_clear(qmp);
    g_clear_error(&qmp->failure);
    g_clear_pointer(&qmp->context, g_main_context_unref);
    g_cond_clear(&qmp->changed);
    g_mutex_clear(&qmp->lock);
    g_free(qmp);
}
