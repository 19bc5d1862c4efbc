/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/sockets.h"

#include "conf/error.h"
#include "conf/i18n.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static gboolean
remove_stale(const char *path, GError **error)
{
    struct stat found;

    if (lstat(path, &found) < 0) {
        return TRUE;
    }
    if (!S_ISSOCK(found.st_mode)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                          _("'%s' is in the way of the socket; remove it."), path);
        return FALSE;
    }
    if (unlink(path) < 0) {
        virtcpu_error_set_errno(error, errno, _("Cannot remove '%s'"), path);
        return FALSE;
    }
    return TRUE;
}

static gboolean
set_rights(const char *path, mode_t mode, const char *group, GError **error)
{
    if (group != NULL) {
        const struct group *found = getgrnam(group);

        if (found == NULL) {
            virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                              _("There is no group '%s' for the socket."), group);
            return FALSE;
        }
        if (chown(path, (uid_t)-1, found->gr_gid) < 0) {
            virtcpu_error_set_errno(error, errno, _("Cannot give '%s' to group '%s'"), path, group);
            return FALSE;
        }
    }
    if (chmod(path, mode) < 0) {
        virtcpu_error_set_errno(error, errno, _("Cannot set the mode of '%s'"), path);
        return FALSE;
    }
    return TRUE;
}

/* The mode is nobody's until the group is set: Linux gives a socket file the socket's own mode. */
static gboolean
bind_and_listen(int fd, const char *path, mode_t mode, const char *group, GError **error)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
    if (fchmod(fd, 0) < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        virtcpu_error_set_errno(error, errno, _("Cannot bind the socket '%s'"), path);
        return FALSE;
    }
    if (!set_rights(path, mode, group, error)) {
        return FALSE;
    }
    if (listen(fd, SOMAXCONN) < 0) {
        virtcpu_error_set_errno(error, errno, _("Cannot listen on '%s'"), path);
        return FALSE;
    }
    return TRUE;
}

int
virtcpu_socket_listen(const char *path, mode_t mode, const char *group, GError **error)
{
    int fd;

    if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path)) {
        virtcpu_error_set(
            error, VIRTCPU_ERR_INVALID_ARG,
            _("The socket path '%s' is longer than %zu bytes; choose another --root."), path,
            sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1);
        return -1;
    }
    if (!remove_stale(path, error)) {
        return -1;
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        virtcpu_error_set_errno(error, errno, _("Cannot make a socket"));
        return -1;
    }
    if (!bind_and_listen(fd, path, mode, group, error)) {
        close(fd);
        return -1;
    }
    return fd;
}
