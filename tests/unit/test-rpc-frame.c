/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "daemon/rpc-error.h"
#include "daemon/rpc-frame.h"
#include "schemas/virtcpu_rpc.h"

#include <string.h>

/* What the reader says to a stream that begins with @length and has @extra bytes after it. */
static VirtCpuRpcReadResult
read_length(guint32 length, gsize extra)
{
    g_autoptr(VirtCpuRpcReader) reader = virtcpu_rpc_reader_new();
    g_autofree guint8 *bytes = g_malloc0(4 + extra);
    g_autoptr(GError) error = NULL;
    VirtCpuRpcFrame frame;
    const guint32 word = GUINT32_TO_BE(length);
    VirtCpuRpcReadResult result;

    memcpy(bytes, &word, sizeof(word));
    virtcpu_rpc_reader_feed(reader, bytes, 4 + extra);
    result = virtcpu_rpc_reader_next(reader, &frame, &error);
    if (result == VIRTCPU_RPC_READ_BROKEN) {
        g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_RPC);
    } else {
        g_assert_no_error(error);
    }
    return result;
}

static void
test_limits(void)
{
    g_assert_cmpint(read_length(0, 0), ==, VIRTCPU_RPC_READ_BROKEN);
    g_assert_cmpint(read_length(3, 0), ==, VIRTCPU_RPC_READ_BROKEN);
    g_assert_cmpint(read_length(4, 0), ==, VIRTCPU_RPC_READ_BROKEN);
    g_assert_cmpint(read_length(27, 23), ==, VIRTCPU_RPC_READ_BROKEN);
    g_assert_cmpint(read_length(28, 0), ==, VIRTCPU_RPC_READ_MORE);
    g_assert_cmpint(read_length(28, 23), ==, VIRTCPU_RPC_READ_MORE);
    g_assert_cmpint(read_length(28, 24), ==, VIRTCPU_RPC_READ_FRAME);
    g_assert_cmpint(read_length(33554436, 24), ==, VIRTCPU_RPC_READ_MORE);
    g_assert_cmpint(read_length(33554437, 24), ==, VIRTCPU_RPC_READ_BROKEN);
    g_assert_cmpint(read_length(0xffffffffu, 0), ==, VIRTCPU_RPC_READ_BROKEN);
}

static void
test_longest(void)
{
    g_autoptr(VirtCpuRpcReader) reader = virtcpu_rpc_reader_new();
    g_autofree guint8 *bytes = g_malloc0(VIRTCPU_RPC_FRAME_MAX);
    const guint32 word = GUINT32_TO_BE(VIRTCPU_RPC_FRAME_MAX);
    g_autoptr(GError) error = NULL;
    VirtCpuRpcFrame frame;

    memcpy(bytes, &word, sizeof(word));
    virtcpu_rpc_reader_feed(reader, bytes, VIRTCPU_RPC_FRAME_MAX);
    g_assert_cmpint(virtcpu_rpc_reader_next(reader, &frame, &error), ==, VIRTCPU_RPC_READ_FRAME);
    g_assert_cmpuint(frame.payload_length, ==, 33554408);
}

static GBytes *
message(gint32 procedure, const gint32 *prefix, const rpc_text_args *args)
{
    const VirtCpuRpcHeader header = {
        .program = RPC_PROGRAM_REMOTE,
        .version = 1,
        .procedure = procedure,
        .type = VIRTCPU_RPC_CALL,
        .serial = 7,
    };
    g_autoptr(GError) error = NULL;
    GBytes *bytes = virtcpu_rpc_frame_new(
        &header, prefix, args != NULL ? (xdrproc_t)xdr_rpc_text_args : NULL, args, &error);

    g_assert_no_error(error);
    return bytes;
}

/* Three frames, fed one byte at a time and all at once, come out the same. */
static void
test_split(void)
{
    char text[] = "hello";
    const rpc_text_args args = { .text = text };
    const gint32 prefix = 77;
    GBytes *parts[] = { message(23, NULL, &args), message(3, NULL, NULL),
                        message(318, &prefix, &args) };
    const gsize payloads[] = { 12, 0, 16 };
    const gint32 procedures[] = { 23, 3, 318 };

    for (int whole = 0; whole < 2; whole++) {
        g_autoptr(VirtCpuRpcReader) reader = virtcpu_rpc_reader_new();
        g_autoptr(GByteArray) all = g_byte_array_new();
        g_autoptr(GError) error = NULL;
        VirtCpuRpcFrame frame;
        unsigned seen = 0;

        for (unsigned i = 0; i < G_N_ELEMENTS(parts); i++) {
            g_byte_array_append(all, g_bytes_get_data(parts[i], NULL),
                                (guint)g_bytes_get_size(parts[i]));
        }
        for (gsize at = 0; at < all->len; at += whole ? all->len : 1) {
            virtcpu_rpc_reader_feed(reader, all->data + at, whole ? all->len : 1);
            while (virtcpu_rpc_reader_next(reader, &frame, &error) == VIRTCPU_RPC_READ_FRAME) {
                g_assert_cmpint(frame.header.procedure, ==, procedures[seen]);
                g_assert_cmpuint(frame.header.serial, ==, 7);
                g_assert_cmpuint(frame.payload_length, ==, payloads[seen]);
                seen++;
            }
        }
        g_assert_cmpuint(seen, ==, 3);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_bytes_unref(parts[i]);
    }
}

static gboolean
decode_text(const void *payload, gsize length)
{
    rpc_text_args args = { 0 };
    g_autoptr(GError) error = NULL;
    const gboolean done =
        virtcpu_rpc_payload_decode(payload, length, (xdrproc_t)xdr_rpc_text_args, &args, &error);

    if (done) {
        g_assert_cmpstr(args.text, ==, "abc");
        xdr_free((xdrproc_t)xdr_rpc_text_args, &args);
    } else {
        g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_RPC);
        g_assert_null(args.text);
    }
    return done;
}

static void
test_decode(void)
{
    g_assert_true(decode_text("\0\0\0\3abc\0", 8));
    g_assert_false(decode_text("", 0));
    g_assert_false(decode_text("\0\0\0\3ab", 6));
    g_assert_false(decode_text("\0\0\0\4abc\0\0\0\0\0", 12)); /* more after it */
    g_assert_false(decode_text("\0\100\0\1abc\0", 8));        /* one above the limit */
    g_assert_false(decode_text("\377\377\377\377abc\0", 8));
}

static void
test_too_long(void)
{
    g_autofree char *text = g_strnfill(RPC_STRING_MAX + 1, 'x');
    const rpc_text_ret value = { .text = text };
    const VirtCpuRpcHeader header = { .program = RPC_PROGRAM_REMOTE };
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes =
        virtcpu_rpc_frame_new(&header, NULL, (xdrproc_t)xdr_rpc_text_ret, &value, &error);

    g_assert_null(bytes);
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_RPC);
}

/* Fixed char arrays take a word a byte; statistics are a tagged union. */
static void
test_layout(void)
{
    const rpc_node_info_ret info = { .model = "x86_64", .memory_kib = 1ull << 40, .cpus = 2 };
    char field[] = "state.state";
    rpc_param param = { .field = field,
                        .value = { .type = RPC_PARAM_INT, .rpc_param_value_u.i = 5 } };

    g_assert_cmpuint(xdr_sizeof((xdrproc_t)xdr_rpc_node_info_ret, (void *)(guintptr)&info), ==,
                     32 * 4 + 8 + 6 * 4);
    g_assert_cmpuint(xdr_sizeof((xdrproc_t)xdr_rpc_param, &param), ==, 4 + 12 + 4 + 4);
}

static void
test_error(void)
{
    const VirtCpuRpcHeader call = { .program = 1, .version = 2, .procedure = 3, .serial = 4 };
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) reply = NULL;
    rpc_error value = { 0 };
    const guint8 *data;
    gsize length;

    virtcpu_error_set(&error, VIRTCPU_ERR_OPERATION_DENIED, "no %s", "way");
    reply = virtcpu_rpc_error_reply(&call, error);
    g_clear_error(&error);
    data = g_bytes_get_data(reply, &length);
    g_assert_true(virtcpu_rpc_payload_decode(data + 28, length - 28, (xdrproc_t)xdr_rpc_error,
                                             &value, &error));
    g_assert_cmpint(value.code, ==, 29);
    g_assert_cmpint(value.origin, ==, 20);
    g_assert_cmpint(value.level, ==, 2);
    g_assert_cmpstr(*value.message, ==, "operation forbidden: no way");
    g_assert_cmpstr(*value.str1, ==, "operation forbidden: %s");
    g_assert_cmpstr(*value.str2, ==, "no way");
    g_assert_null(value.str3);
    g_assert_null(value.dom);
    g_assert_cmpint(value.int1, ==, -1);
    xdr_free((xdrproc_t)xdr_rpc_error, &value);
}

/* A sentence made of junk still makes a reply. */
static void
test_error_junk(void)
{
    const VirtCpuRpcHeader call = { .program = 1 };
    g_autofree char *junk = g_strnfill(5u * 1024u * 1024u, '\xff');
    g_autoptr(GError) error = g_error_new_literal(VIRTCPU_ERROR, 1, junk);
    g_autoptr(GBytes) reply = virtcpu_rpc_error_reply(&call, error);

    g_assert_cmpuint(g_bytes_get_size(reply), <, 1024 * 1024);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rpc-frame/limits", test_limits);
    g_test_add_func("/rpc-frame/longest", test_longest);
    g_test_add_func("/rpc-frame/split", test_split);
    g_test_add_func("/rpc-frame/decode", test_decode);
    g_test_add_func("/rpc-frame/too-long", test_too_long);
    g_test_add_func("/rpc-frame/layout", test_layout);
    g_test_add_func("/rpc-frame/error", test_error);
    g_test_add_func("/rpc-frame/error-junk", test_error_junk);
    return g_test_run();
}
