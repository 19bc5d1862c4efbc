/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qmp.h"

#include "conf/error.h"
#include "conf/fd.h"
#include "conf/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define DEFAULT_TIMEOUT_MS 30000
#define READ_BYTES         65536
/* What one dispatch reads at most, so that a QEMU that never stops talking starves nobody. */
#define READ_BYTES_AT_ONCE (1024 * 1024)

/* A descriptor that goes with a byte of what is to be written. */
typedef struct {
    guint at; /* index of the byte */
    int fd;   /* owned */
} OutgoingFd;

/* The source that reads for a client with a context. Holds a reference. */
typedef struct {
    GSource base;
    VirtCpuQmp *qmp;
} QmpSource;

struct _VirtCpuQmp {
    gatomicrefcount refs;
    GMainContext *context; /* NULL: calls read for themselves */
    VirtCpuQmpEventFunc event;
    VirtCpuQmpClosedFunc closed;
    VirtCpuQmpSilenceFunc silence; /* or NULL */
    gpointer user_data;

    GMutex lock; /* guards all below */
    GCond changed;
    VirtCpuFd fd;     /* shut down when the connection ends, closed with the client */
    GSource *source;  /* NULL without a context and once closed */
    gpointer watched; /* the source's tag for fd */
    GByteArray *in;
    guint scanned; /* bytes of in without a newline */
    GByteArray *out;
    GArray *out_fds; /* of OutgoingFd, in order */
    gboolean greeted;
    guint64 last_id;
    GHashTable *pending;   /* id to VirtCpuQmpCall, owned by the caller that waits for it */
    GHashTable *abandoned; /* ids whose caller went away at the deadline */
    GQueue events;         /* of VirtCpuQmpMessage, not yet reported */
    gsize events_bytes;
    gboolean succeeds;        /* an earlier client's answers may come, and none of ours has */
    gboolean silent;          /* a call's time ran out, and nothing came since */
    gboolean silent_reported; /* what was reported last */
    GError *failure;          /* why the connection ended */
    gboolean failure_reported;
};

/* ---- taking what QEMU says; all under the lock ---- */

static void
call_fail(VirtCpuQmpCall *call, const GError *reason)
{
    call->error = g_error_copy(reason);
    call->done = TRUE;
}

/* Note whether QEMU is @silent; a change is reported where events are. */
static void
set_silent(VirtCpuQmp *qmp, gboolean silent)
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
fail(VirtCpuQmp *qmp, GError *reason)
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
        call_fail(call, reason);
    }
    g_hash_table_remove_all(qmp->pending);
    g_cond_broadcast(&qmp->changed);
}

static void fail_format(VirtCpuQmp *qmp, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void
fail_format(VirtCpuQmp *qmp, const char *format, ...)
{
    va_list args;
    g_autofree char *detail = NULL;
    GError *reason = NULL;

    va_start(args, format);
    detail = g_strdup_vprintf(format, args);
    va_end(args);
    virtcpu_error_set(&reason, VIRTCPU_ERR_INTERNAL_ERROR, "%s", detail);
    fail(qmp, reason);
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
        fail_format(qmp, _("QEMU's monitor sent more than %u bytes of events at once"),
                    VIRTCPU_QMP_MAX_BYTES);
    } else if (qmp->source != NULL) {
        g_source_set_ready_time(qmp->source, 0);
    }
}

static void
take_reply(VirtCpuQmp *qmp, VirtCpuQmpMessage *message)
{
    VirtCpuQmpCall *call = g_hash_table_lookup(qmp->pending, &message->id);

    if (call == NULL) {
        if (!g_hash_table_remove(qmp->abandoned, &message->id) && !qmp->succeeds) {
            fail_format(qmp, _("QEMU's monitor answered what was not asked: %s"),
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

static void
take_line(VirtCpuQmp *qmp, const char *line, gsize length)
{
    GError *error = NULL;
    g_autoptr(VirtCpuQmpMessage) message = virtcpu_qmp_message_parse(line, length, &error);

    if (message == NULL) {
        fail(qmp, error);
    } else if ((message->kind == VIRTCPU_QMP_GREETING) == qmp->greeted) {
        fail_format(qmp, qmp->greeted ? _("QEMU's monitor greeted twice")
                                      : _("QEMU's monitor did not greet as a QMP monitor does"));
    } else if (message->kind == VIRTCPU_QMP_GREETING) {
        qmp->greeted = TRUE;
    } else if (message->kind == VIRTCPU_QMP_EVENT) {
        take_event(qmp, g_steal_pointer(&message), length);
    } else {
        take_reply(qmp, message);
    }
}

/* Take every whole line of the input. */
static void
take_lines(VirtCpuQmp *qmp)
{
    guint start = 0;

    while (qmp->failure == NULL) {
        const guint8 *from = qmp->in->data + qmp->scanned;
        const guint8 *end =
            qmp->in->len > qmp->scanned ? memchr(from, '\n', qmp->in->len - qmp->scanned) : NULL;
        guint length;

        if (end == NULL) {
            qmp->scanned = qmp->in->len;
            break;
        }
        length = (guint)(end - qmp->in->data) - start;
        take_line(qmp, (const char *)qmp->in->data + start, length);
        start += length + 1;
        qmp->scanned = start;
    }
    g_byte_array_remove_range(qmp->in, 0, start);
    qmp->scanned -= start;
    if (qmp->in->len > VIRTCPU_QMP_MAX_BYTES) {
        fail_format(qmp, _("QEMU's monitor sent a line of more than %u bytes"),
                    VIRTCPU_QMP_MAX_BYTES);
    }
}

/* ---- moving bytes; all under the lock, never blocking ---- */

static void
read_some(VirtCpuQmp *qmp)
{
    gsize total = 0;

    while (qmp->failure == NULL && total < READ_BYTES_AT_ONCE) {
        guint old = qmp->in->len;
        gssize got;
        int errnum;

        g_byte_array_set_size(qmp->in, old + READ_BYTES);
        got = recv(qmp->fd, qmp->in->data + old, READ_BYTES, 0);
        errnum = errno;
        g_byte_array_set_size(qmp->in, old + (guint)MAX(got, 0));
        if (got > 0) {
            set_silent(qmp, FALSE);
            total += (gsize)got;
            take_lines(qmp);
        } else if (got < 0 && errnum == EINTR) {
            continue;
        } else if (got < 0 && errnum == EAGAIN) {
            return;
        } else if (got < 0 && errnum != ECONNRESET) {
            fail_format(qmp, _("Unable to read from monitor: %s"), g_strerror(errnum));
        } else {
            fail_format(qmp, _("End of file from qemu monitor"));
        }
    }
}

/* Where the bytes end that can be written together with the one at @sent. */
static guint
run_end(const VirtCpuQmp *qmp, guint sent)
{
    for (guint i = 0; i < qmp->out_fds->len; i++) {
        guint at = g_array_index(qmp->out_fds, OutgoingFd, i).at;

        if (at > sent) {
            return at;
        }
    }
    return qmp->out->len;
}

/* As send(), from byte @sent on, with the descriptor that belongs to it. */
static gssize
send_run(VirtCpuQmp *qmp, guint sent)
{
    const OutgoingFd *next =
        qmp->out_fds->len > 0 ? &g_array_index(qmp->out_fds, OutgoingFd, 0) : NULL;
    struct iovec bytes = { qmp->out->data + sent, run_end(qmp, sent) - sent };
    struct msghdr message = { .msg_iov = &bytes, .msg_iovlen = 1 };
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = { .bytes = { 0 } };
    gboolean with_fd = next != NULL && next->at == sent;
    gssize put;

    if (with_fd) {
        message.msg_control = &control;
        message.msg_controllen = sizeof(control.bytes);
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(&control.header), &next->fd, sizeof(int));
    }
    put = sendmsg(qmp->fd, &message, MSG_NOSIGNAL);
    if (with_fd && put > 0) {
        g_array_remove_index(qmp->out_fds, 0);
    }
    return put;
}

static void
write_some(VirtCpuQmp *qmp)
{
    guint sent = 0;

    while (qmp->failure == NULL && sent < qmp->out->len) {
        gssize put = send_run(qmp, sent);

        if (put >= 0) {
            sent += (guint)put;
        } else if (errno == EAGAIN) {
            break;
        } else if (errno != EINTR) {
            /* what QEMU said before it went is worth more than our not being heard */
            read_some(qmp);
            fail_format(qmp, _("Unable to write to monitor: %s"), g_strerror(errno));
        }
    }
    g_byte_array_remove_range(qmp->out, 0, sent);
    for (guint i = 0; i < qmp->out_fds->len; i++) {
        g_array_index(qmp->out_fds, OutgoingFd, i).at -= sent;
    }
    if (qmp->failure == NULL && qmp->watched != NULL) {
        g_source_modify_unix_fd(qmp->source, qmp->watched,
                                qmp->out->len > 0 ? G_IO_IN | G_IO_OUT : G_IO_IN);
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

static void
report(VirtCpuQmp *qmp)
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
    if (qmp->failure == NULL) {
        write_some(qmp);
        read_some(qmp);
    }
    g_mutex_unlock(&qmp->lock);
    report(qmp);
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

static void
close_outgoing(gpointer data)
{
    virtcpu_fd_close(((OutgoingFd *)data)->fd);
}

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
    qmp->in = g_byte_array_new();
    qmp->out = g_byte_array_new();
    qmp->out_fds = g_array_new(FALSE, FALSE, sizeof(OutgoingFd));
    g_array_set_clear_func(qmp->out_fds, close_outgoing);
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
    fail_format(qmp, _("the monitor connection was closed"));
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
    g_byte_array_unref(qmp->in);
    g_byte_array_unref(qmp->out);
    g_array_unref(qmp->out_fds);
    g_clear_error(&qmp->failure);
    g_clear_pointer(&qmp->context, g_main_context_unref);
    g_cond_clear(&qmp->changed);
    g_mutex_clear(&qmp->lock);
    g_free(qmp);
}

/* ---- calls ---- */

void
virtcpu_qmp_call_clear(VirtCpuQmpCall *call)
{
    g_clear_pointer(&call->reply, virtcpu_json_free);
    g_clear_error(&call->error);
    call->error_class = VIRTCPU_QMP_CLASS_NONE;
    call->done = FALSE;
}

/* Queue @text, a line, as the command of @call under @id. Under the lock. */
static void
queue_line(VirtCpuQmp *qmp, VirtCpuQmpCall *call, guint64 id, const char *text)
{
    OutgoingFd outgoing = { .at = qmp->out->len };

    if (call->fd != NULL) {
        outgoing.fd = fcntl(*call->fd, F_DUPFD_CLOEXEC, 0);
        if (outgoing.fd < 0) {
            virtcpu_error_set_errno(&call->error, errno, _("cannot pass a descriptor to QEMU"));
            call->done = TRUE;
            return;
        }
        g_array_append_val(qmp->out_fds, outgoing);
    }
    g_hash_table_insert(qmp->pending, g_memdup2(&id, sizeof(id)), call);
    g_byte_array_append(qmp->out, (const guint8 *)text, (guint)strlen(text));
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
    if (qmp->failure == NULL) {
        write_some(qmp);
        read_some(qmp);
    }
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
            call_fail(call, reason);
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

    write_some(qmp);
    wait_for(qmp, calls, count, g_get_monotonic_time() + (gint64)limit_ms * 1000);
    for (gsize i = 0; i < count && late == NULL; i++) {
        if (!calls[i].done) {
            virtcpu_error_set(&late, VIRTCPU_ERR_OPERATION_TIMEOUT,
                              _("QEMU's monitor did not answer '%s' within %u ms"),
                              calls[i].command, limit_ms);
            abandon(qmp, calls, count, late);
            set_silent(qmp, TRUE);
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
            call_fail(&calls[i], qmp->failure);
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
        report(qmp);
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
        call_fail(&call, qmp->failure);
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
