/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/migrate-door.h"

#include "conf/error.h"
#include "conf/fd.h"
#include "conf/i18n.h"
#include "drivers/qemu/migrate-porch.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixsocketaddress.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>

/* How a stream of QEMU's begins: QEMU_VM_FILE_MAGIC. */
#define STREAM_MAGIC       "QEVM"
#define STREAM_MAGIC_BYTES 4
#define SECRET_BYTES       32
/* Before the secret: what protocol that is. */
#define GREETING       "virtcpu-migrate/1 "
#define GREETING_BYTES (sizeof(GREETING) - 1 + (gsize)2 * SECRET_BYTES)
/* Said to who may come in. */
#define WELCOME '+'
/* A link that carries nothing for so long is taken for cut: the guest may be standing still. */
#define DEAD_MS 30000

struct _VirtCpuMigrateDoor {
    VirtCpuFd listener;
    VirtCpuFd closing; /* an eventfd: the thread is to end */
    char *path;        /* of a UNIX socket, removed with the door */
    GStatBuf made;     /* what was made there */
    char *greeting;    /* NULL: a bare stream */
    VirtCpuMigrateDoorFunc func;
    gpointer user_data;
    GThread *thread;
};

/* ---- who comes in ---- */

/* The greeting is taken off the stream, and answered. */
static gboolean
welcome(int fd)
{
    char seen[GREETING_BYTES];
    const char answer = WELCOME;

    return recv(fd, seen, sizeof(seen), MSG_WAITALL) == (ssize_t)sizeof(seen) &&
           send(fd, &answer, 1, MSG_NOSIGNAL) == 1;
}

static gboolean
judge(int fd, const char *seen, gpointer user_data)
{
    const VirtCpuMigrateDoor *door = user_data;

    if (door->greeting == NULL) {
        return memcmp(seen, STREAM_MAGIC, STREAM_MAGIC_BYTES) == 0;
    }
    return memcmp(seen, door->greeting, GREETING_BYTES) == 0 && welcome(fd);
}

/* QEMU gathers what it writes: that the kernel gathers it once more makes the end of the state,
 * during which the guest stands still, wait for an acknowledgement that is put off. A UNIX socket
 * has no such thing. */
static void
send_at_once(int fd)
{
    const int on = 1;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static gpointer
run_door(gpointer data)
{
    VirtCpuMigrateDoor *door = data;
    const int fd = virtcpu_migrate_porch_keep(
        door->listener, door->closing, door->greeting != NULL ? GREETING_BYTES : STREAM_MAGIC_BYTES,
        judge, door);

    if (fd >= 0) {
        virtcpu_fd_close(g_steal_fd(&door->listener)); /* there is nothing here for others */
        send_at_once(fd);
        door->func(fd, door->user_data);
    }
    return NULL;
}

/* ---- making one ---- */

static int
try_address(const struct sockaddr *address, socklen_t length)
{
    g_auto(VirtCpuFd) fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;

    if (fd < 0) {
        return -1;
    }
    if (address->sa_family != AF_UNIX) {
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    }
    if (bind(fd, address, length) < 0 || listen(fd, VIRTCPU_MIGRATE_PORCH_PLACES) < 0) {
        return -1;
    }
    return g_steal_fd(&fd);
}

/* The first of the addresses of @host (NULL: any of @family) that lets itself be bound, or -1. */
static int
try_host(const char *host, int family, guint port, GError **error)
{
    const struct addrinfo hints = { .ai_family = family,
                                    .ai_socktype = SOCK_STREAM,
                                    .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
    g_autofree char *service = g_strdup_printf("%u", port);
    struct addrinfo *found = NULL;
    const int problem = getaddrinfo(host, service, &hints, &found);
    int fd = -1;

    if (problem != 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                          _("unable to resolve address '%s' service '%s': %s"),
                          host != NULL ? host : "*", service, gai_strerror(problem));
        return -1;
    }
    for (const struct addrinfo *one = found; one != NULL && fd < 0; one = one->ai_next) {
        fd = try_address(one->ai_addr, one->ai_addrlen);
    }
    if (fd < 0) {
        virtcpu_error_set_errno(error, errno, _("Unable to bind to port '%s' of '%s'"), service,
                                host != NULL ? host : "*");
    }
    freeaddrinfo(found);
    return fd;
}

/* IPv6's wildcard is IPv4's, too, where the kernel has IPv6. */
static int
try_port(const char *host, guint port, GError **error)
{
    g_autoptr(GError) reason = NULL;
    int fd;

    if (host != NULL && host[0] != '\0') {
        return try_host(host, AF_UNSPEC, port, error);
    }
    fd = try_host(NULL, AF_INET6, port, &reason);
    if (fd >= 0 || virtcpu_error_to_errno(reason) == EADDRINUSE) {
        if (fd < 0) {
            g_propagate_error(error, g_steal_pointer(&reason));
        }
        return fd;
    }
    return try_host(NULL, AF_INET, port, error);
}

int
virtcpu_migrate_door_bind(VirtCpuMigrationUri *uri, GError **error)
{
    if (uri->port != 0) {
        return try_port(uri->host, uri->port, error);
    }
    /* from the end: libvirtd begins with the first, and looks at a port long before it listens */
    for (guint port = VIRTCPU_MIGRATE_PORT_MAX; port >= VIRTCPU_MIGRATE_PORT_MIN; port--) {
        g_autoptr(GError) reason = NULL;
        const int fd = try_port(uri->host, port, &reason);

        if (fd >= 0) {
            uri->port = port;
            return fd;
        }
        if (virtcpu_error_to_errno(reason) != EADDRINUSE) {
            g_propagate_error(error, g_steal_pointer(&reason));
            return -1;
        }
    }
    virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                      _("Unable to find an unused port in range 'migration' (%d-%d)"),
                      VIRTCPU_MIGRATE_PORT_MIN, VIRTCPU_MIGRATE_PORT_MAX);
    return -1;
}

/* A socket that an earlier migration left behind is no reason not to listen; other files are. */
static gboolean
bind_unix(VirtCpuMigrateDoor *door, const VirtCpuMigrationUri *uri, GError **error)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    GStatBuf info;

    g_strlcpy(address.sun_path, uri->path, sizeof(address.sun_path));
    if (g_lstat(uri->path, &info) == 0 && S_ISSOCK(info.st_mode)) {
        g_unlink(uri->path);
    }
    door->listener = try_address((const struct sockaddr *)&address, sizeof(address));
    if (door->listener < 0) {
        virtcpu_error_set_errno(error, errno, _("Failed to create socket '%s'"), uri->path);
        return FALSE;
    }
    door->path = g_strdup(uri->path);
    if (g_lstat(uri->path, &door->made) != 0) {
        virtcpu_error_set_errno(error, errno, _("Failed to create socket '%s'"), uri->path);
        return FALSE;
    }
    return TRUE;
}

/* A door may be freed when the next migration has made its own at the same place. */
static void
remove_socket(const VirtCpuMigrateDoor *door)
{
    GStatBuf there;

    if (g_lstat(door->path, &there) == 0 && there.st_dev == door->made.st_dev &&
        there.st_ino == door->made.st_ino && there.st_mtim.tv_sec == door->made.st_mtim.tv_sec &&
        there.st_mtim.tv_nsec == door->made.st_mtim.tv_nsec) {
        g_unlink(door->path);
    }
}

VirtCpuMigrateDoor *
virtcpu_migrate_door_new(VirtCpuMigrationUri *uri, GError **error)
{
    g_autoptr(VirtCpuMigrateDoor) door = g_new0(VirtCpuMigrateDoor, 1);

    door->listener = -1;
    door->closing = eventfd(0, EFD_CLOEXEC);
    if (door->closing < 0) {
        virtcpu_error_set_errno(error, errno, _("An eventfd cannot be made"));
        return NULL;
    }
    if (uri->path != NULL) {
        return bind_unix(door, uri, error) ? g_steal_pointer(&door) : NULL;
    }
    door->listener = virtcpu_migrate_door_bind(uri, error);
    return door->listener >= 0 ? g_steal_pointer(&door) : NULL;
}

void
virtcpu_migrate_door_open(VirtCpuMigrateDoor *door, const char *secret, VirtCpuMigrateDoorFunc func,
                          gpointer user_data)
{
    door->greeting = secret != NULL ? g_strconcat(GREETING, secret, NULL) : NULL;
    door->func = func;
    door->user_data = user_data;
    door->thread = g_thread_new("migrate-door", run_door, door);
}

void
virtcpu_migrate_door_free(VirtCpuMigrateDoor *door)
{
    if (door == NULL) {
        return;
    }
    if (door->thread != NULL) {
        (void)eventfd_write(door->closing, 1);
        g_thread_join(door->thread);
    }
    virtcpu_fd_close(door->listener);
    virtcpu_fd_close(door->closing);
    if (door->path != NULL) {
        remove_socket(door);
    }
    g_free(door->path);
    g_free(door->greeting);
    g_free(door);
}

char *
virtcpu_migrate_secret_new(GError **error)
{
    guint8 bytes[SECRET_BYTES];
    GString *text = g_string_sized_new((gsize)2 * SECRET_BYTES);

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes)) {
        virtcpu_error_set_errno(error, errno, _("The kernel gives no random numbers"));
        g_string_free(text, TRUE);
        return NULL;
    }
    for (gsize i = 0; i < sizeof(bytes); i++) {
        g_string_append_printf(text, "%02x", bytes[i]);
    }
    return g_string_free(text, FALSE);
}

/* ---- knocking ---- */

static GSocketConnectable *
to_connectable(const VirtCpuMigrationUri *uri)
{
    return uri->path != NULL
               ? G_SOCKET_CONNECTABLE(g_unix_socket_address_new(uri->path))
               : G_SOCKET_CONNECTABLE(g_network_address_new(uri->host, (guint16)uri->port));
}

/* A descriptor of our own, as QEMU takes it: blocking, and given up when the other side is dead. */
static int
take_socket(GSocketConnection *connection)
{
    const int fd =
        fcntl(g_socket_get_fd(g_socket_connection_get_socket(connection)), F_DUPFD_CLOEXEC, 3);
    const int on = 1;
    const unsigned dead_ms = DEAD_MS;

    if (fd >= 0) {
        (void)g_unix_set_fd_nonblocking(fd, FALSE, NULL);
        /* a UNIX socket has neither */
        (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
        (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &dead_ms, sizeof(dead_ms));
        send_at_once(fd);
    }
    return fd;
}

static gboolean
set_timeout(int fd, int seconds)
{
    const struct timeval timeout = { .tv_sec = seconds };

    return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) == 0;
}

static gboolean
show_secret(int fd, const char *secret)
{
    g_autofree char *greeting = g_strconcat(GREETING, secret, NULL);
    char answer = 0;

    return send(fd, greeting, strlen(greeting), MSG_NOSIGNAL) == (ssize_t)strlen(greeting) &&
           set_timeout(fd, DEAD_MS / 1000) && recv(fd, &answer, 1, 0) == 1 && answer == WELCOME &&
           set_timeout(fd, 0);
}

int
virtcpu_migrate_door_knock(const VirtCpuMigrationUri *uri, const char *secret, GError **error)
{
    g_autoptr(GSocketClient) client = g_socket_client_new();
    g_autoptr(GSocketConnectable) place = to_connectable(uri);
    g_autoptr(GSocketConnection) connection = NULL;
    g_autofree char *where = virtcpu_migration_uri_format(uri);
    g_autoptr(GError) reason = NULL;
    g_auto(VirtCpuFd) fd = -1;

    g_socket_client_set_enable_proxy(client, FALSE);
    g_socket_client_set_timeout(client, DEAD_MS / 1000);
    connection = g_socket_client_connect(client, place, NULL, &reason);
    if (connection == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                          _("unable to connect to destination '%s': %s"), where, reason->message);
        return -1;
    }
    fd = take_socket(connection);
    if (fd < 0 || (secret != NULL && !show_secret(fd, secret))) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                          _("the destination does not let this migration in at '%s'"), where);
        return -1;
    }
    return g_steal_fd(&fd);
}
