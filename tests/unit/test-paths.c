/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Folders, the lock, listening sockets and those that systemd passes. */
#include "conf/error.h"
#include "config.h"
#include "daemon/paths.h"
#include "daemon/sockets.h"
#include "daemon/systemd.h"
#include "tests/unit/folder.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
    char *folder;
    VirtCpuPaths *paths;
} Fixture;

static void
set_up(Fixture *f, gconstpointer unused)
{
    f->folder = test_folder_new();
    g_assert_nonnull(f->folder);
    f->paths = virtcpu_paths_new(f->folder, TRUE);
}

static void
tear_down(Fixture *f, gconstpointer unused)
{
    const char *const made[] = { f->paths->socket,     f->paths->lock_file,
                                 f->paths->config_dir, f->paths->run_dir,
                                 f->paths->lib_dir,    f->paths->cache_dir,
                                 f->paths->log_dir,    f->folder };

    for (gsize i = 0; i < G_N_ELEMENTS(made); i++) {
        g_remove(made[i]); /* what a test did not make is not there */
    }
    virtcpu_paths_free(f->paths);
    g_free(f->folder);
}

static void
assert_below(const char *path, const char *folder, const char *rest)
{
    g_autofree char *expected = g_strconcat(folder, rest, NULL);

    g_assert_cmpstr(path, ==, expected);
}

static void
test_root(Fixture *f, gconstpointer unused)
{
    assert_below(f->paths->config_file, f->folder, "/etc/virtcpud.conf");
    assert_below(f->paths->socket, f->folder, "/run/virtcpud-sock");
    assert_below(f->paths->socket_ro, f->folder, "/run/virtcpud-sock-ro");
    assert_below(f->paths->lib_dir, f->folder, "/lib");
    assert_below(f->paths->cache_dir, f->folder, "/cache");
    assert_below(f->paths->log_dir, f->folder, "/log");
}

static void
test_usual(void)
{
    g_autoptr(VirtCpuPaths) system = virtcpu_paths_new(NULL, TRUE);
    g_autoptr(VirtCpuPaths) user = virtcpu_paths_new(NULL, FALSE);
    g_autoptr(VirtCpuPaths) relative = virtcpu_paths_new("here", TRUE);

    g_assert_cmpstr(system->socket, ==, "/run/virtcpu/virtcpud-sock");
    g_assert_cmpstr(system->lib_dir, ==, "/var/lib/virtcpu");
    g_assert_true(g_str_has_prefix(user->socket, g_get_user_runtime_dir()));
    g_assert_true(g_str_has_prefix(user->config_file, g_get_user_config_dir()));
    g_assert_true(g_path_is_absolute(relative->socket));
}

/* Another process tries to take the lock: the code of its error, 0 when it got it. */
static int
lock_elsewhere(const VirtCpuPaths *paths)
{
    pid_t child = fork();
    int status;

    g_assert_cmpint(child, >=, 0);
    if (child == 0) {
        g_autoptr(GError) error = NULL;

        _exit(virtcpu_paths_lock(paths, &error) < 0 ? error->code : 0);
    }
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    return WEXITSTATUS(status);
}

/* A process forked before this one was killed does not hold the lock on. */
static void
test_lock_of_the_killed(Fixture *f, gconstpointer unused)
{
    int go[2], locked;
    pid_t child;
    char byte;

    g_assert_cmpint(pipe(go), ==, 0);
    child = fork();
    g_assert_cmpint(child, >=, 0);
    if (child == 0) {
        locked = virtcpu_paths_lock(f->paths, NULL);
        if (locked >= 0 && fork() == 0) {
            close(go[1]);
            _exit(read(go[0], &byte, 1) != 0);
        }
        _exit(locked < 0);
    }
    g_assert_cmpint(waitpid(child, &locked, 0), ==, child);
    g_assert_cmpint(locked, ==, 0);
    g_assert_cmpint(lock_elsewhere(f->paths), ==, 0);
    close(go[1]);
    close(go[0]);
}

/* One daemon a root; the folders are for nobody else. */
static void
test_lock(Fixture *f, gconstpointer unused)
{
    g_autoptr(GError) error = NULL;
    char pid[32] = "";
    struct stat found;
    int lock = virtcpu_paths_lock(f->paths, &error);

    g_assert_no_error(error);
    g_assert_cmpint(lock, >=, 0);
    g_assert_cmpint(pread(lock, pid, sizeof(pid) - 1, 0), >, 0);
    g_assert_cmpint(atoi(pid), ==, getpid());
    g_assert_cmpint(stat(f->paths->lib_dir, &found), ==, 0);
    g_assert_cmpint(found.st_mode & 066, ==, 0);
    g_assert_cmpint(lock_elsewhere(f->paths), ==, VIRTCPU_ERR_OPERATION_FAILED);
    close(lock);
    g_assert_cmpint(lock_elsewhere(f->paths), ==, 0);
    lock = virtcpu_paths_lock(f->paths, &error);
    g_assert_no_error(error);
    close(lock);
}

static void
test_no_folder(Fixture *f, gconstpointer unused)
{
    g_autofree char *file = g_build_filename(f->folder, "run", NULL);
    g_autoptr(GError) error = NULL;

    g_assert_true(g_file_set_contents(file, "in the way", -1, NULL));
    g_assert_cmpint(virtcpu_paths_lock(f->paths, &error), ==, -1);
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_SYSTEM_ERROR);
}

static gboolean
can_connect(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    gboolean done;

    g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
    done = connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
    close(fd);
    return done;
}

/* A socket that a dead daemon left is replaced, and has the mode that was asked for. */
static void
test_listen(Fixture *f, gconstpointer unused)
{
    g_autofree char *path = g_build_filename(f->folder, "socket", NULL);
    g_autoptr(GError) error = NULL;
    struct stat found;
    int fd = virtcpu_socket_listen(path, 0700, NULL, &error);

    g_assert_no_error(error);
    g_assert_true(can_connect(path));
    close(fd);
    g_assert_false(can_connect(path));
    fd = virtcpu_socket_listen(path, 0660, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(can_connect(path));
    g_assert_cmpint(stat(path, &found), ==, 0);
    g_assert_cmpint(found.st_mode & 0777, ==, 0660);
    close(fd);
    g_remove(path);
}

static void
test_listen_refused(Fixture *f, gconstpointer unused)
{
    g_autofree char *file = g_build_filename(f->folder, "file", NULL);
    g_autofree char *socket_path = g_build_filename(f->folder, "socket", NULL);
    g_autofree char *filler = g_strnfill(200, 'x');
    g_autofree char *lengthy = g_build_filename(f->folder, filler, NULL);
    g_autofree char *nowhere = g_build_filename(f->folder, "none", "socket", NULL);
    const struct {
        const char *path, *group;
        VirtCpuErrorCode code;
    } rows[] = {
        { file, NULL, VIRTCPU_ERR_OPERATION_FAILED },
        { lengthy, NULL, VIRTCPU_ERR_INVALID_ARG },
        { nowhere, NULL, VIRTCPU_ERR_SYSTEM_ERROR },
        { socket_path, "no-such-group", VIRTCPU_ERR_INVALID_ARG },
    };

    g_assert_true(g_file_set_contents(file, "precious", -1, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_cmpint(virtcpu_socket_listen(rows[i].path, 0700, rows[i].group, &error), ==, -1);
        g_assert_error(error, VIRTCPU_ERROR, (int)rows[i].code);
    }
    g_assert_true(g_file_test(file, G_FILE_TEST_EXISTS));
    g_remove(file);
    g_remove(socket_path);
}

static void
test_nothing_passed(void)
{
    g_autoptr(GArray) passed = virtcpu_systemd_take_sockets();

    g_assert_cmpuint(passed->len, ==, 0);
}

/* In a process of its own: two sockets where systemd puts them, meant for @pid. The number that
 * is found, with 10 for each that is read-only. */
static int
count_passed(const int fds[2], pid_t pid)
{
    g_autofree char *pid_text = g_strdup_printf("%d", (int)pid);
    g_autoptr(GArray) passed = NULL;
    int count;

    dup2(fds[0], 3);
    dup2(fds[1], 4);
    g_setenv("LISTEN_PID", pid_text, TRUE);
    g_setenv("LISTEN_FDS", "2", TRUE);
    passed = virtcpu_systemd_take_sockets();
    count = (int)passed->len;
    for (guint i = 0; i < passed->len; i++) {
        const VirtCpuPassedSocket *given = &g_array_index(passed, VirtCpuPassedSocket, i);

        count += given->read_only ? 10 : 0;
        count += given->fd == 3 + (int)i ? 0 : 100;
    }
    return count + (g_getenv("LISTEN_FDS") != NULL ? 100 : 0);
}

static int
count_in_child(const int fds[2], gboolean for_us)
{
    const pid_t child = fork();
    int status;

    if (child == 0) {
        _exit(count_passed(fds, for_us ? getpid() : getppid()));
    }
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* What systemd passes is found, told apart by the path, and not passed on. */
static void
test_passed(Fixture *f, gconstpointer unused)
{
    g_autofree char *path = g_build_filename(f->folder, "s", NULL);
    g_autofree char *path_ro = g_build_filename(f->folder, "s-ro", NULL);
    g_autoptr(GError) error = NULL;
    const int own[2] = { virtcpu_socket_listen(path, 0700, NULL, &error),
                         virtcpu_socket_listen(path_ro, 0700, NULL, &error) };
    /* far from where systemd puts them */
    const int fds[2] = { fcntl(own[0], F_DUPFD_CLOEXEC, 20), fcntl(own[1], F_DUPFD_CLOEXEC, 20) };

    g_assert_no_error(error);
    g_assert_cmpint(count_in_child(fds, TRUE), ==, 12);
    g_assert_cmpint(count_in_child(fds, FALSE), ==, 0);
    for (gsize i = 0; i < G_N_ELEMENTS(fds); i++) {
        close(own[i]);
        close(fds[i]);
    }
    g_remove(path);
    g_remove(path_ro);
}

/* What NOTIFY_SOCKET at @address hears, and nothing when nobody asked. */
static void
check_ready(const struct sockaddr_un *address, socklen_t length, const char *variable)
{
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    char heard[64] = { 0 };

    g_assert_cmpint(bind(fd, (const struct sockaddr *)address, length), ==, 0);
    virtcpu_systemd_notify_ready();
    g_assert_cmpint(recv(fd, heard, sizeof(heard) - 1, 0), ==, -1);
    g_setenv("NOTIFY_SOCKET", variable, TRUE);
    virtcpu_systemd_notify_ready();
    g_assert_cmpint(recv(fd, heard, sizeof(heard) - 1, 0), >, 0);
    g_assert_cmpstr(heard, ==, "READY=1");
    g_unsetenv("NOTIFY_SOCKET");
    close(fd);
}

static void
test_ready(Fixture *f, gconstpointer unused)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    g_autofree char *path = g_build_filename(f->folder, "notify", NULL);
    g_autofree char *name = g_strdup_printf("@virtcpu-test-%d", (int)getpid());

    g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
    check_ready(&address, sizeof(address), path);
    g_remove(path);
    memset(address.sun_path, 0, sizeof(address.sun_path));
    memcpy(address.sun_path + 1, name + 1, strlen(name) - 1);
    check_ready(&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name)), name);
}

/* Nobody there, or a name no socket can have: said, and survived. */
static void
test_ready_unheard(Fixture *f, gconstpointer unused)
{
    g_autofree char *path = g_build_filename(f->folder, "nobody", NULL);
    g_autofree char *endless = g_strnfill(200, 'n');
    const char *const names[] = { path, endless };

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_setenv("NOTIFY_SOCKET", names[i], TRUE);
        g_test_expect_message("virtcpu", G_LOG_LEVEL_WARNING, "*that the daemon is ready*");
        virtcpu_systemd_notify_ready();
        g_test_assert_expected_messages();
    }
    g_unsetenv("NOTIFY_SOCKET");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/paths/root", Fixture, NULL, set_up, test_root, tear_down);
    g_test_add_func("/paths/usual", test_usual);
    g_test_add("/paths/lock", Fixture, NULL, set_up, test_lock, tear_down);
    g_test_add("/paths/lock-of-the-killed", Fixture, NULL, set_up, test_lock_of_the_killed,
               tear_down);
    g_test_add("/paths/no-folder", Fixture, NULL, set_up, test_no_folder, tear_down);
    g_test_add("/sockets/listen", Fixture, NULL, set_up, test_listen, tear_down);
    g_test_add("/sockets/refused", Fixture, NULL, set_up, test_listen_refused, tear_down);
    g_test_add_func("/sockets/nothing-passed", test_nothing_passed);
    g_test_add("/sockets/passed", Fixture, NULL, set_up, test_passed, tear_down);
    g_test_add("/systemd/ready", Fixture, NULL, set_up, test_ready, tear_down);
    g_test_add("/systemd/ready-unheard", Fixture, NULL, set_up, test_ready_unheard, tear_down);
    return g_test_run();
}
