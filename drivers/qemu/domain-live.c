/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/domain-live.h"

#include <string.h>

#define PTY_PREFIX "pty:"

/* The terminal QEMU opened for chardev @label (transfer none), or NULL. */
static const char *
find_pty(const VirtCpuJson *chardevs, const char *label)
{
    for (gsize i = 0; i < virtcpu_json_size(chardevs); i++) {
        const VirtCpuJson *chardev = virtcpu_json_at(chardevs, i);
        const char *file = virtcpu_json_get_string(chardev, "filename");

        if (g_strcmp0(virtcpu_json_get_string(chardev, "label"), label) == 0 && file &&
            g_str_has_prefix(file, PTY_PREFIX)) {
            return file + strlen(PTY_PREFIX);
        }
    }
    return NULL;
}

static void
fill_ptys(GPtrArray *ports, const VirtCpuJson *chardevs)
{
    for (guint i = 0; i < ports->len; i++) {
        VirtCpuChardevDef *port = g_ptr_array_index(ports, i);
        g_autofree char *label = g_strconcat("char", port->info.alias, NULL);
        const char *pty = find_pty(chardevs, label);

        if (port->kind == VIRTCPU_CHARDEV_PTY && pty) {
            g_free(port->path);
            port->path = g_strdup(pty);
        }
    }
}

/* The first console is the first serial port under another name. */
static void
mirror_console(VirtCpuDomainDef *def)
{
    VirtCpuChardevDef *serial, *console;

    if (!def->serials->len || !def->consoles->len) {
        return;
    }
    serial = g_ptr_array_index(def->serials, 0);
    console = g_ptr_array_index(def->consoles, 0);
    if (console->kind == serial->kind && g_strcmp0(console->target_type, "serial") == 0) {
        g_free(console->path);
        console->path = g_strdup(serial->path);
    }
}

static gboolean
fill_vnc(VirtCpuGraphicsDef *vnc, VirtCpuQmp *qmp, unsigned timeout_ms, GError **error)
{
    g_autoptr(VirtCpuJson) reply = NULL;
    const char *service;
    guint64 port;

    if (!virtcpu_qmp_execute(qmp, "query-vnc", NULL, timeout_ms, &reply, error)) {
        return FALSE;
    }
    service = virtcpu_json_get_string(reply, "service");
    if (!vnc->socket && service && g_ascii_string_to_unsigned(service, 10, 0, 65535, &port, NULL)) {
        vnc->port = (int)port;
    }
    return TRUE;
}

gboolean
virtcpu_domain_set_password(const VirtCpuGraphicsDef *vnc, VirtCpuQmp *qmp, unsigned timeout_ms,
                            GError **error)
{
    g_autoptr(VirtCpuJson) arguments = virtcpu_json_new_object();

    virtcpu_json_set_string(arguments, "protocol", vnc->is_spice ? "spice" : "vnc");
    virtcpu_json_set_string(arguments, "password", vnc->password != NULL ? vnc->password : "");
    return virtcpu_qmp_execute(qmp, "set_password", arguments, timeout_ms, NULL, error);
}

gboolean
virtcpu_domain_set_link(const VirtCpuNetDef *net, VirtCpuQmp *qmp, unsigned timeout_ms,
                        GError **error)
{
    g_autoptr(VirtCpuJson) arguments = virtcpu_json_new_object();

    virtcpu_json_set_string(arguments, "name", net->info.alias);
    virtcpu_json_set_bool(arguments, "up", net->link_up != VIRTCPU_TRISTATE_NO);
    return virtcpu_qmp_execute(qmp, "set_link", arguments, timeout_ms, NULL, error);
}

static gboolean
cut_links(const VirtCpuDomainDef *def, VirtCpuQmp *qmp, unsigned timeout_ms, GError **error)
{
    for (guint i = 0; i < def->nets->len; i++) {
        const VirtCpuNetDef *net = g_ptr_array_index(def->nets, i);

        if (net->link_up == VIRTCPU_TRISTATE_NO &&
            !virtcpu_domain_set_link(net, qmp, timeout_ms, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
virtcpu_domain_fill_ptys(VirtCpuDomainDef *def, VirtCpuQmp *qmp, unsigned timeout_ms,
                         GError **error)
{
    g_autoptr(VirtCpuJson) chardevs = NULL;

    if (!virtcpu_qmp_execute(qmp, "query-chardev", NULL, timeout_ms, &chardevs, error)) {
        return FALSE;
    }
    fill_ptys(def->serials, chardevs);
    fill_ptys(def->consoles, chardevs);
    fill_ptys(def->channels, chardevs);
    mirror_console(def);
    return TRUE;
}

gboolean
virtcpu_domain_fill_live(VirtCpuDomainDef *def, VirtCpuQmp *qmp, unsigned timeout_ms,
                         GError **error)
{
    if (!virtcpu_domain_fill_ptys(def, qmp, timeout_ms, error) ||
        !cut_links(def, qmp, timeout_ms, error)) {
        return FALSE;
    }
    for (guint i = 0; i < def->graphics->len; i++) {
        VirtCpuGraphicsDef *vnc = g_ptr_array_index(def->graphics, i);

        if ((!vnc->is_spice && !fill_vnc(vnc, qmp, timeout_ms, error)) ||
            (vnc->password && !virtcpu_domain_set_password(vnc, qmp, timeout_ms, error))) {
            return FALSE;
        }
    }
    return TRUE;
}
