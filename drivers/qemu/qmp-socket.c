/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qmp-socket.h"

#include "conf/error.h"
#include "conf/fd.h"
#include "conf/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Address of @path seen from its folder, open at @folder: that fits whatever the path's length. */
static gboolean
make_address(const char *path, int folder, struct sockaddr_un *address, GError **error)
{
    g_autofree char *name = g_path_get_basename(path);
    int length;

    *address = (struct sockaddr_un){ .sun_family = AF_UNIX };
    length = g_snprintf(address->sun_path, sizeof(address->sun_path), "/proc/self/fd/%d/%s", folder,
                        name);
    if ((gsize)length >= sizeof(address->sun_path)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("the name of monitor socket '%s' is too long"), path);
        return FALSE;
    }
    return TRUE;
}

static int
open_folder(const char *path, GError **error)
{
    g_autofree char *name = g_path_get_dirname(path);
    int folder = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (folder < 0) {
        virtcpu_error_set_errno(error, errno, _("cannot open folder '%s'"), name);
    }
    return folder;
}

/* @flags: SOCK_NONBLOCK, or 0. */
static int
open_socket(int flags, GError **error)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

    if (fd < 0) {
        virtcpu_error_set_errno(error, errno, _("cannot create a monitor socket"));
    }
    return fd;
}

int
virtcpu_qmp_listen(const char *path, GError **error)
{
    g_auto(VirtCpuFd) folder = open_folder(path, error);
    g_auto(VirtCpuFd) fd = -1;
    struct sockaddr_un address;

    if (folder < 0 || !make_address(path, folder, &address, error)) {
        return -1;
    }
    fd = open_socket(0, error);
    if (fd < 0) {
        return -1;
    }
    if (unlink(path) != 0 && errno != ENOENT) {
        virtcpu_error_set_errno(error, errno, _("cannot remove old monitor socket '%s'"), path);
        return -1;
    }
    /* bind gives the file the socket's own mode, so that it is never open to others */
    if (fchmod(fd, S_IRUSR | S_IWUSR) != 0 ||
        bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 1) != 0) {
        virtcpu_error_set_errno(error, errno, _("cannot listen on monitor socket '%s'"), path);
        return -1;
    }
    return g_steal_fd(&fd);
}

int
virtcpu_qmp_connect(const char *path, GError **error)
{
    g_auto(VirtCpuFd) folder = open_folder(path, error);
    g_auto(VirtCpuFd) fd = -1;
    struct sockaddr_un address;

    if (folder < 0 || !make_address(path, folder, &address, error)) {
        return -1;
    }
    /* a QEMU that accepts nobody has a full queue: then this fails and does not wait */
    fd = open_socket(SOCK_NONBLOCK, error);
    if (fd < 0) {
        return -1;
    }
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        virtcpu_error_set_errno(error, errno, _("cannot connect to monitor socket '%s'"), path);
        return -1;
    }
    return g_steal_fd(&fd);
}

gboolean
virtcpu_qmp_socketpair(int *ours, int *theirs, GError **error)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        virtcpu_error_set_errno(error, errno, _("cannot create a monitor socket"));
        return FALSE;
    }
    *ours = pair[0];
    *theirs = pair[1];
    return TRUE;
}
