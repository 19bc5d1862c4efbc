/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Descriptors that come and go with messages over a socket pair. */
#include "conf/error.h"
#include "schemas/virtcpu_rpc.h"
#include "tests/unit/rpc-peer.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
    VirtCpuRpcServer *server;
    int fd; /* the client's end */
    guint32 serial;
} Fixture;

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
    { RPC_PROGRAM_REMOTE, 1, "virTestPass", VIRTCPU_RPC_STAGE_ANY, VIRTCPU_RPC_PLACE_MAIN, 0, 0,
      NULL, 0, NULL, NULL, NULL, carry_pass },
};

static void
set_up(Fixture *f, gconstpointer unused)
{
    f->server = test_rpc_server_new(table, G_N_ELEMENTS(table), f);
    f->fd = test_rpc_peer_new(f->server, FALSE);
}

static void
tear_down(Fixture *f, gconstpointer unused)
{
    virtcpu_rpc_server_free(f->server);
    close(f->fd);
}

static void
call(Fixture *f, guint32 type, const void *data, gsize length)
{
    const VirtCpuRpcHeader header = {
        .program = RPC_PROGRAM_REMOTE,
        .version = RPC_VERSION,
        .procedure = 1,
        .type = type,
        .serial = ++f->serial,
    };
    g_autoptr(GBytes) frame = virtcpu_rpc_data_frame_new(&header, data, length);

    test_rpc_peer_send_frame(f->fd, frame);
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
test_descriptors(Fixture *f, gconstpointer unused)
{
    static const guint8 two[] = { 0, 0, 0, 2 };
    VirtCpuRpcHeader header = { 0 };
    int first[2], second[2], back;
    g_autoptr(GBytes) reply = NULL, next = NULL;

    g_assert_cmpint(pipe(first), ==, 0);
    g_assert_cmpint(pipe(second), ==, 0);
    call(f, VIRTCPU_RPC_CALL_WITH_FDS, two, sizeof(two));
    send_fd(f, first[1]);
    send_fd(f, second[1]);
    reply = test_rpc_peer_receive(f->fd, &header);
    g_assert_cmpuint(header.type, ==, VIRTCPU_RPC_REPLY_WITH_FDS);
    g_assert_cmpuint(header.status, ==, VIRTCPU_RPC_OK);
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
    /* the bytes behind the message were not taken for the next one */
    call(f, VIRTCPU_RPC_CALL, NULL, 0);
    next = test_rpc_peer_receive(f->fd, &header);
    g_assert_cmpuint(header.serial, ==, f->serial);
    g_assert_cmpuint(header.status, ==, VIRTCPU_RPC_ERROR);
}

/* Bytes where descriptors should be, too many of them, no count: the connection ends. */
static void
test_bad_descriptors(Fixture *f, gconstpointer row)
{
    static const guint8 counts[][4] = { { 0, 0, 0, 1 },
                                        { 0, 0, 0, 33 },
                                        { 0xff, 0xff, 0xff, 0xff } };
    const gsize which = GPOINTER_TO_SIZE(row);
    char byte = 0;

    call(f, VIRTCPU_RPC_CALL_WITH_FDS, which < G_N_ELEMENTS(counts) ? counts[which] : NULL,
         which < G_N_ELEMENTS(counts) ? 4 : 0);
    (void)send(f->fd, &byte, 1, MSG_NOSIGNAL);
    while (virtcpu_rpc_server_clients(f->server) > 0) {
        g_main_context_iteration(NULL, TRUE);
    }
}

static void
add_bad(const char *path, gsize row)
{
    g_test_add(path, Fixture, GSIZE_TO_POINTER(row), set_up, test_bad_descriptors, tear_down);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/rpc-fds/there-and-back", Fixture, NULL, set_up, test_descriptors, tear_down);
    add_bad("/rpc-fds/missing", 0);
    add_bad("/rpc-fds/many", 1);
    add_bad("/rpc-fds/huge", 2);
    add_bad("/rpc-fds/no-count", 3);
    return g_test_run();
}
