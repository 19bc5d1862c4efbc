/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/rpc-frame.h"

#include "conf/error.h"
#include "conf/fd.h"
#include "conf/i18n.h"

#include <string.h>

/* A buffer that grew beyond this is given back once it is empty. */
#define KEEP_BYTES (256u * 1024u)

struct _VirtCpuRpcReader {
    GByteArray *bytes;
    gsize taken; /* bytes at the front that belong to frames already taken */
};

VirtCpuRpcReader *
virtcpu_rpc_reader_new(void)
{
    VirtCpuRpcReader *reader = g_new0(VirtCpuRpcReader, 1);

    reader->bytes = g_byte_array_new();
    return reader;
}

void
virtcpu_rpc_reader_free(VirtCpuRpcReader *reader)
{
    if (reader == NULL) {
        return;
    }
    g_byte_array_unref(reader->bytes);
    g_free(reader);
}

void
virtcpu_rpc_reader_feed(VirtCpuRpcReader *reader, const guint8 *bytes, gsize length)
{
    gsize left = reader->bytes->len - reader->taken;

    if (left == 0 && reader->bytes->len > KEEP_BYTES) {
        g_byte_array_unref(reader->bytes);
        reader->bytes = g_byte_array_new();
    } else if (reader->taken > 0) {
        g_byte_array_remove_range(reader->bytes, 0, (guint)reader->taken);
    }
    reader->taken = 0;
    g_byte_array_append(reader->bytes, bytes, (guint)length);
}

static guint32
read_word(const guint8 *at)
{
    guint32 word;

    memcpy(&word, at, sizeof(word));
    return GUINT32_FROM_BE(word);
}

static void
write_word(guint8 *at, guint32 value)
{
    guint32 word = GUINT32_TO_BE(value);

    memcpy(at, &word, sizeof(word));
}

static void
read_header(const guint8 *at, VirtCpuRpcHeader *header)
{
    header->program = read_word(at);
    header->version = read_word(at + 4);
    header->procedure = (gint32)read_word(at + 8);
    header->type = read_word(at + 12);
    header->serial = read_word(at + 16);
    header->status = read_word(at + 20);
}

static void
close_fd(gpointer data)
{
    virtcpu_fd_close(*(int *)data);
}

GArray *
virtcpu_rpc_fds_new(void)
{
    GArray *fds = g_array_new(FALSE, FALSE, sizeof(int));

    g_array_set_clear_func(fds, close_fd);
    return fds;
}

/* The count that begins the payload of a message WITH_FDS goes from there to its field. */
static gboolean
take_fds_count(VirtCpuRpcFrame *frame, GError **error)
{
    frame->fds_count = 0;
    frame->fds = NULL;
    if (frame->header.type != VIRTCPU_RPC_CALL_WITH_FDS &&
        frame->header.type != VIRTCPU_RPC_REPLY_WITH_FDS) {
        return TRUE;
    }
    if (frame->payload_length >= sizeof(guint32)) {
        frame->fds_count = read_word(frame->payload);
        frame->payload += sizeof(guint32);
        frame->payload_length -= sizeof(guint32);
        if (frame->fds_count <= VIRTCPU_RPC_FDS_MAX) {
            return TRUE;
        }
    }
    virtcpu_error_set(error, VIRTCPU_ERR_RPC,
                      _("A message brings %u file descriptors, or does not say how many; at most "
                        "%u are taken."),
                      frame->fds_count, VIRTCPU_RPC_FDS_MAX);
    return FALSE;
}

VirtCpuRpcReadResult
virtcpu_rpc_reader_next(VirtCpuRpcReader *reader, VirtCpuRpcFrame *frame, GError **error)
{
    const guint8 *at = reader->bytes->data + reader->taken;
    gsize left = reader->bytes->len - reader->taken;
    guint32 length;

    if (left < VIRTCPU_RPC_LENGTH_BYTES) {
        return VIRTCPU_RPC_READ_MORE;
    }
    length = read_word(at);
    if (length < VIRTCPU_RPC_FRAME_MIN || length > VIRTCPU_RPC_FRAME_MAX) {
        virtcpu_error_set(error, VIRTCPU_ERR_RPC,
                          _("A message of %u bytes is outside the limits of %u to %u."), length,
                          VIRTCPU_RPC_FRAME_MIN, VIRTCPU_RPC_FRAME_MAX);
        return VIRTCPU_RPC_READ_BROKEN;
    }
    if (left < length) {
        return VIRTCPU_RPC_READ_MORE;
    }
    read_header(at + VIRTCPU_RPC_LENGTH_BYTES, &frame->header);
    frame->payload = at + VIRTCPU_RPC_FRAME_MIN;
    frame->payload_length = length - VIRTCPU_RPC_FRAME_MIN;
    if (!take_fds_count(frame, error)) {
        return VIRTCPU_RPC_READ_BROKEN;
    }
    if (left - length < frame->fds_count) {
        return VIRTCPU_RPC_READ_MORE;
    }
    reader->taken += length + frame->fds_count;
    return VIRTCPU_RPC_READ_FRAME;
}

static void
write_header(guint8 *at, gsize length, const VirtCpuRpcHeader *header)
{
    write_word(at, (guint32)length);
    write_word(at + 4, header->program);
    write_word(at + 8, header->version);
    write_word(at + 12, (guint32)header->procedure);
    write_word(at + 16, header->type);
    write_word(at + 20, header->serial);
    write_word(at + 24, header->status);
}

static gboolean
encode(guint8 *at, gsize length, xdrproc_t xdr, void *value)
{
    XDR stream;
    gboolean done;

    xdrmem_create(&stream, (char *)at, (u_int)length, XDR_ENCODE);
    done = xdr(&stream, value) && xdr_getpos(&stream) == length;
    xdr_destroy(&stream);
    return done;
}

GBytes *
virtcpu_rpc_data_frame_new(const VirtCpuRpcHeader *header, const guint8 *data, gsize length)
{
    guint8 *bytes = g_malloc(VIRTCPU_RPC_FRAME_MIN + length);

    write_header(bytes, VIRTCPU_RPC_FRAME_MIN + length, header);
    if (length > 0) {
        memcpy(bytes + VIRTCPU_RPC_FRAME_MIN, data, length);
    }
    return g_bytes_new_take(bytes, VIRTCPU_RPC_FRAME_MIN + length);
}

GBytes *
virtcpu_rpc_frame_new(const VirtCpuRpcHeader *header, const gint32 *prefix, xdrproc_t xdr,
                      const void *value, GError **error)
{
    /* XDR functions work both ways, so they take what they only read as not const */
    void *readable = (void *)(guintptr)value;
    gsize prefix_length = prefix != NULL ? sizeof(*prefix) : 0;
    gsize payload_length = xdr != NULL ? xdr_sizeof(xdr, readable) : 0;
    gsize length = VIRTCPU_RPC_FRAME_MIN + prefix_length + payload_length;
    g_autofree guint8 *bytes = NULL;

    /* xdr_sizeof answers 0 for what breaks a limit; no value of the protocol has that size */
    if ((xdr != NULL && payload_length == 0) || length > VIRTCPU_RPC_FRAME_MAX) {
        virtcpu_error_set(error, VIRTCPU_ERR_RPC,
                          _("The answer is too large for the protocol; ask for less at a time."));
        return NULL;
    }
    bytes = g_malloc(length);
    write_header(bytes, length, header);
    if (prefix != NULL) {
        write_word(bytes + VIRTCPU_RPC_FRAME_MIN, (guint32)*prefix);
    }
    if (xdr != NULL &&
        !encode(bytes + VIRTCPU_RPC_FRAME_MIN + prefix_length, payload_length, xdr, readable)) {
        virtcpu_error_set(error, VIRTCPU_ERR_RPC, _("The answer cannot be encoded."));
        return NULL;
    }
    return g_bytes_new_take(g_steal_pointer(&bytes), length);
}

gboolean
virtcpu_rpc_payload_decode(const guint8 *payload, gsize length, xdrproc_t xdr, void *value,
                           GError **error)
{
    XDR stream;
    gboolean done;

    xdrmem_create(&stream, (char *)(guintptr)payload, (u_int)length, XDR_DECODE);
    done = xdr == NULL || xdr(&stream, value);
    if (!done) {
        virtcpu_error_set(error, VIRTCPU_ERR_RPC, _("Unable to decode message payload"));
    } else if (xdr_getpos(&stream) != length) {
        virtcpu_error_set(error, VIRTCPU_ERR_RPC,
                          _("Unable to decode message payload: %zu bytes follow it"),
                          length - xdr_getpos(&stream));
        done = FALSE;
    }
    xdr_destroy(&stream);
    if (!done && xdr != NULL) {
        xdr_free(xdr, value);
    }
    return done;
}
