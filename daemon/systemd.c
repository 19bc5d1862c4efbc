/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/systemd.h"

#include "conf/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* The first descriptor passed; the others follow. */
#define FIRST_FD 3

static const char ready[] = "READY=1";

/* The whole number in variable @name of the environment, -1 when there is none. */
static int
number_from_environment(const char *name)
{
    const char *text = g_getenv(name);
    guint64 number;

    return text != NULL && g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT, &number, NULL)
               ? (int)number
               : -1;
}

static gboolean
is_read_only(int fd)
{
    struct sockaddr_un address = { 0 };
    socklen_t length = sizeof(address) - 1;

    return getsockname(fd, (struct sockaddr *)&address, &length) == 0 &&
           g_str_has_suffix(address.sun_path, "-ro");
}

GArray *
virtcpu_systemd_take_sockets(void)
{
    GArray *sockets = g_array_new(FALSE, FALSE, sizeof(VirtCpuPassedSocket));
    /* the variables may be left from a parent they were meant for */
    const gboolean ours = number_from_environment("LISTEN_PID") == getpid();
    const int count = ours ? number_from_environment("LISTEN_FDS") : 0;

    for (int i = 0; i < count; i++) {
        const VirtCpuPassedSocket passed = { FIRST_FD + i, is_read_only(FIRST_FD + i) };

        if (fcntl(passed.fd, F_SETFD, FD_CLOEXEC) < 0) {
            break; /* fewer than was said */
        }
        g_array_append_val(sockets, passed);
    }
    g_unsetenv("LISTEN_PID");
    g_unsetenv("LISTEN_FDS");
    g_unsetenv("LISTEN_FDNAMES");
    return sockets;
}

static gboolean
send_ready(const struct sockaddr_un *address, socklen_t length)
{
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const gboolean sent = fd >= 0 && sendto(fd, ready, strlen(ready), MSG_NOSIGNAL,
                                            (const struct sockaddr *)address, length) >= 0;
    const int failure = errno;

    if (fd >= 0) {
        close(fd);
    }
    errno = failure;
    return sent;
}

void
virtcpu_systemd_notify_ready(void)
{
    const char *path = g_getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const gsize length = path != NULL ? strlen(path) : 0;

    if (length == 0) {
        return;
    }
    if (length > sizeof(address.sun_path)) {
        g_warning(_("Cannot tell '%s' that the daemon is ready: %s"), path,
                  g_strerror(ENAMETOOLONG));
        return;
    }
    memcpy(address.sun_path, path, length);
    if (address.sun_path[0] == '@') {
        address.sun_path[0] = '\0'; /* an abstract name */
    }
    if (!send_ready(&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length))) {
        g_warning(_("Cannot tell '%s' that the daemon is ready: %s"), path, g_strerror(errno));
    }
}
