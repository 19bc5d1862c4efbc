/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A QMP client on one connected socket.
 *
 * With a context, the socket is read where that context runs: events and the end of the connection
 * are reported there, in order, and calls from other threads sleep until their reply has come. A
 * call made where the context runs (or while none runs it) reads the socket itself; no other source
 * of the context is served meanwhile. Without a context every call reads for itself, events are
 * reported inside calls, and only one thread at a time may call. Nothing polls: waiting ends with
 * data, the connection's end, or the deadline. */
#pragma once

#include "drivers/qemu/qmp-message.h"

/* Longest line taken from QEMU, and most that is kept for it or for events not yet reported. */
#define VIRTCPU_QMP_MAX_BYTES VIRTCPU_JSON_MAX_BYTES

typedef struct _VirtCpuQmp VirtCpuQmp;

/* One event. @data (may be NULL) and @name are valid during the call; @seconds is -1 when QEMU
 * could not tell the time. */
typedef void (*VirtCpuQmpEventFunc)(VirtCpuQmp *qmp, const char *name, const VirtCpuJson *data,
                                    gint64 seconds, unsigned micros, gpointer user_data);

/* The connection ended by itself, for @reason; never after virtcpu_qmp_close. Called once, after
 * the last event. */
typedef void (*VirtCpuQmpClosedFunc)(VirtCpuQmp *qmp, const GError *reason, gpointer user_data);

/* A client on @fd (transfer full; a connected stream socket, made non-blocking here). @context may
 * be NULL, see above; @event and @closed may be NULL. @user_data must stay valid until
 * virtcpu_qmp_close has returned on the context's thread. Returns (transfer full). */
VirtCpuQmp *virtcpu_qmp_new(int fd, GMainContext *context, VirtCpuQmpEventFunc event,
                            VirtCpuQmpClosedFunc closed,
                            gpointer user_data) G_GNUC_WARN_UNUSED_RESULT;

/* An earlier client, that of a daemon which was killed, may have asked something QEMU has not
 * answered yet: until the first answer to this client others are no failure, not even before the
 * greeting. Before the first call. */
void virtcpu_qmp_succeed(VirtCpuQmp *qmp);

/* A call got no answer in its time (@silent), or the connection that was silent says something
 * again. */
typedef void (*VirtCpuQmpSilenceFunc)(VirtCpuQmp *qmp, gboolean silent, gpointer user_data);

/* Have @func called where events are, with the user data of @qmp, for each change. Any thread. */
void virtcpu_qmp_watch_silence(VirtCpuQmp *qmp, VirtCpuQmpSilenceFunc func);

/* End the connection: waiting calls fail, nothing is reported any more. Repeating it is legal. Any
 * thread, but see virtcpu_qmp_new about its user data. */
void virtcpu_qmp_close(VirtCpuQmp *qmp);

/* Take a reference (returns @qmp). Any thread. */
VirtCpuQmp *virtcpu_qmp_ref(VirtCpuQmp *qmp);

/* Drop a reference to @qmp (may be NULL). A client with a context lives until it is closed. */
void virtcpu_qmp_unref(VirtCpuQmp *qmp);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuQmp, virtcpu_qmp_unref)

/* One command and what came of it. Zero the fields of the second half before use. */
typedef struct {
    const char *command;
    const VirtCpuJson *arguments; /* an object, or NULL */
    const int *fd;                /* a descriptor passed along (transfer none), or NULL */

    VirtCpuJson *reply;               /* the "return" value (owned), or NULL */
    GError *error;                    /* owned; set when there is no reply */
    VirtCpuQmpErrorClass error_class; /* NONE when there is a reply, or no answer at all */
    gboolean done, whole;             /* private */
} VirtCpuQmpCall;

/* Free what @call owns and zero its second half. */
void virtcpu_qmp_call_clear(VirtCpuQmpCall *call);

/* Send @count commands at once and collect every answer. FALSE when the connection failed or
 * @timeout_ms (for all of them; 0: 30 s) ran out: each call without an answer then has an error as
 * well. An error reply is not a failure: it is in its call. Errors: OPERATION_TIMEOUT,
 * INTERNAL_ERROR. */
gboolean virtcpu_qmp_execute_many(VirtCpuQmp *qmp, VirtCpuQmpCall *calls, gsize count,
                                  unsigned timeout_ms, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* One command. @reply (may be NULL) gets its "return" value (transfer full). Errors as above, and
 * INTERNAL_ERROR "unable to execute QEMU command 'X': …" for an error reply. */
gboolean virtcpu_qmp_execute(VirtCpuQmp *qmp, const char *command, const VirtCpuJson *arguments,
                             unsigned timeout_ms, VirtCpuJson **reply,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same with descriptor @fd (transfer none) passed along, for "getfd" and "add-fd". Errors as
 * above; SYSTEM_ERROR when this process has no descriptor left. */
gboolean virtcpu_qmp_execute_with_fd(VirtCpuQmp *qmp, const char *command,
                                     const VirtCpuJson *arguments, int fd, unsigned timeout_ms,
                                     VirtCpuJson **reply, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Await the greeting and leave negotiation mode; before any other command unless those are sent in
 * one go behind a first "qmp_capabilities". */
gboolean virtcpu_qmp_handshake(VirtCpuQmp *qmp, unsigned timeout_ms,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Pass a client's own @text (one JSON object with "execute") and return QEMU's reply text, an error
 * reply too (transfer full). The client's id, when it gave one, is in the reply. Errors:
 * INVALID_ARG for text that is no command, else as above. */
char *virtcpu_qmp_pass(VirtCpuQmp *qmp, const char *text, unsigned timeout_ms,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
