/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sockets that QMP runs over, and the descriptors that go through them. */
#include "conf/error.h"
#include "drivers/qemu/qmp-socket.h"
#include "drivers/qemu/qmp.h"
#include "tests/unit/folder.h"
#include "tests/unit/patience.h"
#include "tests/unit/qmp-peer.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A path longer than a socket address holds. */
static void
test_socket_path(void)
{
    g_autofree char *top = test_folder_new();
    g_autofree char *name = g_strnfill(150, 'd');
    g_autofree char *folder = g_build_filename(top, name, NULL);
    g_autofree char *path = g_build_filename(folder, "monitor.sock", NULL);
    g_autoptr(GError) error = NULL;
    int listening, again, connected;

    g_assert_cmpint(virtcpu_qmp_listen(path, &error), ==, -1);
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_SYSTEM_ERROR);
    g_clear_error(&error);
    g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
    listening = virtcpu_qmp_listen(path, &error);
    g_assert_no_error(error);
    again = virtcpu_qmp_listen(path, &error);
    g_assert_no_error(error);
    connected = virtcpu_qmp_connect(path, &error);
    g_assert_no_error(error);
    close(listening);
    close(again);
    close(connected);
    g_assert_cmpint(virtcpu_qmp_connect(path, &error), ==, -1);
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_SYSTEM_ERROR);
    g_assert_cmpint(unlink(path) | rmdir(folder) | rmdir(top), ==, 0);
}

/* Read what comes into @heard up to a whole line; the descriptor that came with the byte at @at. */
static int
hear_fd(int socket, GString *heard, gsize *at)
{
    int fd = -1;

    while (heard->len == 0 || heard->str[heard->len - 1] != '\n') {
        char byte;
        char control[CMSG_SPACE(sizeof(int))];
        struct iovec iov = { &byte, 1 };
        struct msghdr message = { .msg_iov = &iov,
                                  .msg_iovlen = 1,
                                  .msg_control = control,
                                  .msg_controllen = sizeof(control) };
        struct cmsghdr *header;

        g_assert_cmpint(recvmsg(socket, &message, 0), ==, 1);
        header = CMSG_FIRSTHDR(&message);
        if (header != NULL) {
            g_assert_cmpint(fd, ==, -1);
            memcpy(&fd, CMSG_DATA(header), sizeof(fd));
            *at = heard->len;
        }
        g_string_append_c(heard, byte);
    }
    return fd;
}

/* A peer that answers one command and writes a word to the descriptor that came with it. */
static gpointer
take_fd(gpointer data)
{
    static const char answer[] =
        TEST_QMP_GREETING TEST_QMP_HELLO "{\"return\": {}, \"id\": \"2\"}\r\n";
    const int *socket = data;
    g_autoptr(GString) first = g_string_new(NULL), second = g_string_new(NULL);
    gsize at = G_MAXSIZE;
    int fd;

    test_qmp_say(*socket, answer, strlen(answer));
    g_assert_cmpint(hear_fd(*socket, first, &at), ==, -1);
    fd = hear_fd(*socket, second, &at);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpuint(at, ==, 0);
    g_assert_cmpint(write(fd, "word", 4), ==, 4);
    close(fd);
    return NULL;
}

/* The descriptor comes with the first byte of its own command, also behind one that has none. */
static void
test_fd(void)
{
    int ours = -1, theirs = -1, pair[2];
    g_autoptr(GThread) peer = NULL;
    g_autoptr(VirtCpuQmp) qmp = NULL;
    g_autoptr(GError) error = NULL;
    VirtCpuQmpCall calls[2] = { { .command = "qmp_capabilities" }, { .command = "getfd" } };
    char word[5] = "";

    g_assert_cmpint(pipe(pair), ==, 0);
    g_assert_true(virtcpu_qmp_socketpair(&ours, &theirs, NULL));
    qmp = virtcpu_qmp_new(ours, NULL, NULL, NULL, NULL);
    calls[1].fd = &pair[1];
    peer = g_thread_new("peer", take_fd, &theirs);
    g_assert_true(virtcpu_qmp_execute_many(qmp, calls, 2, TEST_PATIENCE_MS, &error));
    g_assert_no_error(error);
    virtcpu_qmp_call_clear(&calls[0]);
    virtcpu_qmp_call_clear(&calls[1]);
    g_thread_join(g_steal_pointer(&peer));
    close(pair[1]);
    g_assert_cmpint(read(pair[0], word, 4), ==, 4);
    g_assert_cmpstr(word, ==, "word");
    g_assert_cmpint(read(pair[0], word, 1), ==, 0);
    close(pair[0]);
    close(theirs);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qmp-socket/path", test_socket_path);
    g_test_add_func("/qmp-socket/fd", test_fd);
    return g_test_run();
}
