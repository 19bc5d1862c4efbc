/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/dbus-private.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "daemon/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* A bus that ended is not started again sooner. */
#define RESTART_SECONDS 5

/* Who connects may call this daemon and nobody else; names belong to root and the daemon's user.
 * The service is never started by the bus: that its file names a program that succeeds has the bus
 * hold calls until this process, which started the bus, has taken the name. */
static const char bus_config[] =
    "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\"\n"
    "  \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n"
    "<busconfig>\n"
    "  <listen>systemd:</listen>\n"
    "  <auth>EXTERNAL</auth>\n"
    "  <servicedir>%s</servicedir>\n"
    "  <policy context=\"default\">\n"
    "    <allow user=\"*\"/>\n"
    "    <allow send_destination=\"org.freedesktop.DBus\"/>\n"
    "    <allow send_destination=\"org.virtcpu.Daemon1\"/>\n"
    "    <allow receive_type=\"method_call\"/>\n"
    "    <allow receive_type=\"method_return\"/>\n"
    "    <allow receive_type=\"error\"/>\n"
    "    <allow receive_type=\"signal\"/>\n"
    "    <allow send_requested_reply=\"true\" send_type=\"method_return\"/>\n"
    "    <allow send_requested_reply=\"true\" send_type=\"error\"/>\n"
    "  </policy>\n"
    "  <policy user=\"root\">\n"
    "    <allow own=\"*\"/>\n"
    "    <allow send_destination=\"*\"/>\n"
    "  </policy>\n"
    "  <policy user=\"%u\">\n"
    "    <allow own=\"*\"/>\n"
    "    <allow send_destination=\"*\"/>\n"
    "  </policy>\n"
    "  <limit name=\"max_message_size\">67108864</limit>\n"
    "  <limit name=\"max_incoming_bytes\">67108864</limit>\n"
    "  <limit name=\"max_connections_per_user\">256</limit>\n"
    "  <limit name=\"max_replies_per_connection\">128</limit>\n"
    "</busconfig>\n";

static const char service_config[] = "[D-BUS Service]\n"
                                     "Name=org.virtcpu.Daemon1\n"
                                     "Exec=%s\n";

struct _VirtCpuDbusPrivate {
    char *dbus_daemon, *true_program;
    char *socket_path, *address;
    char *folder, *config_file, *log_file;
    int fd;         /* the listening socket, which the bus inherits */
    guint knocking; /* the source that waits for the first client, or for the time to do so; or 0 */
    GSubprocess *process;
    GCancellable *cancel;
    VirtCpuDbusPrivateFunc started;
    gpointer user_data;
};

static gboolean
write_file(const char *path, const char *text, GError **error)
{
    g_autoptr(GError) trouble = NULL;

    if (!g_file_set_contents(path, text, -1, &trouble)) {
        virtcpu_error_set(error, VIRTCPU_ERR_SYSTEM_ERROR, _("cannot write '%s': %s"), path,
                          trouble->message);
        return FALSE;
    }
    return TRUE;
}

static gboolean
write_config(const VirtCpuDbusPrivate *bus, GError **error)
{
    g_autofree char *service = g_strdup_printf(service_config, bus->true_program);
    g_autofree char *file = g_build_filename(bus->folder, "org.virtcpu.Daemon1.service", NULL);
    g_autofree char *text = g_markup_printf_escaped(bus_config, bus->folder, (unsigned)geteuid());

    if (g_mkdir_with_parents(bus->folder, 0700) < 0) {
        virtcpu_error_set_errno(error, errno, _("Cannot make the folder '%s'"), bus->folder);
        return FALSE;
    }
    return write_file(file, service, error) && write_file(bus->config_file, text, error);
}

/* In the child, before the bus. */
static void
die_with_parent(gpointer parent)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != (pid_t)GPOINTER_TO_INT(parent)) {
        _exit(1);
    }
}

static GSubprocess *
start_process(const VirtCpuDbusPrivate *bus, GError **error)
{
    g_autofree char *config = g_strdup_printf("--config-file=%s", bus->config_file);
    g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_NONE);
    const int copy = fcntl(bus->fd, F_DUPFD_CLOEXEC, 0);

    if (copy < 0) {
        virtcpu_error_set_errno(error, errno, _("Cannot copy a socket"));
        return NULL;
    }
    g_subprocess_launcher_take_fd(launcher, copy, 3);
    g_subprocess_launcher_setenv(launcher, "LISTEN_FDS", "1", TRUE);
    g_subprocess_launcher_set_stdout_file_path(launcher, bus->log_file);
    g_subprocess_launcher_set_stderr_file_path(launcher, bus->log_file);
    g_subprocess_launcher_set_child_setup(launcher, die_with_parent, GINT_TO_POINTER((int)getpid()),
                                          NULL);
    /* a process can know its number for LISTEN_PID only once it is there */
    return g_subprocess_launcher_spawn(launcher, error, "/bin/sh", "-c",
                                       "LISTEN_PID=$$ exec \"$@\"", "sh", bus->dbus_daemon, config,
                                       "--nofork", "--nopidfile", "--nosyslog", NULL);
}

static void wait_for_client(VirtCpuDbusPrivate *bus);

static gboolean
waited_long_enough(gpointer data)
{
    VirtCpuDbusPrivate *bus = data;

    bus->knocking = 0;
    wait_for_client(bus);
    return G_SOURCE_REMOVE;
}

/* Who knocked meanwhile is sent away: none of them shall wait for nothing. */
static void
try_again_later(VirtCpuDbusPrivate *bus)
{
    int client;

    while ((client = accept4(bus->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        close(client);
    }
    bus->knocking = g_timeout_add_seconds(RESTART_SECONDS, waited_long_enough, bus);
}

static void
process_ended(GObject *source, GAsyncResult *result, gpointer data)
{
    VirtCpuDbusPrivate *bus = data;
    g_autoptr(GError) error = NULL;

    if (!g_subprocess_wait_finish(G_SUBPROCESS(source), result, &error)) {
        return; /* we end it ourselves, and @bus is gone */
    }
    g_message(_("The bus at '%s' ended; see '%s'. It is started again for the next client."),
              bus->socket_path, bus->log_file);
    g_clear_object(&bus->process);
    try_again_later(bus);
}

static gboolean
client_knocked(int fd, GIOCondition condition, gpointer data)
{
    VirtCpuDbusPrivate *bus = data;
    g_autoptr(GError) error = NULL;

    bus->knocking = 0;
    if (write_config(bus, &error)) {
        bus->process = start_process(bus, &error);
    }
    if (bus->process == NULL) {
        g_message(_("There is no bus at '%s': %s"), bus->socket_path, error->message);
        try_again_later(bus);
        return G_SOURCE_REMOVE;
    }
    g_subprocess_wait_async(bus->process, bus->cancel, process_ended, bus);
    bus->started(bus->user_data);
    return G_SOURCE_REMOVE;
}

static void
wait_for_client(VirtCpuDbusPrivate *bus)
{
    bus->knocking = g_unix_fd_add(bus->fd, G_IO_IN, client_knocked, bus);
}

VirtCpuDbusPrivate *
virtcpu_dbus_private_new(const char *run_dir, const char *log_dir, VirtCpuDbusPrivateFunc started,
                         gpointer user_data, GError **error)
{
    g_autoptr(VirtCpuDbusPrivate) bus = g_new0(VirtCpuDbusPrivate, 1);
    g_autofree char *escaped = NULL;

    bus->fd = -1;
    bus->dbus_daemon = g_find_program_in_path("dbus-daemon");
    bus->true_program = g_find_program_in_path("true");
    if (bus->dbus_daemon == NULL || bus->true_program == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("there is no program 'dbus-daemon' in PATH; install dbus"));
        return NULL;
    }
    bus->socket_path = g_build_filename(run_dir, "bus", NULL);
    escaped = g_dbus_address_escape_value(bus->socket_path);
    bus->address = g_strdup_printf("unix:path=%s", escaped);
    bus->folder = g_build_filename(run_dir, "dbus", NULL);
    bus->config_file = g_build_filename(bus->folder, "bus.conf", NULL);
    bus->log_file = g_build_filename(log_dir, "dbus.log", NULL);
    bus->started = started;
    bus->user_data = user_data;
    bus->fd = virtcpu_socket_listen(bus->socket_path, 0666, NULL, error);
    if (bus->fd < 0) {
        return NULL;
    }
    bus->cancel = g_cancellable_new();
    wait_for_client(bus);
    return g_steal_pointer(&bus);
}

const char *
virtcpu_dbus_private_address(const VirtCpuDbusPrivate *bus)
{
    return bus->address;
}

void
virtcpu_dbus_private_free(VirtCpuDbusPrivate *bus)
{
    if (bus == NULL) {
        return;
    }
    g_clear_handle_id(&bus->knocking, g_source_remove);
    if (bus->process != NULL) {
        g_cancellable_cancel(bus->cancel);
        g_subprocess_send_signal(bus->process, SIGTERM);
        g_object_unref(bus->process);
    }
    g_clear_object(&bus->cancel);
    if (bus->fd >= 0) {
        close(bus->fd);
        unlink(bus->socket_path);
    }
    g_free(bus->dbus_daemon);
    g_free(bus->true_program);
    g_free(bus->socket_path);
    g_free(bus->address);
    g_free(bus->folder);
    g_free(bus->config_file);
    g_free(bus->log_file);
    g_free(bus);
}
