/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Streams and descriptors over a socket pair, with procedures of its own. */
#include "conf/error.h"
#include "daemon/rpc-server.h"
#include "schemas/virtcpu_rpc.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { OPEN = 1, PASS = 2, REFUSE = 3 };

typedef struct {
    VirtCpuRpcServer *server;
    int fd;    /* the client's end */
    int guest; /* the far end of the stream opened last; -1: none */
    unsigned owners, ended;
    unsigned patience;
    GCancellable *cut;
    guint32 serial;
} Fixture;

static void
owner_gone(gpointer data)
{
    ((Fixture *)data)->ended++;
}

static gboolean
carry_open(gpointer conn, const void *args, void *ret, VirtCpuRpcCarry *carry, GError **error)
{
    Fixture *f = conn;
    VirtCpuRpcStreamOptions options = {
        .ways = VIRTCPU_RPC_STREAM_TO_CLIENT | VIRTCPU_RPC_STREAM_FROM_CLIENT,
        .patience = f->patience,
        .cut = f->cut,
        .owner = f,
        .free_owner = owner_gone,
    };
    int pair[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
    if (f->guest >= 0) {
        close(f->guest);
    }
    f->guest = pair[0];
    f->owners++;
    options.fd = pair[1];
    carry->stream = virtcpu_rpc_stream_new(&options);
    return TRUE;
}

static gboolean
carry_refuse(gpointer conn, const void *args, void *ret, VirtCpuRpcCarry *carry, GError **error)
{
    gboolean opened = carry_open(conn, args, ret, carry, error);

    g_assert_true(opened);
    virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED, "no");
    return FALSE;
}

/* What came goes back in the other order. */
static gboolean
carry_pass(gpointer conn, const void *args, void *ret, VirtCpuRpcCarry *carry, GError **error)
{
    if (carry->came == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, "nothing came");
        return FALSE;
    }
    carry->goes = virtcpu_rpc_fds_new();
    for (guint i = carry->came->len; i > 0; i--) {
        int fd = g_steal_fd(&g_array_index(carry->came, int, i - 1));

        g_array_append_val(carry->goes, fd);
    }
    return TRUE;
}

static const VirtCpuRpcProcedure table[] = {
    { RPC_PROGRAM_REMOTE, OPEN, "virTestOpen", VIRTCPU_RPC_STAGE_ANY, VIRTCPU_RPC_PLACE_WORK, 0, 0,
      NULL, 0, NULL, NULL, NULL, carry_open },
    { RPC_PROGRAM_REMOTE, PASS, "virTestPass", VIRTCPU_RPC_STAGE_ANY, VIRTCPU_RPC_PLACE_MAIN, 0, 0,
      NULL, 0, NULL, NULL, NULL, carry_pass },
    { RPC_PROGRAM_REMOTE, REFUSE, "virTestRefuse", VIRTCPU_RPC_STAGE_ANY, VIRTCPU_RPC_PLACE_MAIN, 0,
      0, NULL, 0, NULL, NULL, NULL, carry_refuse },
};

static gpointer
connection_new(VirtCpuRpcClient *client, gpointer user_data)
{
    return user_data;
}

static void
setup(Fixture *f, gconstpointer patience)
{
    const VirtCpuRpcServerConfig config = {
        .table = table,
        .table_length = G_N_ELEMENTS(table),
        .max_clients = 10,
        .workers = 2,
        .high_workers = 1,
        .client_limits = { .max_requests = 5,
                           .output_pause = 1024 * 1024,
                           .output_limit = 4 * 1024 * 1024 },
        .connection_new = connection_new,
        .user_data = f,
    };
    g_autoptr(GError) error = NULL;
    int pair[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
    f->fd = pair[0];
    f->guest = -1;
    f->patience = GPOINTER_TO_UINT(patience);
    f->server = virtcpu_rpc_server_new(&config);
    g_assert_true(virtcpu_rpc_server_add_client(f->server, pair[1], FALSE, &error));
    g_assert_no_error(error);
}

static void
teardown(Fixture *f, gconstpointer patience)
{
    virtcpu_rpc_server_free(f->server);
    if (f->fd >= 0) {
        close(f->fd);
    }
    if (f->guest >= 0) {
        close(f->guest);
    }
    g_clear_object(&f->cut);
    g_assert_cmpuint(f->ended, ==, f->owners);
}

static void
send_packet(Fixture *f, gint32 procedure, guint32 type, guint32 status, const void *data,
            gsize length)
{
    const VirtCpuRpcHeader header = {
        .program = RPC_PROGRAM_REMOTE,
        .version = RPC_VERSION,
        .procedure = procedure,
        .type = type,
        .serial = f->serial,
        .status = status,
    };
    g_autoptr(GBytes) frame = virtcpu_rpc_data_frame_new(&header, data, length);
    gsize size;
    const guint8 *bytes = g_bytes_get_data(frame, &size);

    while (size > 0) {
        const ssize_t put = send(f->fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (put > 0) {
            bytes += put;
            size -= (gsize)put;
        }
        g_main_context_iteration(NULL, FALSE);
    }
}

static void
receive_bytes(Fixture *f, guint8 *to, gsize length)
{
    for (gsize got = 0; got < length;) {
        const ssize_t part = recv(f->fd, to + got, length - got, MSG_DONTWAIT);

        g_assert_cmpint(part, !=, 0);
        got += part > 0 ? (gsize)part : 0;
        if (part < 0) {
            g_main_context_iteration(NULL, TRUE);
        }
    }
}

static guint32
word_at(const guint8 *at)
{
    guint32 word;

    memcpy(&word, at, sizeof(word));
    return GUINT32_FROM_BE(word);
}

/* The next packet's payload; it must be of @type and @status. */
static GBytes *
receive(Fixture *f, guint32 type, guint32 status)
{
    guint8 head[VIRTCPU_RPC_FRAME_MIN];
    gsize length;
    guint8 *payload;

    receive_bytes(f, head, sizeof(head));
    g_assert_cmpuint(word_at(head + 16), ==, type);
    g_assert_cmpuint(word_at(head + 20), ==, f->serial);
    g_assert_cmpuint(word_at(head + 24), ==, status);
    length = word_at(head) - VIRTCPU_RPC_FRAME_MIN;
    payload = g_malloc(length);
    receive_bytes(f, payload, length);
    return g_bytes_new_take(payload, length);
}

static void
expect(Fixture *f, guint32 status, const char *text)
{
    g_autoptr(GBytes) payload = receive(f, VIRTCPU_RPC_STREAM, status);
    g_autoptr(GBytes) wanted = g_bytes_new_static(text, strlen(text));

    g_assert_true(g_bytes_equal(payload, wanted));
}

/* An error packet whose text contains @words. */
static void
expect_error(Fixture *f, const char *words)
{
    g_autoptr(GBytes) payload = receive(f, VIRTCPU_RPC_STREAM, VIRTCPU_RPC_ERROR);
    rpc_error value = { 0 };
    gsize length;
    const guint8 *bytes = g_bytes_get_data(payload, &length);

    g_assert_true(
        virtcpu_rpc_payload_decode(bytes, length, (xdrproc_t)xdr_rpc_error, &value, NULL));
    g_assert_nonnull(strstr(*value.message, words));
    xdr_free((xdrproc_t)xdr_rpc_error, (char *)&value);
}

static void
open_stream(Fixture *f)
{
    g_autoptr(GBytes) reply = NULL;

    f->serial++;
    send_packet(f, OPEN, VIRTCPU_RPC_CALL, VIRTCPU_RPC_OK, NULL, 0);
    reply = receive(f, VIRTCPU_RPC_REPLY, VIRTCPU_RPC_OK);
    g_assert_cmpuint(g_bytes_get_size(reply), ==, 0);
}

static void
wait_for_guest(Fixture *f, const char *text)
{
    char got[64] = "";
    gsize length = 0;

    while (length < strlen(text)) {
        const ssize_t part = recv(f->guest, got + length, sizeof(got) - 1 - length, MSG_DONTWAIT);

        if (part > 0) {
            length += (gsize)part;
        } else {
            g_main_context_iteration(NULL, TRUE);
        }
    }
    g_assert_cmpstr(got, ==, text);
}

static void
wait_for_end(Fixture *f)
{
    while (f->ended < f->owners) {
        g_main_context_iteration(NULL, TRUE);
    }
}

static void
test_both_ways(Fixture *f, gconstpointer patience)
{
    open_stream(f);
    g_assert_cmpint(send(f->guest, "hello", 5, 0), ==, 5);
    expect(f, VIRTCPU_RPC_CONTINUE, "hello");
    send_packet(f, OPEN, VIRTCPU_RPC_STREAM, VIRTCPU_RPC_CONTINUE, "you", 3);
    wait_for_guest(f, "you");
    send_packet(f, OPEN, VIRTCPU_RPC_STREAM, VIRTCPU_RPC_OK, NULL, 0);
    expect(f, VIRTCPU_RPC_OK, "");
    wait_for_end(f);
}

static void
test_abort(Fixture *f, gconstpointer patience)
{
    open_stream(f);
    send_packet(f, OPEN, VIRTCPU_RPC_STREAM, VIRTCPU_RPC_ERROR, NULL, 0);
    expect(f, VIRTCPU_RPC_OK, "");
    /* late packets are dropped */
    send_packet(f, OPEN, VIRTCPU_RPC_STREAM, VIRTCPU_RPC_CONTINUE, "late", 4);
    send_packet(f, OPEN, VIRTCPU_RPC_STREAM, VIRTCPU_RPC_OK, NULL, 0);
    open_stream(f);
    g_assert_cmpuint(f->ended, ==, 1);
}

static void
test_end_of_file(Fixture *f, gconstpointer patience)
{
    open_stream(f);
    g_assert_cmpint(send(f->guest, "last", 4, 0), ==, 4);
    close(g_steal_fd(&f->guest));
    expect(f, VIRTCPU_RPC_CONTINUE, "last");
    expect(f, VIRTCPU_RPC_CONTINUE, "");
    wait_for_end(f); /* others may open it before the client ends the stream */
    send_packet(f, OPEN, VIRTCPU_RPC_STREAM, VIRTCPU_RPC_CONTINUE, "too late", 8);
    send_packet(f, OPEN, VIRTCPU_RPC_STREAM, VIRTCPU_RPC_OK, NULL, 0);
    expect(f, VIRTCPU_RPC_OK, "");
}

static void
test_cut(Fixture *f, gconstpointer patience)
{
    f->cut = g_cancellable_new();
    open_stream(f);
    g_cancellable_cancel(f->cut);
    expect_error(f, "another client took it over");
    wait_for_end(f);
}

static void
test_client_gone(Fixture *f, gconstpointer patience)
{
    open_stream(f);
    g_assert_cmpint(send(f->guest, "unheard", 7, 0), ==, 7);
    send_packet(f, OPEN, VIRTCPU_RPC_STREAM, VIRTCPU_RPC_CONTINUE, "half", 4);
    close(g_steal_fd(&f->fd));
    wait_for_end(f);
    g_assert_cmpuint(virtcpu_rpc_server_clients(f->server), ==, 0);
}

/* Send what the stream takes now; returns how much. */
static gsize
fill_guest(Fixture *f)
{
    g_autofree char *block = g_malloc0(65536);
    gsize total = 0;
    gint64 quiet = g_get_monotonic_time();

    while (g_get_monotonic_time() - quiet < G_TIME_SPAN_SECOND / 5) {
        const ssize_t put = send(f->guest, block, 65536, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (put > 0) {
            total += (gsize)put;
            quiet = g_get_monotonic_time();
        }
        g_main_context_iteration(NULL, FALSE);
    }
    return total;
}

/* A client that does not read loses the stream, not the connection; memory is bounded. */
static void
test_deaf_client(Fixture *f, gconstpointer patience)
{
    gsize taken, heard = 0;

    open_stream(f);
    taken = fill_guest(f);
    g_assert_cmpuint(taken, <, 2u * 1024 * 1024);
    wait_for_end(f);
    for (;;) {
        guint8 head[VIRTCPU_RPC_FRAME_MIN];
        g_autofree guint8 *rest = g_malloc(70000);
        gsize length;

        receive_bytes(f, head, sizeof(head));
        length = word_at(head) - VIRTCPU_RPC_FRAME_MIN;
        receive_bytes(f, rest, length);
        if (word_at(head + 24) == VIRTCPU_RPC_ERROR) {
            break;
        }
        heard += length;
    }
    g_assert_cmpuint(heard, >, 200 * 1024);
    open_stream(f);
}

/* A guest that does not read makes the client wait, and is given up in the end. */
static void
test_deaf_guest(Fixture *f, gconstpointer patience)
{
    g_autofree char *block = g_malloc0(65536);

    open_stream(f);
    for (int i = 0; i < 40; i++) {
        send_packet(f, OPEN, VIRTCPU_RPC_STREAM, VIRTCPU_RPC_CONTINUE, block, 65536);
    }
    expect_error(f, "the guest has read nothing");
    g_assert_cmpuint(f->ended, ==, 1);
    open_stream(f);
}

/* Everything arrives in order through a guest that reads slowly, before the end is confirmed. */
static void
test_slow_guest(Fixture *f, gconstpointer patience)
{
    g_autoptr(GByteArray) sent = g_byte_array_new(), got = g_byte_array_new();
    g_autoptr(GBytes) confirmed = NULL;
    guint8 part[16384];

    open_stream(f);
    for (guint i = 0; i < 10; i++) {
        g_autofree guint8 *block = g_malloc(60000);

        memset(block, (int)i, 60000);
        g_byte_array_append(sent, block, 60000);
    }
    for (guint at = 0; at < sent->len;) {
        const ssize_t have = recv(f->guest, part, sizeof(part), MSG_DONTWAIT);

        send_packet(f, OPEN, VIRTCPU_RPC_STREAM, VIRTCPU_RPC_CONTINUE, sent->data + at, 60000);
        at += 60000;
        g_byte_array_append(got, part, (guint)MAX(have, 0));
    }
    send_packet(f, OPEN, VIRTCPU_RPC_STREAM, VIRTCPU_RPC_OK, NULL, 0);
    while (got->len < sent->len) {
        const ssize_t have = recv(f->guest, part, sizeof(part), MSG_DONTWAIT);

        g_byte_array_append(got, part, (guint)MAX(have, 0));
        g_main_context_iteration(NULL, FALSE);
    }
    g_assert_cmpmem(got->data, got->len, sent->data, sent->len);
    confirmed = receive(f, VIRTCPU_RPC_STREAM, VIRTCPU_RPC_OK);
}

static void
test_refused(Fixture *f, gconstpointer patience)
{
    g_autoptr(GBytes) reply = NULL;

    f->serial++;
    send_packet(f, REFUSE, VIRTCPU_RPC_CALL, VIRTCPU_RPC_OK, NULL, 0);
    reply = receive(f, VIRTCPU_RPC_REPLY, VIRTCPU_RPC_ERROR);
    g_assert_cmpuint(f->ended, ==, 1);
}

static void
send_fd(Fixture *f, int fd)
{
    char byte = 0;
    char control[CMSG_SPACE(sizeof(int))] = { 0 };
    struct iovec iov = { &byte, 1 };
    struct msghdr message = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
    };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &fd, sizeof(int));
    g_assert_cmpint(sendmsg(f->fd, &message, 0), ==, 1);
}

static int
receive_fd(Fixture *f)
{
    char byte;
    char control[CMSG_SPACE(sizeof(int))];
    struct iovec iov = { &byte, 1 };
    struct msghdr message = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
    };
    const struct cmsghdr *header;
    int fd = -1;

    while (recvmsg(f->fd, &message, MSG_DONTWAIT) != 1) {
        g_main_context_iteration(NULL, TRUE);
    }
    header = CMSG_FIRSTHDR(&message);
    if (header != NULL) {
        memcpy(&fd, CMSG_DATA(header), sizeof(fd));
    }
    g_assert_cmpint(fd, >=, 0);
    return fd;
}

/* Two descriptors there and back, a byte of its own with each. */
static void
test_descriptors(Fixture *f, gconstpointer patience)
{
    static const guint8 two[] = { 0, 0, 0, 2 };
    int first[2], second[2], back;
    g_autoptr(GBytes) reply = NULL;

    g_assert_cmpint(pipe(first), ==, 0);
    g_assert_cmpint(pipe(second), ==, 0);
    f->serial++;
    send_packet(f, PASS, VIRTCPU_RPC_CALL_WITH_FDS, VIRTCPU_RPC_OK, two, sizeof(two));
    send_fd(f, first[1]);
    send_fd(f, second[1]);
    reply = receive(f, VIRTCPU_RPC_REPLY_WITH_FDS, VIRTCPU_RPC_OK);
    g_assert_cmpuint(g_bytes_get_size(reply), ==, 4);
    back = receive_fd(f);
    g_assert_cmpint(write(back, "2", 1), ==, 1);
    close(back);
    back = receive_fd(f);
    g_assert_cmpint(write(back, "1", 1), ==, 1);
    close(back);
    for (int i = 0; i < 2; i++) {
        const int *pair = i == 0 ? first : second;
        char byte;

        g_assert_cmpint(read(pair[0], &byte, 1), ==, 1);
        g_assert_cmpint(byte, ==, i == 0 ? '1' : '2');
        close(pair[0]);
        close(pair[1]);
    }
    open_stream(f); /* the bytes behind the message were not taken for the next one */
}

/* Bytes where descriptors should be, too many of them, no count: the connection ends. */
static void
test_bad_descriptors(Fixture *f, gconstpointer patience)
{
    static const guint8 counts[][4] = { { 0, 0, 0, 1 },
                                        { 0, 0, 0, 33 },
                                        { 0xff, 0xff, 0xff, 0xff } };
    const gsize row = GPOINTER_TO_SIZE(patience);
    char byte = 0;

    f->serial++;
    send_packet(f, PASS, VIRTCPU_RPC_CALL_WITH_FDS, VIRTCPU_RPC_OK,
                row < G_N_ELEMENTS(counts) ? counts[row] : NULL,
                row < G_N_ELEMENTS(counts) ? 4 : 0);
    (void)send(f->fd, &byte, 1, MSG_NOSIGNAL);
    while (virtcpu_rpc_server_clients(f->server) > 0) {
        g_main_context_iteration(NULL, TRUE);
    }
}

static void
add(const char *path, gsize data, void (*test)(Fixture *f, gconstpointer patience))
{
    g_test_add(path, Fixture, GSIZE_TO_POINTER(data), setup, test, teardown);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    signal(SIGPIPE, SIG_IGN);
    add("/rpc-stream/both-ways", 1, test_both_ways);
    add("/rpc-stream/abort", 1, test_abort);
    add("/rpc-stream/end-of-file", 1, test_end_of_file);
    add("/rpc-stream/cut", 1, test_cut);
    add("/rpc-stream/client-gone", 1, test_client_gone);
    add("/rpc-stream/deaf-client", 1, test_deaf_client);
    add("/rpc-stream/deaf-guest", 1, test_deaf_guest);
    add("/rpc-stream/slow-guest", 0, test_slow_guest);
    add("/rpc-stream/refused", 1, test_refused);
    add("/rpc-stream/descriptors", 1, test_descriptors);
    add("/rpc-stream/bad-descriptors/missing", 0, test_bad_descriptors);
    add("/rpc-stream/bad-descriptors/many", 1, test_bad_descriptors);
    add("/rpc-stream/bad-descriptors/huge", 2, test_bad_descriptors);
    add("/rpc-stream/bad-descriptors/no-count", 3, test_bad_descriptors);
    return g_test_run();
}
