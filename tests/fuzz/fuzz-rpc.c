/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A client's bytes: cut into frames, each decoded as the arguments of its procedure and then as the
 * arguments and the results of every other. What decodes must encode and decode again. */
#include "daemon/rpc-dispatch.h"
#include "daemon/rpc-frame.h"
#include "rpc-table.h"
#include "tests/fuzz/fuzz.h"

/* The bytes of @value as a frame decode again, into what makes the same bytes. */
static void
check_round_trip(const VirtCpuRpcHeader *header, xdrproc_t xdr, gsize size, const void *value)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = virtcpu_rpc_frame_new(header, NULL, xdr, value, &error);
    g_autoptr(GBytes) again = NULL;
    g_autofree gpointer copy = g_malloc0(size);
    const guint8 *data;
    gsize length;

    g_assert_no_error(error);
    data = g_bytes_get_data(bytes, &length);
    g_assert_true(virtcpu_rpc_payload_decode(data + VIRTCPU_RPC_FRAME_MIN,
                                             length - VIRTCPU_RPC_FRAME_MIN, xdr, copy, NULL));
    again = virtcpu_rpc_frame_new(header, NULL, xdr, copy, NULL);
    g_assert_true(g_bytes_equal(bytes, again));
    xdr_free(xdr, copy);
}

static void
try_shape(const VirtCpuRpcFrame *frame, xdrproc_t xdr, gsize size)
{
    g_autofree gpointer value = g_malloc0(size);
    g_autoptr(GError) error = NULL;
    const gboolean decoded =
        virtcpu_rpc_payload_decode(frame->payload, frame->payload_length, xdr, value, &error);

    g_assert_true(decoded == (error == NULL));
    if (decoded && xdr != NULL) {
        check_round_trip(&frame->header, xdr, size, value);
        xdr_free(xdr, value);
    }
}

static void
try_frame(const VirtCpuRpcFrame *frame)
{
    const VirtCpuRpcProcedure *named =
        virtcpu_rpc_procedure_find(virtcpu_rpc_table, virtcpu_rpc_table_length,
                                   frame->header.program, frame->header.procedure);

    g_assert_true(named == NULL || (named->program == frame->header.program &&
                                    named->procedure == frame->header.procedure));
    for (gsize i = 0; i < virtcpu_rpc_table_length; i++) {
        try_shape(frame, virtcpu_rpc_table[i].args_xdr, virtcpu_rpc_table[i].args_size);
        try_shape(frame, virtcpu_rpc_table[i].ret_xdr, virtcpu_rpc_table[i].ret_size);
    }
}

/* Take every frame that is there; FALSE when the stream broke. */
static gboolean
take_frames(VirtCpuRpcReader *reader)
{
    g_autoptr(GError) error = NULL;
    VirtCpuRpcFrame frame;
    VirtCpuRpcReadResult result;

    while ((result = virtcpu_rpc_reader_next(reader, &frame, &error)) == VIRTCPU_RPC_READ_FRAME) {
        try_frame(&frame);
    }
    g_assert_true((result == VIRTCPU_RPC_READ_BROKEN) == (error != NULL));
    return result == VIRTCPU_RPC_READ_MORE;
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(VirtCpuRpcReader) reader = virtcpu_rpc_reader_new();
    /* in two pieces, which may part anywhere */
    const gsize first = size > 0 ? data[size - 1] % size : 0;

    virtcpu_rpc_reader_feed(reader, data, first);
    if (take_frames(reader)) {
        virtcpu_rpc_reader_feed(reader, data + first, size - first);
        take_frames(reader);
    }
    return 0;
}
