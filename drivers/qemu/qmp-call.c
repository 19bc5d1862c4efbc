/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The commands of a QMP client, and who waits for their replies. */
#include "drivers/qemu/qmp-priv.h"

#include "conf/error.h"
#include "conf/i18n.h"

#include <poll.h>

#define DEFAULT_TIMEOUT_MS 30000

void
virtcpu_qmp_call_clear(VirtCpuQmpCall *call)
{
    g_clear_pointer(&call->reply, virtcpu_json_free);
    g_clear_error(&call->error);
    call->error_class = VIRTCPU_QMP_CLASS_NONE;
    call->done = FALSE;
}

void
virtcpu_qmp_call_fail(VirtCpuQmpCall *call, const GError *reason)
{
    call->error = g_error_copy(reason);
    call->done = TRUE;
}

void
virtcpu_qmp_call_answer(VirtCpuQmp *qmp, VirtCpuQmpMessage *message)
{
    VirtCpuQmpCall *call = g_hash_table_lookup(qmp->pending, &message->id);

    if (call == NULL) {
        if (!g_hash_table_remove(qmp->abandoned, &message->id) && !qmp->succeeds) {
            virtcpu_qmp_fail(qmp, _("QEMU's monitor answered what was not asked: %s"),
                             message->kind == VIRTCPU_QMP_ERROR ? message->description
                                                                : _("the reply's id is unknown"));
        }
        return;
    }
    g_hash_table_remove(qmp->pending, &message->id);
    qmp->succeeds = FALSE; /* QEMU answers in order */
    if (call->whole) {
        call->reply = g_steal_pointer(&message->root);
    } else if (message->kind == VIRTCPU_QMP_RETURN) {
        call->reply = virtcpu_json_take(message->root, "return");
    } else {
        call->error_class = message->error_class;
        virtcpu_error_set(&call->error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("unable to execute QEMU command '%s': %s"), call->command,
                          message->description);
    }
    call->done = TRUE;
    g_cond_broadcast(&qmp->changed);
}

/* Queue @text, a line, as the command of @call under @id. Under the lock. */
static void
queue_line(VirtCpuQmp *qmp, VirtCpuQmpCall *call, guint64 id, const char *text)
{
    if (virtcpu_qmp_stream_add(qmp, text, call->fd, &call->error)) {
        g_hash_table_insert(qmp->pending, g_memdup2(&id, sizeof(id)), call);
    } else {
        call->done = TRUE;
    }
}

/* Sleep until the socket has something or @deadline; the lock is let go meanwhile. */
static void
poll_socket(VirtCpuQmp *qmp, gint64 deadline)
{
    struct pollfd watched = { .fd = qmp->fd,
                              .events = (short)(qmp->out->len > 0 ? POLLIN | POLLOUT : POLLIN) };
    gint64 left_ms = (deadline - g_get_monotonic_time() + 999) / 1000;

    g_mutex_unlock(&qmp->lock);
    poll(&watched, 1, (int)CLAMP(left_ms, 0, G_MAXINT));
    g_mutex_lock(&qmp->lock);
    virtcpu_qmp_transfer(qmp);
}

static gboolean
all_done(const VirtCpuQmpCall *calls, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        if (!calls[i].done) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Stop waiting for those of @calls that have no answer; a later one is thrown away. */
static void
abandon(VirtCpuQmp *qmp, VirtCpuQmpCall *calls, gsize count, const GError *reason)
{
    GHashTableIter iter;
    gpointer id, call;

    g_hash_table_iter_init(&iter, qmp->pending);
    while (g_hash_table_iter_next(&iter, &id, &call)) {
        if ((VirtCpuQmpCall *)call >= calls && (VirtCpuQmpCall *)call < calls + count) {
            virtcpu_qmp_call_fail(call, reason);
            g_hash_table_add(qmp->abandoned, g_memdup2(id, sizeof(guint64)));
            g_hash_table_iter_remove(&iter);
        }
    }
}

/* Wait for all of @calls, reading the socket when nobody else does. Under the lock. */
static void
wait_for(VirtCpuQmp *qmp, const VirtCpuQmpCall *calls, gsize count, gint64 deadline)
{
    gboolean reads = qmp->context == NULL || g_main_context_acquire(qmp->context);

    while (!all_done(calls, count) && g_get_monotonic_time() < deadline) {
        if (reads) {
            poll_socket(qmp, deadline);
        } else {
            g_cond_wait_until(&qmp->changed, &qmp->lock, deadline);
        }
    }
    if (reads && qmp->context != NULL) {
        g_main_context_release(qmp->context);
    }
}

/* Send what is queued for @calls and wait for the answers; see virtcpu_qmp_execute_many. Under the
 * lock. */
static gboolean
exchange(VirtCpuQmp *qmp, VirtCpuQmpCall *calls, gsize count, unsigned timeout_ms, GError **error)
{
    unsigned limit_ms = timeout_ms > 0 ? timeout_ms : DEFAULT_TIMEOUT_MS;
    g_autoptr(GError) late = NULL;

    virtcpu_qmp_write(qmp);
    wait_for(qmp, calls, count, g_get_monotonic_time() + (gint64)limit_ms * 1000);
    for (gsize i = 0; i < count && late == NULL; i++) {
        if (!calls[i].done) {
            virtcpu_error_set(&late, VIRTCPU_ERR_OPERATION_TIMEOUT,
                              _("QEMU's monitor did not answer '%s' within %u ms"),
                              calls[i].command, limit_ms);
            abandon(qmp, calls, count, late);
            virtcpu_qmp_set_silent(qmp, TRUE);
        }
    }
    for (gsize i = 0; i < count; i++) {
        if (calls[i].error != NULL && calls[i].error_class == VIRTCPU_QMP_CLASS_NONE) {
            g_propagate_error(error, g_error_copy(calls[i].error));
            return FALSE;
        }
    }
    return TRUE;
}

/* Queue each call's line; all fail at once when the connection has ended. Under the lock. */
static void
queue_calls(VirtCpuQmp *qmp, VirtCpuQmpCall *calls, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        guint64 id = ++qmp->last_id;
        g_autofree char *line = NULL;

        if (qmp->failure != NULL) {
            virtcpu_qmp_call_fail(&calls[i], qmp->failure);
            continue;
        }
        line = virtcpu_qmp_message_format(calls[i].command, calls[i].arguments, id);
        queue_line(qmp, &calls[i], id, line);
    }
}

/* Calls that read for themselves report, too, unless a context is there to do it. */
static void
report_here(VirtCpuQmp *qmp)
{
    if (qmp->context == NULL) {
        virtcpu_qmp_report(qmp);
    }
}

gboolean
virtcpu_qmp_execute_many(VirtCpuQmp *qmp, VirtCpuQmpCall *calls, gsize count, unsigned timeout_ms,
                         GError **error)
{
    gboolean ok;

    g_mutex_lock(&qmp->lock);
    queue_calls(qmp, calls, count);
    ok = exchange(qmp, calls, count, timeout_ms, error);
    g_mutex_unlock(&qmp->lock);
    report_here(qmp);
    return ok;
}

static gboolean
execute_one(VirtCpuQmp *qmp, VirtCpuQmpCall *call, unsigned timeout_ms, VirtCpuJson **reply,
            GError **error)
{
    gboolean ok = virtcpu_qmp_execute_many(qmp, call, 1, timeout_ms, error);

    if (ok && call->error != NULL) {
        g_propagate_error(error, g_steal_pointer(&call->error));
        ok = FALSE;
    }
    if (ok && reply != NULL) {
        *reply = g_steal_pointer(&call->reply);
    }
    virtcpu_qmp_call_clear(call);
    return ok;
}

gboolean
virtcpu_qmp_execute(VirtCpuQmp *qmp, const char *command, const VirtCpuJson *arguments,
                    unsigned timeout_ms, VirtCpuJson **reply, GError **error)
{
    VirtCpuQmpCall call = { .command = command, .arguments = arguments };

    return execute_one(qmp, &call, timeout_ms, reply, error);
}

gboolean
virtcpu_qmp_execute_with_fd(VirtCpuQmp *qmp, const char *command, const VirtCpuJson *arguments,
                            int fd, unsigned timeout_ms, VirtCpuJson **reply, GError **error)
{
    VirtCpuQmpCall call = { .command = command, .arguments = arguments, .fd = &fd };

    return execute_one(qmp, &call, timeout_ms, reply, error);
}

gboolean
virtcpu_qmp_handshake(VirtCpuQmp *qmp, unsigned timeout_ms, GError **error)
{
    return virtcpu_qmp_execute(qmp, "qmp_capabilities", NULL, timeout_ms, NULL, error);
}

/* Send the command @root under our own id and take the whole reply (transfer full). */
static VirtCpuJson *
exchange_whole(VirtCpuQmp *qmp, VirtCpuJson *root, unsigned timeout_ms, GError **error)
{
    VirtCpuQmpCall call = { .whole = TRUE };
    VirtCpuJson *reply;

    call.command = virtcpu_json_get_string(root, "execute");
    g_mutex_lock(&qmp->lock);
    if (qmp->failure != NULL) {
        virtcpu_qmp_call_fail(&call, qmp->failure);
    } else {
        guint64 id = ++qmp->last_id;
        g_autofree char *id_text = virtcpu_qmp_id_to_string(id);
        g_autofree char *text = NULL;
        g_autofree char *line = NULL;

        virtcpu_json_set_string(root, "id", id_text);
        text = virtcpu_json_format(root, FALSE);
        line = g_strconcat(text, "\n", NULL);
        queue_line(qmp, &call, id, line);
    }
    (void)exchange(qmp, &call, 1, timeout_ms, error);
    g_mutex_unlock(&qmp->lock);
    report_here(qmp);
    reply = g_steal_pointer(&call.reply);
    virtcpu_qmp_call_clear(&call);
    return reply;
}

char *
virtcpu_qmp_pass(VirtCpuQmp *qmp, const char *text, unsigned timeout_ms, GError **error)
{
    g_autoptr(GError) reason = NULL;
    g_autoptr(VirtCpuJson) root = virtcpu_json_parse(text, -1, &reason);
    g_autoptr(VirtCpuJson) their_id = NULL;
    g_autoptr(VirtCpuJson) reply = NULL;

    if (virtcpu_json_kind(root) != VIRTCPU_JSON_OBJECT ||
        virtcpu_json_get_string(root, "execute") == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("the monitor command must be a JSON object with member 'execute': %s"),
                          reason != NULL ? reason->message : _("it is not"));
        return NULL;
    }
    their_id = virtcpu_json_take(root, "id");
    reply = exchange_whole(qmp, root, timeout_ms, error);
    if (reply == NULL) {
        return NULL;
    }
    if (their_id != NULL) {
        virtcpu_json_set(reply, "id", g_steal_pointer(&their_id));
    }
    return virtcpu_json_format(reply, FALSE);
}
