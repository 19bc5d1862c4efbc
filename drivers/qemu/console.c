/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/console.h"

#include "conf/error.h"
#include "conf/fd.h"
#include "conf/i18n.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/qmp-socket.h"

#include <errno.h>
#include <fcntl.h>

struct _VirtCpuConsole {
    VirtCpuDomain *domain;
    char *alias;
    VirtCpuFd fd;
    GCancellable *taken;
};

/* Where a port ends on the host. */
typedef struct {
    char *alias, *path;
    VirtCpuChardevKind kind;
} Port;

static void
port_clear(Port *port)
{
    g_free(port->alias);
    g_free(port->path);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Port, port_clear)

/* Finds what @name (NULL: the first) means in a running definition, or NULL. */
typedef const VirtCpuChardevDef *(*FindFunc)(const VirtCpuDomainDef *def, const char *name);

static const VirtCpuChardevDef *
find_alias(const GPtrArray *ports, const char *alias)
{
    for (guint i = 0; i < ports->len; i++) {
        const VirtCpuChardevDef *port = g_ptr_array_index(ports, i);

        if (g_strcmp0(port->info.alias, alias) == 0) {
            return port;
        }
    }
    return NULL;
}

static const VirtCpuChardevDef *
first(const GPtrArray *ports)
{
    return ports->len > 0 ? g_ptr_array_index(ports, 0) : NULL;
}

static const VirtCpuChardevDef *
find_console(const VirtCpuDomainDef *def, const char *alias)
{
    const VirtCpuChardevDef *port;

    if (alias != NULL) {
        port = find_alias(def->consoles, alias);
        return port != NULL ? port : find_alias(def->serials, alias);
    }
    port = first(def->consoles);
    /* a console of target type serial is the first serial port under another name */
    if (port == NULL || g_strcmp0(port->target_type, "serial") == 0) {
        port = first(def->serials) != NULL ? first(def->serials) : port;
    }
    return port;
}

static const VirtCpuChardevDef *
find_channel(const VirtCpuDomainDef *def, const char *name)
{
    for (guint i = 0; i < def->channels->len; i++) {
        const VirtCpuChardevDef *channel = g_ptr_array_index(def->channels, i);

        if (name == NULL || g_strcmp0(channel->target_name, name) == 0) {
            return channel;
        }
    }
    return NULL;
}

/* FALSE when the domain does not run. */
static gboolean
look_up(VirtCpuDomain *domain, FindFunc find, const char *name, Port *port, GError **error)
{
    const VirtCpuChardevDef *found = NULL;
    gboolean active;

    g_mutex_lock(&domain->lock);
    active = domain->live != NULL;
    if (active) {
        found = find(domain->live, name);
    }
    if (found != NULL) {
        port->alias = g_strdup(found->info.alias);
        port->path = g_strdup(found->path);
        port->kind = found->kind;
    }
    g_mutex_unlock(&domain->lock);
    if (!active) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID, _("domain is not running"));
    }
    return active;
}

/* Have the place of @alias; FALSE when somebody else has it. */
static gboolean
occupy(VirtCpuConsole *console, gboolean force)
{
    VirtCpuDomain *domain = console->domain;
    VirtCpuConsole *holder;

    g_mutex_lock(&domain->lock);
    holder = g_hash_table_lookup(domain->open_consoles, console->alias);
    if (holder != NULL && force) {
        g_cancellable_cancel(holder->taken);
    }
    if (holder == NULL || force) {
        g_hash_table_insert(domain->open_consoles, g_strdup(console->alias), console);
    }
    g_mutex_unlock(&domain->lock);
    return holder == NULL || force;
}

static VirtCpuConsole *
console_new(VirtCpuDomain *domain, const char *alias)
{
    VirtCpuConsole *console = g_new0(VirtCpuConsole, 1);

    console->domain = virtcpu_domain_ref(domain);
    console->alias = g_strdup(alias);
    console->fd = -1;
    console->taken = g_cancellable_new();
    return console;
}

void
virtcpu_console_close(VirtCpuConsole *console)
{
    VirtCpuDomain *domain;

    if (console == NULL) {
        return;
    }
    domain = console->domain;
    g_mutex_lock(&domain->lock);
    if (g_hash_table_lookup(domain->open_consoles, console->alias) == console) {
        g_hash_table_remove(domain->open_consoles, console->alias);
    }
    g_mutex_unlock(&domain->lock);
    virtcpu_fd_close(console->fd);
    g_object_unref(console->taken);
    g_free(console->alias);
    virtcpu_domain_unref(domain);
    g_free(console);
}

/* The path is QEMU's word: only a terminal is opened. */
static int
open_terminal(const char *path, GError **error)
{
    g_auto(VirtCpuFd) fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0) {
        virtcpu_error_set_errno(error, errno, _("unable to open tty path '%s'"), path);
        return -1;
    }
    if (!isatty(fd)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, _("'%s' is not a terminal"), path);
        return -1;
    }
    return g_steal_fd(&fd);
}

static int
open_port(const Port *port, GError **error)
{
    return port->kind == VIRTCPU_CHARDEV_PTY ? open_terminal(port->path, error)
                                             : virtcpu_qmp_connect(port->path, error);
}

/* Open @port of @domain; @busy is what to say when somebody has it. */
static VirtCpuConsole *
open_console(VirtCpuDomain *domain, const Port *port, gboolean force, const char *busy,
             GError **error)
{
    g_autoptr(VirtCpuConsole) console = console_new(domain, port->alias);

    if (!occupy(console, force)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED, "%s", busy);
        return NULL;
    }
    console->fd = open_port(port, error);
    return console->fd >= 0 ? g_steal_pointer(&console) : NULL;
}

VirtCpuConsole *
virtcpu_driver_open_console(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                            const char *alias, gboolean force, GError **error)
{
    g_autoptr(VirtCpuDomain) domain = virtcpu_domain_list_find(driver->domains, uuid, error);
    g_auto(Port) port = { 0 };

    if (domain == NULL || !look_up(domain, find_console, alias, &port, error)) {
        return NULL;
    }
    if (port.alias == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, _("cannot find character device %s"),
                          alias != NULL ? alias : "<null>");
        return NULL;
    }
    if ((port.kind != VIRTCPU_CHARDEV_PTY && port.kind != VIRTCPU_CHARDEV_UNIX) ||
        port.path == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("character device %s is not using a PTY"), port.alias);
        return NULL;
    }
    return open_console(domain, &port, force, _("Active console session exists for this domain"),
                        error);
}

VirtCpuConsole *
virtcpu_driver_open_channel(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                            const char *name, gboolean force, GError **error)
{
    g_autoptr(VirtCpuDomain) domain = virtcpu_domain_list_find(driver->domains, uuid, error);
    g_auto(Port) port = { 0 };

    if (domain == NULL || !look_up(domain, find_channel, name, &port, error)) {
        return NULL;
    }
    if (port.alias == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, _("cannot find channel %s"),
                          name != NULL ? name : "<null>");
        return NULL;
    }
    if (port.kind != VIRTCPU_CHARDEV_UNIX || port.path == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("channel %s is not using a UNIX socket"),
                          name != NULL ? name : "<null>");
        return NULL;
    }
    return open_console(domain, &port, force, _("Active channel stream exists for this domain"),
                        error);
}

int
virtcpu_console_take_fd(VirtCpuConsole *console)
{
    return g_steal_fd(&console->fd);
}

GCancellable *
virtcpu_console_taken(const VirtCpuConsole *console)
{
    return console->taken;
}
