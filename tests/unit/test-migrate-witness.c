/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/fd.h"
#include "drivers/qemu/migrate-door.h"
#include "drivers/qemu/migrate-witness.h"
#include "tests/unit/folder.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const guint8 came[VIRTCPU_UUID_BYTES] = { 1 };
static const guint8 coming[VIRTCPU_UUID_BYTES] = { 2 };
static const guint8 unknown[VIRTCPU_UUID_BYTES] = { 3 };

static gboolean
is_open(const guint8 uuid[VIRTCPU_UUID_BYTES], gpointer user_data)
{
    return memcmp(uuid, coming, VIRTCPU_UUID_BYTES) == 0;
}

static VirtCpuPeerAnswer
ask(guint port, const char *secret, const guint8 uuid[VIRTCPU_UUID_BYTES])
{
    g_autofree char *place = g_strdup_printf("tcp:127.0.0.1:%u", port);
    VirtCpuPeerAnswer answer = VIRTCPU_PEER_RUNS;
    g_autoptr(GError) error = NULL;

    g_assert_true(virtcpu_migrate_witness_ask(place, secret, uuid, &answer, &error));
    g_assert_no_error(error);
    return answer;
}

static guint
open_port(VirtCpuMigrateWitness *witness)
{
    g_autoptr(GError) error = NULL;
    const guint port = virtcpu_migrate_witness_open(witness, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(port, >=, VIRTCPU_MIGRATE_PORT_MIN);
    g_assert_cmpuint(port, <=, VIRTCPU_MIGRATE_PORT_MAX);
    return port;
}

static void
note(VirtCpuMigrateWitness *witness, const guint8 uuid[VIRTCPU_UUID_BYTES], const char *secret)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(virtcpu_migrate_witness_note(witness, uuid, secret, &error));
    g_assert_no_error(error);
}

static void
test_answers(void)
{
    g_autofree char *folder = g_dir_make_tmp("virtcpu-test-XXXXXX", NULL);
    g_autofree char *secret = virtcpu_migrate_secret_new(NULL);
    g_autofree char *wrong = virtcpu_migrate_secret_new(NULL);
    VirtCpuMigrateWitness *witness = virtcpu_migrate_witness_new(folder, is_open, NULL);
    const guint port = open_port(witness);

    g_assert_cmpuint(open_port(witness), ==, port);
    note(witness, came, secret);
    note(witness, coming, secret);
    g_assert_cmpint(ask(port, secret, came), ==, VIRTCPU_PEER_HAS);
    g_assert_cmpint(ask(port, wrong, came), ==, VIRTCPU_PEER_HAS_NONE);
    g_assert_cmpint(ask(port, secret, unknown), ==, VIRTCPU_PEER_HAS_NONE);
    g_assert_cmpint(ask(port, secret, coming), ==, VIRTCPU_PEER_HOLDS);
    virtcpu_migrate_witness_forget(witness, came);
    virtcpu_migrate_witness_forget(witness, unknown);
    g_assert_cmpint(ask(port, secret, came), ==, VIRTCPU_PEER_HAS_NONE);
    note(witness, came, wrong); /* it came once more */
    g_assert_cmpint(ask(port, secret, came), ==, VIRTCPU_PEER_HAS_NONE);
    virtcpu_migrate_witness_free(witness);
    test_folder_remove(folder);
}

/* What is remembered, and where it is asked for, outlasts the daemon. */
static void
test_again(void)
{
    g_autofree char *folder = g_dir_make_tmp("virtcpu-test-XXXXXX", NULL);
    g_autofree char *secret = virtcpu_migrate_secret_new(NULL);
    VirtCpuMigrateWitness *witness = virtcpu_migrate_witness_new(folder, is_open, NULL);
    VirtCpuMigrateWitness *second;
    const guint port = open_port(witness);

    note(witness, came, secret);
    virtcpu_migrate_witness_free(witness);
    witness = virtcpu_migrate_witness_new(folder, is_open, NULL);
    virtcpu_migrate_witness_reopen(witness);
    g_assert_cmpint(ask(port, secret, came), ==, VIRTCPU_PEER_HAS);
    /* a second one finds the port taken, and serves without */
    g_test_expect_message("virtcpu", G_LOG_LEVEL_WARNING, "*cannot ask here*");
    second = virtcpu_migrate_witness_new(folder, is_open, NULL);
    virtcpu_migrate_witness_reopen(second);
    virtcpu_migrate_witness_free(second);
    g_test_assert_expected_messages();
    virtcpu_migrate_witness_free(witness);
    test_folder_remove(folder);
}

static int
call(guint port)
{
    const struct sockaddr_in address = { .sin_family = AF_INET,
                                         .sin_port = htons((guint16)port),
                                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_assert_cmpint(connect(fd, (const struct sockaddr *)&address, sizeof(address)), ==, 0);
    return fd;
}

/* Who asks for something else is sent away without a word, and who says nothing harms nobody. */
static void
test_strangers(void)
{
    static const char *const bad[] = { "",
                                       "GET / HTTP/1.0\r\n\r\n",
                                       "virtcpu-where/1 ",
                                       "virtcpu-where/2 01000000-0000-0000-0000-000000000000 ",
                                       "virtcpu-where/1 no-uuid-at-all-but-as-long-as-one-is ",
                                       "virtcpu-where/1 01000000-0000-0000-0000-000000000000 NO" };
    g_autofree char *folder = g_dir_make_tmp("virtcpu-test-XXXXXX", NULL);
    g_autofree char *secret = virtcpu_migrate_secret_new(NULL);
    VirtCpuMigrateWitness *witness = virtcpu_migrate_witness_new(folder, is_open, NULL);
    const guint port = open_port(witness);
    int silent[20];

    note(witness, came, secret);
    for (gsize i = 0; i < G_N_ELEMENTS(silent); i++) {
        silent[i] = call(port);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *filled = g_strconcat(bad[i], secret, secret, NULL);
        g_auto(VirtCpuFd) fd = call(port);
        char answer;

        g_assert_cmpint(send(fd, filled, strlen(filled), MSG_NOSIGNAL), >, 0);
        (void)shutdown(fd, SHUT_WR);
        g_assert_cmpint(recv(fd, &answer, 1, 0), <=, 0);
    }
    g_assert_cmpint(ask(port, secret, came), ==, VIRTCPU_PEER_HAS);
    for (gsize i = 0; i < G_N_ELEMENTS(silent); i++) {
        close(silent[i]);
    }
    virtcpu_migrate_witness_free(witness);
    test_folder_remove(folder);
}

static void
test_nobody_there(void)
{
    VirtCpuPeerAnswer answer;
    g_autoptr(GError) error = NULL;

    g_assert_false(virtcpu_migrate_witness_ask("tcp:127.0.0.1:1", "x", came, &answer, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/migrate-witness/answers", test_answers);
    g_test_add_func("/migrate-witness/again", test_again);
    g_test_add_func("/migrate-witness/strangers", test_strangers);
    g_test_add_func("/migrate-witness/nobody-there", test_nobody_there);
    return g_test_run();
}
