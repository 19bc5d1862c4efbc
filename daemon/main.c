/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtcpud: reads options, builds every part, runs the main loop. */
#include "conf/error.h"
#include "conf/i18n.h"
#include "config.h"
#include "daemon/daemon-config.h"
#include "daemon/dbus.h"
#include "daemon/paths.h"
#include "daemon/rpc-server.h"
#include "daemon/sockets.h"
#include "daemon/systemd.h"
#include "drivers/qemu/driver-job.h"
#include "rpc-table.h"

#include <errno.h>
#include <glib-unix.h>
#include <libintl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

/* Unsent bytes at which a client is not read any more, and at which it is closed: room for one
 * answer of the largest size and then some. */
#define OUTPUT_PAUSE (1024u * 1024u)
#define OUTPUT_LIMIT (64u * 1024u * 1024u)

typedef struct {
    char *root, *config;
    int timeout; /* seconds; 0: never */
    int ready_fd;
    gboolean verbose, version;
} Options;

typedef struct {
    GMainLoop *loop;
    VirtCpuDriver *driver;
    VirtCpuEvents *events;
    VirtCpuRpcServer *server;
    VirtCpuDbus *dbus;
    gboolean privileged;
    guint64 next_owner;
    guint64 clients_seen; /* and calls over D-Bus, at the last look for idleness */
    GLogLevelFlags log_mask;
} Daemon;

static gboolean
parse_options(Options *options, int argc, char **argv, GError **error)
{
    const GOptionEntry entries[] = {
        { "root", 0, 0, G_OPTION_ARG_FILENAME, &options->root, N_("Keep everything below DIR"),
          N_("DIR") },
        { "config", 'f', 0, G_OPTION_ARG_FILENAME, &options->config, N_("Configuration file"),
          N_("FILE") },
        { "timeout", 't', 0, G_OPTION_ARG_INT, &options->timeout,
          N_("Exit after SECONDS without clients and running domains"), N_("SECONDS") },
        { "ready-fd", 0, 0, G_OPTION_ARG_INT, &options->ready_fd,
          N_("Write a newline to descriptor N once clients can connect"), N_("N") },
        { "verbose", 'v', 0, G_OPTION_ARG_NONE, &options->verbose, N_("Log everything"), NULL },
        { "version", 'V', 0, G_OPTION_ARG_NONE, &options->version, N_("Print the version"), NULL },
        { 0 },
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);

    g_option_context_add_main_entries(context, entries, GETTEXT_PACKAGE);
    g_option_context_set_description(
        context,
        _("SIGTERM and SIGINT stop the daemon and leave guests running; SIGHUP is ignored."));
    if (!g_option_context_parse(context, &argc, &argv, error)) {
        return FALSE;
    }
    if (argc > 1 || options->timeout < 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("An argument is not understood; see virtcpud --help."));
        return FALSE;
    }
    return TRUE;
}

/* A missing file is an error only when it was named. */
static gboolean
read_config(VirtCpuConfig *config, const char *file, gboolean named, GError **error)
{
    g_autoptr(GError) reason = NULL;
    g_autofree char *text = NULL;

    if (!g_file_get_contents(file, &text, NULL, &reason)) {
        if (!named && g_error_matches(reason, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
            return TRUE;
        }
        g_propagate_error(error, g_steal_pointer(&reason));
        return FALSE;
    }
    return virtcpu_config_parse(config, text, file, error);
}

static GLogWriterOutput
write_log(GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
    const Daemon *daemon = user_data;

    if ((level & daemon->log_mask) == 0) {
        return G_LOG_WRITER_HANDLED;
    }
    return g_log_writer_standard_streams(level, fields, n_fields, NULL);
}

static GLogLevelFlags
log_mask(unsigned level)
{
    GLogLevelFlags mask = G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL;

    /* messages tell of files left alone and QEMUs gone: whoever runs the daemon has to know */
    mask |= level <= 3 ? (GLogLevelFlags)(G_LOG_LEVEL_WARNING | G_LOG_LEVEL_MESSAGE) : 0;
    mask |= level <= 2 ? G_LOG_LEVEL_INFO : 0;
    mask |= level <= 1 ? G_LOG_LEVEL_DEBUG : 0;
    return mask;
}

static gpointer
connection_new(VirtCpuRpcClient *client, gpointer user_data)
{
    Daemon *daemon = user_data;
    VirtCpuConnection *connection = g_new0(VirtCpuConnection, 1);

    connection->client = client;
    connection->driver = daemon->driver;
    connection->events = daemon->events;
    connection->privileged = daemon->privileged;
    connection->owner = ++daemon->next_owner;
    return connection;
}

static void
connection_closed(gpointer data, gpointer user_data)
{
    VirtCpuConnection *connection = data;

    virtcpu_events_forget(connection->events, connection->client);
    virtcpu_driver_owner_gone(connection->driver, connection->owner);
}

/* What it began belongs to a connection that was gone already. */
static void
call_ended_late(gpointer data, gpointer user_data)
{
    const VirtCpuConnection *connection = data;

    virtcpu_driver_owner_gone(connection->driver, connection->owner);
}

static void
note_happened(const VirtCpuNote *note, gpointer user_data)
{
    virtcpu_events_send(((Daemon *)user_data)->events, note);
}

/* The setting has libvirt's numbers. */
static VirtCpuSandbox
sandbox_of(const VirtCpuConfig *config)
{
    return config->seccomp_sandbox == 0   ? VIRTCPU_SANDBOX_OFF
           : config->seccomp_sandbox == 1 ? VIRTCPU_SANDBOX_ON
                                          : VIRTCPU_SANDBOX_DEFAULT;
}

static gboolean
start_driver(Daemon *daemon, const VirtCpuConfig *config, const VirtCpuPaths *paths, GError **error)
{
    g_autoptr(VirtCpuHost) host = virtcpu_host_read(NULL, error);
    g_autofree char *uri = virtcpu_paths_uri(paths, daemon->privileged);
    const VirtCpuDriverConfig driver_config = {
        .config_dir = paths->config_dir,
        .state_dir = paths->run_dir,
        .lib_dir = paths->lib_dir,
        .cache_dir = paths->cache_dir,
        .log_dir = paths->log_dir,
        .host_uuid = config->host_uuid,
        .daemon_uri = uri,
        .qemu_search_path = config->qemu_search_path,
        .fill_matrix = config->matrix_fill != 0,
        .probe_timeout_ms = config->probe_timeout * 1000,
        .monitor_timeout_ms = config->monitor_timeout * 1000,
        .verify_in_guest = config->verify_in_guest,
        .sandbox = sandbox_of(config),
        .user = config->user,
        .group = config->group,
        .cpu_form = config->cpu_form,
    };

    if (host == NULL) {
        return FALSE;
    }
    daemon->driver = virtcpu_driver_new(host, &driver_config, note_happened, daemon, error);
    return daemon->driver != NULL;
}

static void
make_server(Daemon *daemon, const VirtCpuConfig *config)
{
    const VirtCpuRpcServerConfig server_config = {
        .table = virtcpu_rpc_table,
        .table_length = virtcpu_rpc_table_length,
        .max_clients = config->max_clients,
        .workers = config->max_workers,
        .high_workers = config->prio_workers,
        .client_limits = { .max_requests = config->max_client_requests,
                           .output_pause = OUTPUT_PAUSE,
                           .output_limit = OUTPUT_LIMIT,
                           .keepalive_interval = config->keepalive_interval,
                           .keepalive_count = config->keepalive_count },
        .connection_new = connection_new,
        .connection_closed = connection_closed,
        .call_ended_late = call_ended_late,
        .connection_free = g_free,
        .user_data = daemon,
    };

    daemon->server = virtcpu_rpc_server_new(&server_config);
}

static gboolean
listen_at(Daemon *daemon, const char *path, const char *perms, const char *group,
          gboolean read_only, GError **error)
{
    guint64 mode;
    int fd;

    if (!g_ascii_string_to_unsigned(perms, 8, 0, 0777, &mode, NULL)) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("The permissions '%s' of a socket are no octal number up to 0777."),
                          perms);
        return FALSE;
    }
    fd = virtcpu_socket_listen(path, (mode_t)mode, group, error);
    if (fd < 0) {
        return FALSE;
    }
    virtcpu_rpc_server_listen(daemon->server, fd, read_only);
    return TRUE;
}

static gboolean
start_listening(Daemon *daemon, const VirtCpuConfig *config, const VirtCpuPaths *paths,
                GError **error)
{
    g_autoptr(GArray) passed = virtcpu_systemd_take_sockets();

    for (guint i = 0; i < passed->len; i++) {
        const VirtCpuPassedSocket *given = &g_array_index(passed, VirtCpuPassedSocket, i);

        virtcpu_rpc_server_listen(daemon->server, given->fd, given->read_only);
    }
    return passed->len > 0 || (listen_at(daemon, paths->socket, config->unix_sock_rw_perms,
                                         config->unix_sock_group, FALSE, error) &&
                               listen_at(daemon, paths->socket_ro, config->unix_sock_ro_perms,
                                         config->unix_sock_group, TRUE, error));
}

/* Below --root a bus of our own, so that daemons do not meet; else root's place is the system's. */
static void
start_dbus(Daemon *daemon, const Options *options, const VirtCpuConfig *config,
           const VirtCpuPaths *paths)
{
    g_autofree char *uri = virtcpu_paths_uri(paths, daemon->privileged);
    const VirtCpuDbusServiceConfig service = {
        .driver = daemon->driver,
        .uri = uri,
        .max_requests = config->max_client_requests,
        .workers = config->max_workers,
    };

    daemon->dbus = virtcpu_dbus_new(options->root != NULL ? VIRTCPU_DBUS_PRIVATE
                                    : daemon->privileged  ? VIRTCPU_DBUS_SYSTEM
                                                          : VIRTCPU_DBUS_SESSION,
                                    paths, &service);
}

static void
say_ready(int ready_fd)
{
    virtcpu_systemd_notify_ready();
    if (ready_fd >= 0) {
        if (write(ready_fd, "\n", 1) != 1) {
            g_warning(_("Cannot write to the --ready-fd: %s"), g_strerror(errno));
        }
        close(ready_fd);
    }
}

static gboolean
quit(gpointer user_data)
{
    g_main_loop_quit(((Daemon *)user_data)->loop);
    return G_SOURCE_CONTINUE;
}

static gboolean
quit_when_idle(gpointer user_data)
{
    Daemon *daemon = user_data;
    const guint64 seen =
        virtcpu_rpc_server_total(daemon->server) + virtcpu_dbus_total(daemon->dbus);
    const gboolean idle = virtcpu_rpc_server_clients(daemon->server) == 0 &&
                          virtcpu_dbus_busy(daemon->dbus) == 0 && seen == daemon->clients_seen &&
                          !virtcpu_driver_is_busy(daemon->driver);

    daemon->clients_seen = seen;
    if (idle) {
        g_main_loop_quit(daemon->loop);
    }
    return G_SOURCE_CONTINUE;
}

static gboolean
run(Daemon *daemon, const Options *options, const VirtCpuConfig *config, const VirtCpuPaths *paths,
    GError **error)
{
    if (!start_driver(daemon, config, paths, error)) {
        return FALSE;
    }
    make_server(daemon, config);
    if (!start_listening(daemon, config, paths, error)) {
        return FALSE;
    }
    start_dbus(daemon, options, config, paths);
    g_unix_signal_add(SIGTERM, quit, daemon);
    g_unix_signal_add(SIGINT, quit, daemon);
    if (options->timeout > 0) {
        g_timeout_add_seconds((guint)options->timeout, quit_when_idle, daemon);
    }
    say_ready(options->ready_fd);
    g_main_loop_run(daemon->loop);
    return TRUE;
}

/* The driver reads it from a descriptor, to hear of stopped QEMUs. Before any thread starts. */
static void
block_sigchld(void)
{
    sigset_t child;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
}

/* Every client, and every guest with its monitor and its pidfd, takes descriptors; nothing here
 * uses select(), for which the soft limit is kept low. */
static void
raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) < 0) {
            g_warning(_("Cannot raise the limit of open files: %s"), g_strerror(errno));
        }
    }
}

static gboolean
prepare_and_run(Daemon *daemon, const Options *options, GError **error)
{
    g_autoptr(VirtCpuConfig) config = virtcpu_config_new();
    g_autoptr(VirtCpuPaths) paths = virtcpu_paths_new(options->root, daemon->privileged);
    const char *file = options->config != NULL ? options->config : paths->config_file;
    gboolean done;
    int lock;

    if (!read_config(config, file, options->config != NULL, error)) {
        return FALSE;
    }
    daemon->log_mask = log_mask(options->verbose ? 1 : config->log_level);
    raise_descriptor_limit();
    lock = virtcpu_paths_lock(paths, error);
    if (lock < 0) {
        return FALSE;
    }
    done = run(daemon, options, config, paths, error);
    if (daemon->driver != NULL) {
        virtcpu_qemu_cache_cancel(virtcpu_driver_cache(daemon->driver));
        virtcpu_driver_interrupt(daemon->driver);
    }
    g_clear_pointer(&daemon->dbus, virtcpu_dbus_free);
    g_clear_pointer(&daemon->server, virtcpu_rpc_server_free);
    g_clear_pointer(&daemon->driver, virtcpu_driver_free);
    close(lock);
    return done;
}

int
main(int argc, char **argv)
{
    Options options = { .ready_fd = -1 };
    Daemon daemon = { .privileged = geteuid() == 0, .log_mask = log_mask(3) };
    g_autoptr(GError) error = NULL;
    gboolean done = FALSE;

    setlocale(LC_ALL, "");
    bindtextdomain(GETTEXT_PACKAGE, VIRTCPU_LOCALEDIR);
    bind_textdomain_codeset(GETTEXT_PACKAGE, "UTF-8");
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    block_sigchld();
    g_log_set_writer_func(write_log, &daemon, NULL);
    /* what workers hand back is dealt with here, before and after the loop runs, too: a context
     * that is nobody's they would take for their own */
    if (!g_main_context_acquire(NULL)) {
        g_error("the main context is taken"); /* no other thread was started */
    }
    daemon.loop = g_main_loop_new(NULL, FALSE);
    daemon.events = virtcpu_events_new();
    if (parse_options(&options, argc, argv, &error)) {
        if (options.version) {
            printf("virtcpud %s\n", VIRTCPU_VERSION);
            done = TRUE;
        } else {
            done = prepare_and_run(&daemon, &options, &error);
        }
    }
    if (!done) {
        g_autofree char *text = virtcpu_error_to_text(error);

        fprintf(stderr, "virtcpud: %s\n", text);
    }
    virtcpu_events_free(daemon.events);
    g_main_loop_unref(daemon.loop);
    g_free(options.root);
    g_free(options.config);
    return done ? 0 : 1;
}
