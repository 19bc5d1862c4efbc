/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirt's framing: a length word, six header words, a payload; all big-endian. */
#pragma once

#include "daemon/rpc-procedure.h"

#define VIRTCPU_RPC_LENGTH_BYTES 4u
#define VIRTCPU_RPC_HEADER_BYTES 24u
/* The length word counts itself. */
#define VIRTCPU_RPC_FRAME_MIN (VIRTCPU_RPC_LENGTH_BYTES + VIRTCPU_RPC_HEADER_BYTES)
#define VIRTCPU_RPC_FRAME_MAX 33554436u
/* Descriptors that one message brings. */
#define VIRTCPU_RPC_FDS_MAX 32u

/* virNetMessageType. */
typedef enum {
    VIRTCPU_RPC_CALL = 0,
    VIRTCPU_RPC_REPLY = 1,
    VIRTCPU_RPC_MESSAGE = 2,
    VIRTCPU_RPC_STREAM = 3,
    VIRTCPU_RPC_CALL_WITH_FDS = 4,
    VIRTCPU_RPC_REPLY_WITH_FDS = 5,
    VIRTCPU_RPC_STREAM_HOLE = 6,
} VirtCpuRpcType;

/* virNetMessageStatus. */
typedef enum {
    VIRTCPU_RPC_OK = 0,
    VIRTCPU_RPC_ERROR = 1,
    VIRTCPU_RPC_CONTINUE = 2,
} VirtCpuRpcStatus;

typedef struct {
    guint32 program, version;
    gint32 procedure;
    guint32 type; /* as received: any number */
    guint32 serial;
    guint32 status;
} VirtCpuRpcHeader;

/* One whole message; @payload lies in the reader and lives until the reader is fed again. What
 * comes behind a message WITH_FDS, a byte for each descriptor, belongs to it; the count of them,
 * which begins its payload, is not in @payload. */
typedef struct {
    VirtCpuRpcHeader header;
    const guint8 *payload;
    gsize payload_length;
    unsigned fds_count;
    GArray *fds; /* of int, closed with the array; the reader leaves it alone */
} VirtCpuRpcFrame;

/* No descriptors (of int), closed with the array (transfer full). Any thread. */
GArray *virtcpu_rpc_fds_new(void) G_GNUC_WARN_UNUSED_RESULT;

/* Cuts a byte stream into frames. It never holds more than one frame and what was fed last. */
typedef struct _VirtCpuRpcReader VirtCpuRpcReader;

typedef enum {
    VIRTCPU_RPC_READ_MORE,   /* no whole frame yet */
    VIRTCPU_RPC_READ_FRAME,  /* one was taken */
    VIRTCPU_RPC_READ_BROKEN, /* the stream makes no sense from here on: close it */
} VirtCpuRpcReadResult;

/* A reader at the start of a stream (transfer full). */
VirtCpuRpcReader *virtcpu_rpc_reader_new(void) G_GNUC_WARN_UNUSED_RESULT;

/* Free @reader (may be NULL). */
void virtcpu_rpc_reader_free(VirtCpuRpcReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuRpcReader, virtcpu_rpc_reader_free)

/* Add @length bytes that arrived; take every frame out between two feeds, or memory grows. */
void virtcpu_rpc_reader_feed(VirtCpuRpcReader *reader, const guint8 *bytes, gsize length);

/* Take the next whole frame. BROKEN with @error (RPC) for a length outside the limits; that is
 * seen as soon as the length word is there, before anything is kept for the frame. BROKEN, too, for
 * a count of descriptors outside them. */
VirtCpuRpcReadResult virtcpu_rpc_reader_next(VirtCpuRpcReader *reader, VirtCpuRpcFrame *frame,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The bytes of a message with @header and @length bytes of @data (NULL: none) for payload. Any
 * thread. Returns (transfer full). */
GBytes *virtcpu_rpc_data_frame_new(const VirtCpuRpcHeader *header, const guint8 *data,
                                   gsize length) G_GNUC_WARN_UNUSED_RESULT;

/* The bytes of a message with @header and what @xdr makes of @value (both NULL: no payload), put
 * after @prefix when that is not NULL (an event's callback number). NULL with @error (RPC) when the
 * value cannot be said in the protocol, being too long. Any thread. */
GBytes *virtcpu_rpc_frame_new(const VirtCpuRpcHeader *header, const gint32 *prefix, xdrproc_t xdr,
                              const void *value, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Decode all of @payload into @value (zeroed, of the size @xdr expects). On failure nothing is left
 * allocated. Errors: RPC. Any thread. */
gboolean virtcpu_rpc_payload_decode(const guint8 *payload, gsize length, xdrproc_t xdr, void *value,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
