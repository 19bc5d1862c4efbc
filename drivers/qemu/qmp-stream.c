/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bytes of a QMP connection: lines out, with descriptors, and lines in. */
#include "drivers/qemu/qmp-priv.h"

#include "conf/error.h"
#include "conf/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#define READ_BYTES 65536
/* What one dispatch reads at most, so that a QEMU that never stops talking starves nobody. */
#define READ_BYTES_AT_ONCE (1024 * 1024)

/* A descriptor that goes with a byte of what is to be written. */
typedef struct {
    guint at; /* index of the byte */
    int fd;   /* owned */
} OutgoingFd;

static void
close_outgoing(gpointer data)
{
    virtcpu_fd_close(((OutgoingFd *)data)->fd);
}

void
virtcpu_qmp_stream_init(VirtCpuQmp *qmp)
{
    qmp->in = g_byte_array_new();
    qmp->out = g_byte_array_new();
    qmp->out_fds = g_array_new(FALSE, FALSE, sizeof(OutgoingFd));
    g_array_set_clear_func(qmp->out_fds, close_outgoing);
}

void
virtcpu_qmp_stream_clear(VirtCpuQmp *qmp)
{
    g_byte_array_unref(qmp->in);
    g_byte_array_unref(qmp->out);
    g_array_unref(qmp->out_fds);
}

/* ---- in ---- */

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
        virtcpu_qmp_take_line(qmp, (const char *)qmp->in->data + start, length);
        start += length + 1;
        qmp->scanned = start;
    }
    g_byte_array_remove_range(qmp->in, 0, start);
    qmp->scanned -= start;
    if (qmp->in->len > VIRTCPU_QMP_MAX_BYTES) {
        virtcpu_qmp_fail(qmp, _("QEMU's monitor sent a line of more than %u bytes"),
                         VIRTCPU_QMP_MAX_BYTES);
    }
}

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
            virtcpu_qmp_set_silent(qmp, FALSE);
            total += (gsize)got;
            take_lines(qmp);
        } else if (got < 0 && errnum == EINTR) {
            continue;
        } else if (got < 0 && errnum == EAGAIN) {
            return;
        } else if (got < 0 && errnum != ECONNRESET) {
            virtcpu_qmp_fail(qmp, _("Unable to read from monitor: %s"), g_strerror(errnum));
        } else {
            virtcpu_qmp_fail(qmp, _("End of file from qemu monitor"));
        }
    }
}

/* ---- out ---- */

gboolean
virtcpu_qmp_stream_add(VirtCpuQmp *qmp, const char *text, const int *fd, GError **error)
{
    if (fd != NULL) {
        const OutgoingFd outgoing = {
            .at = qmp->out->len,
            .fd = fcntl(*fd, F_DUPFD_CLOEXEC, 0),
        };

        if (outgoing.fd < 0) {
            virtcpu_error_set_errno(error, errno, _("cannot pass a descriptor to QEMU"));
            return FALSE;
        }
        g_array_append_val(qmp->out_fds, outgoing);
    }
    g_byte_array_append(qmp->out, (const guint8 *)text, (guint)strlen(text));
    return TRUE;
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

void
virtcpu_qmp_write(VirtCpuQmp *qmp)
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
            virtcpu_qmp_fail(qmp, _("Unable to write to monitor: %s"), g_strerror(errno));
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

void
virtcpu_qmp_transfer(VirtCpuQmp *qmp)
{
    if (qmp->failure == NULL) {
        virtcpu_qmp_write(qmp);
        read_some(qmp);
    }
}
