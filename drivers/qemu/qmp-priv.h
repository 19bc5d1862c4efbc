/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The inside of a QMP client: qmp.c (the connection and what it reports), qmp-stream.c (its bytes)
 * and qmp-call.c (its commands). Everything here is under the client's lock. */
#pragma once

#include "conf/fd.h"
#include "drivers/qemu/qmp.h"

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
    GArray *out_fds; /* see qmp-stream.c */
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

/* ---- the connection ---- */

/* End it: an INTERNAL_ERROR with the text of @format is why; the first one counts. */
void virtcpu_qmp_fail(VirtCpuQmp *qmp, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Note whether QEMU is @silent; a change is reported where events are. */
void virtcpu_qmp_set_silent(VirtCpuQmp *qmp, gboolean silent);

/* Take what QEMU said: @length bytes at @line, without the newline. */
void virtcpu_qmp_take_line(VirtCpuQmp *qmp, const char *line, gsize length);

/* Report the events that came, silence, and the connection's end. Without the lock. */
void virtcpu_qmp_report(VirtCpuQmp *qmp);

/* ---- its bytes: nothing here blocks ---- */

/* Make the buffers, or free what is in them. */
void virtcpu_qmp_stream_init(VirtCpuQmp *qmp);
/* See above. */
void virtcpu_qmp_stream_clear(VirtCpuQmp *qmp);

/* Have @text, a line, written, and with it a copy of descriptor *@fd (NULL: none). Errors:
 * SYSTEM_ERROR when this process has no descriptor left. */
gboolean virtcpu_qmp_stream_add(VirtCpuQmp *qmp, const char *text, const int *fd,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Write what there is to write and the socket takes. */
void virtcpu_qmp_write(VirtCpuQmp *qmp);

/* The same, and read what QEMU said. Nothing happens once the connection ended. */
void virtcpu_qmp_transfer(VirtCpuQmp *qmp);

/* ---- its commands ---- */

/* @call gets no answer, for @reason. */
void virtcpu_qmp_call_fail(VirtCpuQmpCall *call, const GError *reason);

/* The reply @message is for the call that has its number. */
void virtcpu_qmp_call_answer(VirtCpuQmp *qmp, VirtCpuQmpMessage *message);
