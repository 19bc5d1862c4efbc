/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/fd.h"
#include "drivers/qemu/migrate-door.h"
#include "tests/unit/folder.h"
#include "tests/unit/patience.h"

#include <glib/gstdio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

/* Nobody else's migrations come here: a port that was let go may be theirs the next moment. */
#define ADDRESS "127.0.0.3"
#define HERE    "tcp:" ADDRESS

/* What came through a door; a test waits for it. */
typedef struct {
    GMutex lock;
    GCond came;
    int fd;
} Visit;

static void
let_in(int fd, gpointer user_data)
{
    Visit *visit = user_data;

    g_mutex_lock(&visit->lock);
    visit->fd = fd;
    g_cond_signal(&visit->came);
    g_mutex_unlock(&visit->lock);
}

static int
await(Visit *visit)
{
    const gint64 deadline = g_get_monotonic_time() + TEST_PATIENCE_US;
    int fd;

    g_mutex_lock(&visit->lock);
    while (visit->fd < 0 && g_cond_wait_until(&visit->came, &visit->lock, deadline)) {
        ;
    }
    fd = visit->fd;
    g_mutex_unlock(&visit->lock);
    g_assert_cmpint(fd, >=, 0);
    return fd;
}

static VirtCpuMigrationUri *
parse(const char *text)
{
    g_autoptr(GError) error = NULL;
    VirtCpuMigrationUri *uri = virtcpu_migration_uri_parse(text, &error);

    g_assert_no_error(error);
    return uri;
}

static VirtCpuMigrateDoor *
make(VirtCpuMigrationUri *uri)
{
    g_autoptr(GError) error = NULL;
    VirtCpuMigrateDoor *door = virtcpu_migrate_door_new(uri, &error);

    g_assert_no_error(error);
    return door;
}

static int
knock(const VirtCpuMigrationUri *uri, const char *secret, const char *words)
{
    g_autoptr(GError) error = NULL;
    const int fd = virtcpu_migrate_door_knock(uri, secret, &error);

    if (words == NULL) {
        g_assert_no_error(error);
    } else {
        g_assert_cmpint(fd, ==, -1);
        g_assert_nonnull(strstr(error->message, words));
    }
    return fd;
}

/* What a guest waits for while it stands still is not put off. */
static void
check_prompt(int fd)
{
    int family, at_once;
    socklen_t length = sizeof(int);

    g_assert_cmpint(getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &length), ==, 0);
    if (family != AF_UNIX) {
        g_assert_cmpint(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, &length), ==, 0);
        g_assert_cmpint(at_once, !=, 0);
    }
}

static void
check_passage(int out, int in)
{
    struct pollfd polled = { .fd = in, .events = POLLIN };
    char seen[6] = "";

    check_prompt(out);
    check_prompt(in);
    g_assert_cmpint(send(out, "hello", 5, 0), ==, 5);
    /* few bytes wake who waits for them */
    g_assert_cmpint(poll(&polled, 1, TEST_PATIENCE_MS), ==, 1);
    g_assert_cmpint(recv(in, seen, 5, MSG_WAITALL), ==, 5);
    g_assert_cmpstr(seen, ==, "hello");
}

static void
check_secret(const char *place)
{
    g_autoptr(VirtCpuMigrationUri) uri = parse(place);
    g_autoptr(VirtCpuMigrateDoor) door = make(uri);
    g_autofree char *secret = virtcpu_migrate_secret_new(NULL);
    g_autofree char *wrong = virtcpu_migrate_secret_new(NULL);
    g_auto(VirtCpuFd) silent = -1;
    g_auto(VirtCpuFd) bare = -1;
    g_auto(VirtCpuFd) out = -1;
    g_auto(VirtCpuFd) in = -1;
    Visit visit = { .fd = -1 };
    char none;

    virtcpu_migrate_door_open(door, secret, let_in, &visit);
    silent = knock(uri, NULL, NULL);
    bare = knock(uri, NULL, NULL);
    g_assert_cmpint(send(bare, "QEVM", 4, 0), ==, 4);
    knock(uri, wrong, "does not let this migration in");
    out = knock(uri, secret, NULL);
    in = await(&visit);
    check_passage(out, in);
    /* who stood there has been sent away */
    g_assert_cmpint(recv(silent, &none, 1, 0), <=, 0);
}

static void
test_tcp(void)
{
    check_secret(HERE);
}

static void
test_unix(void)
{
    g_autofree char *folder = test_folder_new();
    g_autofree char *uri = g_strdup_printf("unix://%s/socket", folder);
    g_autofree char *path = g_build_filename(folder, "socket", NULL);

    check_secret(uri);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    g_assert_cmpint(g_rmdir(folder), ==, 0);
}

/* A door that is freed late takes no other's place away. */
static void
test_unix_again(void)
{
    g_autofree char *folder = test_folder_new();
    g_autofree char *place = g_strdup_printf("unix://%s/socket", folder);
    g_autoptr(VirtCpuMigrationUri) uri = parse(place);
    VirtCpuMigrateDoor *first = make(uri);
    VirtCpuMigrateDoor *second;

    g_usleep(50000); /* more than file systems count time by */
    second = make(uri);
    virtcpu_migrate_door_free(first);
    virtcpu_fd_close(knock(uri, NULL, NULL));
    virtcpu_migrate_door_free(second);
    g_assert_cmpint(g_rmdir(folder), ==, 0);
}

/* A libvirt's QEMU begins with its stream at once; a browser does not. */
static void
test_bare(void)
{
    g_autoptr(VirtCpuMigrationUri) uri = parse(HERE);
    g_autoptr(VirtCpuMigrateDoor) door = make(uri);
    g_auto(VirtCpuFd) stranger = -1;
    g_auto(VirtCpuFd) out = -1;
    g_auto(VirtCpuFd) in = -1;
    Visit visit = { .fd = -1 };
    char none;

    virtcpu_migrate_door_open(door, NULL, let_in, &visit);
    stranger = knock(uri, NULL, NULL);
    g_assert_cmpint(send(stranger, "GET / HTTP/1.0\r\n", 16, 0), ==, 16);
    g_assert_cmpint(recv(stranger, &none, 1, 0), <=, 0);
    out = knock(uri, NULL, NULL);
    g_assert_cmpint(send(out, "QEVMhello", 9, 0), ==, 9);
    in = await(&visit);
    {
        char seen[10] = "";

        g_assert_cmpint(recv(in, seen, 9, MSG_WAITALL), ==, 9);
        g_assert_cmpstr(seen, ==, "QEVMhello");
    }
}

/* One is let in, whoever else knows the secret. */
static void
test_second(void)
{
    g_autoptr(VirtCpuMigrationUri) uri = parse(HERE);
    g_autoptr(VirtCpuMigrateDoor) door = make(uri);
    g_autofree char *secret = virtcpu_migrate_secret_new(NULL);
    g_auto(VirtCpuFd) early = -1;
    g_auto(VirtCpuFd) out = -1;
    g_auto(VirtCpuFd) in = -1;
    Visit visit = { .fd = -1 };
    char none;

    virtcpu_migrate_door_open(door, secret, let_in, &visit);
    early = knock(uri, NULL, NULL);
    out = knock(uri, secret, NULL);
    in = await(&visit);
    check_passage(out, in);
    (void)send(early, secret, strlen(secret), MSG_NOSIGNAL);
    g_assert_cmpint(recv(early, &none, 1, 0), <=, 0);
    knock(uri, secret, "unable to connect");
}

/* Many strangers who say nothing keep nobody out. */
static void
test_crowd(void)
{
    g_autoptr(VirtCpuMigrationUri) uri = parse(HERE);
    g_autoptr(VirtCpuMigrateDoor) door = make(uri);
    g_autofree char *secret = virtcpu_migrate_secret_new(NULL);
    g_auto(VirtCpuFd) out = -1;
    g_auto(VirtCpuFd) in = -1;
    Visit visit = { .fd = -1 };
    int crowd[20];

    virtcpu_migrate_door_open(door, secret, let_in, &visit);
    for (gsize i = 0; i < G_N_ELEMENTS(crowd); i++) {
        crowd[i] = knock(uri, NULL, NULL);
    }
    out = knock(uri, secret, NULL);
    in = await(&visit);
    check_passage(out, in);
    for (gsize i = 0; i < G_N_ELEMENTS(crowd); i++) {
        virtcpu_fd_close(crowd[i]);
    }
}

static void
test_closed(void)
{
    g_autoptr(VirtCpuMigrationUri) uri = parse(HERE);
    VirtCpuMigrateDoor *door = make(uri);
    Visit visit = { .fd = -1 };

    g_assert_cmpuint(uri->port, >=, VIRTCPU_MIGRATE_PORT_MIN);
    g_assert_cmpuint(uri->port, <=, VIRTCPU_MIGRATE_PORT_MAX);
    virtcpu_migrate_door_open(door, NULL, let_in, &visit);
    virtcpu_migrate_door_free(door);
    g_assert_cmpint(visit.fd, ==, -1);
    knock(uri, NULL, "unable to connect");
}

static void
test_ports(void)
{
    g_autoptr(VirtCpuMigrationUri) first = parse(HERE);
    g_autoptr(VirtCpuMigrationUri) second = parse(HERE);
    g_autoptr(VirtCpuMigrateDoor) one = make(first);
    g_autoptr(VirtCpuMigrateDoor) two = make(second);
    g_autoptr(VirtCpuMigrationUri) taken = g_new0(VirtCpuMigrationUri, 1);
    g_autoptr(GError) error = NULL;

    g_assert_cmpuint(first->port, !=, second->port);
    taken->host = g_strdup(ADDRESS);
    taken->port = first->port;
    g_assert_null(virtcpu_migrate_door_new(taken, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_SYSTEM_ERROR);
    g_clear_error(&error);
    g_free(taken->host);
    taken->host = g_strdup("no-such-host.invalid");
    g_assert_null(virtcpu_migrate_door_new(taken, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_OPERATION_FAILED);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/migrate-door/tcp", test_tcp);
    g_test_add_func("/migrate-door/unix", test_unix);
    g_test_add_func("/migrate-door/unix-again", test_unix_again);
    g_test_add_func("/migrate-door/bare", test_bare);
    g_test_add_func("/migrate-door/second", test_second);
    g_test_add_func("/migrate-door/crowd", test_crowd);
    g_test_add_func("/migrate-door/closed", test_closed);
    g_test_add_func("/migrate-door/ports", test_ports);
    return g_test_run();
}
