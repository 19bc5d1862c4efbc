/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/spice-port.h"

#include "conf/error.h"
#include "conf/fd.h"
#include "conf/i18n.h"

#include <gio/gio.h>
#include <sys/socket.h>

/* As libvirt's remote_display_port_min and _max. */
#define FIRST_PORT 5900u
#define LAST_PORT  65535u

static gboolean
is_free(const char *listen, unsigned port)
{
    g_autoptr(GSocketAddress) address =
        g_inet_socket_address_new_from_string(listen != NULL ? listen : "127.0.0.1", port);
    struct sockaddr_storage native;
    g_auto(VirtCpuFd) fd = -1;
    const int on = 1;

    /* a name: QEMU finds out whether it can */
    if (address == NULL || !g_socket_address_to_native(address, &native, sizeof(native), NULL)) {
        return TRUE;
    }
    fd = socket(native.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
           bind(fd, (const struct sockaddr *)&native,
                (socklen_t)g_socket_address_get_native_size(address)) == 0;
}

static gboolean
choose(VirtCpuGraphicsDef *spice, unsigned start, GError **error)
{
    const unsigned count = LAST_PORT - FIRST_PORT + 1;

    for (unsigned i = 0; i < count; i++) {
        unsigned port = FIRST_PORT + (start + i) % count;

        if (is_free(spice->listen, port)) {
            spice->port = (int)port;
            return TRUE;
        }
    }
    virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                      _("Unable to find an unused port in range 'spice' (%u-%u)"), FIRST_PORT,
                      LAST_PORT);
    return FALSE;
}

gboolean
virtcpu_spice_port_choose(VirtCpuDomainDef *def, unsigned start, GError **error)
{
    for (guint i = 0; i < def->graphics->len; i++) {
        VirtCpuGraphicsDef *graphics = g_ptr_array_index(def->graphics, i);

        if (graphics->is_spice && graphics->socket == NULL && graphics->port < 0 &&
            !choose(graphics, start, error)) {
            return FALSE;
        }
    }
    return TRUE;
}
