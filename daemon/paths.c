/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/paths.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static VirtCpuPaths *
root_paths(const char *root)
{
    VirtCpuPaths *paths = g_new0(VirtCpuPaths, 1);
    g_autofree char *top = g_canonicalize_filename(root, NULL);

    paths->config_dir = g_build_filename(top, "etc", NULL);
    paths->run_dir = g_build_filename(top, "run", NULL);
    paths->lib_dir = g_build_filename(top, "lib", NULL);
    paths->cache_dir = g_build_filename(top, "cache", NULL);
    paths->log_dir = g_build_filename(top, "log", NULL);
    return paths;
}

static VirtCpuPaths *
system_paths(void)
{
    VirtCpuPaths *paths = g_new0(VirtCpuPaths, 1);

    paths->config_dir = g_strdup(VIRTCPU_SYSCONFDIR);
    paths->run_dir = g_strdup("/run/virtcpu");
    paths->lib_dir = g_strdup("/var/lib/virtcpu");
    paths->cache_dir = g_strdup("/var/cache/virtcpu");
    paths->log_dir = g_strdup("/var/log/virtcpu");
    return paths;
}

static VirtCpuPaths *
user_paths(void)
{
    VirtCpuPaths *paths = g_new0(VirtCpuPaths, 1);

    paths->config_dir = g_build_filename(g_get_user_config_dir(), "virtcpu", NULL);
    paths->run_dir = g_build_filename(g_get_user_runtime_dir(), "virtcpu", NULL);
    paths->lib_dir = g_build_filename(g_get_user_data_dir(), "virtcpu", NULL);
    paths->cache_dir = g_build_filename(g_get_user_cache_dir(), "virtcpu", NULL);
    paths->log_dir = g_build_filename(g_get_user_cache_dir(), "virtcpu", "log", NULL);
    return paths;
}

VirtCpuPaths *
virtcpu_paths_new(const char *root, gboolean privileged)
{
    VirtCpuPaths *paths = root != NULL ? root_paths(root)
                          : privileged ? system_paths()
                                       : user_paths();

    paths->config_file = g_build_filename(paths->config_dir, "virtcpud.conf", NULL);
    paths->socket = g_build_filename(paths->run_dir, "virtcpud-sock", NULL);
    paths->socket_ro = g_build_filename(paths->run_dir, "virtcpud-sock-ro", NULL);
    paths->lock_file = g_build_filename(paths->run_dir, "virtcpud.pid", NULL);
    return paths;
}

char *
virtcpu_paths_uri(const VirtCpuPaths *paths, gboolean privileged)
{
    g_autofree char *socket = g_uri_escape_string(paths->socket, "/", FALSE);

    return g_strdup_printf("qemu+unix:///%s?socket=%s", privileged ? "system" : "session", socket);
}

void
virtcpu_paths_free(VirtCpuPaths *paths)
{
    if (paths == NULL) {
        return;
    }
    g_free(paths->config_file);
    g_free(paths->config_dir);
    g_free(paths->run_dir);
    g_free(paths->lib_dir);
    g_free(paths->cache_dir);
    g_free(paths->log_dir);
    g_free(paths->socket);
    g_free(paths->socket_ro);
    g_free(paths->lock_file);
    g_free(paths);
}

static gboolean
make_folders(const VirtCpuPaths *paths, GError **error)
{
    const struct {
        const char *path;
        int mode;
    } folders[] = {
        { paths->config_dir, 0700 }, { paths->run_dir, 0755 }, /* the sockets' own modes decide */
        { paths->lib_dir, 0711 },    { paths->cache_dir, 0700 }, { paths->log_dir, 0700 },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
        if (g_mkdir_with_parents(folders[i].path, folders[i].mode) < 0) {
            virtcpu_error_set_errno(error, errno, _("Cannot make the folder '%s'"),
                                    folders[i].path);
            return FALSE;
        }
    }
    return TRUE;
}

int
virtcpu_paths_lock(const VirtCpuPaths *paths, GError **error)
{
    g_autofree char *pid = g_strdup_printf("%d\n", (int)getpid());
    const gsize length = strlen(pid);
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    int fd;

    if (!make_folders(paths, error)) {
        return -1;
    }
    fd = open(paths->lock_file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0) {
        virtcpu_error_set_errno(error, errno, _("Cannot open '%s'"), paths->lock_file);
        return -1;
    }
    /* not flock(): a QEMU about to be executed when its daemon is killed would still hold that */
    if (fcntl(fd, F_SETLK, &whole) < 0) {
        if (errno == EACCES || errno == EAGAIN) {
            virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                              _("Another virtcpud holds '%s'; stop it, or choose another --root."),
                              paths->lock_file);
        } else {
            virtcpu_error_set_errno(error, errno, _("Cannot lock '%s'"), paths->lock_file);
        }
        close(fd);
        return -1;
    }
    if (ftruncate(fd, 0) < 0 || write(fd, pid, length) != (ssize_t)length) {
        virtcpu_error_set_errno(error, errno, _("Cannot write '%s'"), paths->lock_file);
        close(fd);
        return -1;
    }
    return fd;
}
