/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Consoles, channels, screens and graphics: calls that open a stream or pass a descriptor. */
#include "conf/fd.h"
#include "daemon/handler.h"
#include "daemon/rpc-stream.h"
#include "drivers/qemu/console.h"

#include <errno.h>
#include <sys/socket.h>

/* virDomainConsoleFlags; SAFE asks for a lock, which consoles always have here. */
#define CONSOLE_FORCE 1u
#define CONSOLE_SAFE  2u
/* virDomainChannelFlags. */
#define CHANNEL_FORCE 1u
/* virDomainOpenGraphicsFlags. */
#define GRAPHICS_SKIPAUTH 1u

/* Seconds that a guest is kept waiting by a client that does not read, and the other way round. */
#define CONSOLE_PATIENCE 5

static void
close_console(gpointer console)
{
    virtcpu_console_close(console);
}

/* Have @console (transfer full; may be NULL) carried to the client. FALSE when it is NULL. */
static gboolean
carry_console(VirtCpuConsole *console, VirtCpuRpcCarry *carry)
{
    VirtCpuRpcStreamOptions options = {
        .ways = VIRTCPU_RPC_STREAM_TO_CLIENT | VIRTCPU_RPC_STREAM_FROM_CLIENT,
        .patience = CONSOLE_PATIENCE,
        .owner = console,
        .free_owner = close_console,
    };

    if (console == NULL) {
        return FALSE;
    }
    options.fd = virtcpu_console_take_fd(console);
    options.cut = virtcpu_console_taken(console);
    carry->stream = virtcpu_rpc_stream_new(&options);
    return TRUE;
}

gboolean
virtcpu_carry_domain_open_console(VirtCpuConnection *conn, const rpc_port_args *args,
                                  VirtCpuRpcCarry *carry, GError **error)
{
    return virtcpu_handler_check_flags(args->flags, CONSOLE_FORCE | CONSOLE_SAFE,
                                       "virDomainOpenConsole", error) &&
           carry_console(virtcpu_driver_open_console(conn->driver, virtcpu_handler_uuid(&args->dom),
                                                     virtcpu_handler_text(args->name),
                                                     (args->flags & CONSOLE_FORCE) != 0, error),
                         carry);
}

gboolean
virtcpu_carry_domain_open_channel(VirtCpuConnection *conn, const rpc_port_args *args,
                                  VirtCpuRpcCarry *carry, GError **error)
{
    return virtcpu_handler_check_flags(args->flags, CHANNEL_FORCE, "virDomainOpenChannel", error) &&
           carry_console(virtcpu_driver_open_channel(conn->driver, virtcpu_handler_uuid(&args->dom),
                                                     virtcpu_handler_text(args->name),
                                                     (args->flags & CHANNEL_FORCE) != 0, error),
                         carry);
}

gboolean
virtcpu_carry_domain_screenshot(VirtCpuConnection *conn, const rpc_screenshot_args *args,
                                rpc_opt_text_ret *ret, VirtCpuRpcCarry *carry, GError **error)
{
    VirtCpuRpcStreamOptions options = { .ways = VIRTCPU_RPC_STREAM_TO_CLIENT };
    const char *mime = NULL;

    if (!virtcpu_handler_check_flags(args->flags, 0, "virDomainScreenshot", error)) {
        return FALSE;
    }
    options.fd = virtcpu_driver_screenshot(conn->driver, virtcpu_handler_uuid(&args->dom),
                                           args->screen, &mime, error);
    if (options.fd < 0) {
        return FALSE;
    }
    ret->text = g_new0(rpc_text, 1);
    *ret->text = g_strdup(mime);
    carry->stream = virtcpu_rpc_stream_new(&options);
    return TRUE;
}

static gboolean
open_graphics(VirtCpuConnection *conn, const rpc_graphics_args *args, int fd, const char *api,
              GError **error)
{
    return virtcpu_handler_check_flags(args->flags, GRAPHICS_SKIPAUTH, api, error) &&
           virtcpu_driver_open_graphics(conn->driver, virtcpu_handler_uuid(&args->dom), args->index,
                                        fd, (args->flags & GRAPHICS_SKIPAUTH) != 0, error);
}

gboolean
virtcpu_carry_domain_open_graphics(VirtCpuConnection *conn, const rpc_graphics_args *args,
                                   VirtCpuRpcCarry *carry, GError **error)
{
    if (carry->came == NULL || carry->came->len == 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, _("No FD available at slot %u"), 0);
        return FALSE;
    }
    return open_graphics(conn, args, g_array_index(carry->came, int, 0), "virDomainOpenGraphics",
                         error);
}

gboolean
virtcpu_carry_domain_open_graphics_fd(VirtCpuConnection *conn, const rpc_graphics_args *args,
                                      VirtCpuRpcCarry *carry, GError **error)
{
    int pair[2];
    g_auto(VirtCpuFd) ours = -1, theirs = -1;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        virtcpu_error_set_errno(error, errno, _("cannot create socket pair"));
        return FALSE;
    }
    ours = pair[0];
    theirs = pair[1];
    if (!open_graphics(conn, args, theirs, "virDomainOpenGraphicsFD", error)) {
        return FALSE;
    }
    carry->goes = virtcpu_rpc_fds_new();
    g_array_append_val(carry->goes, ours);
    ours = -1;
    return TRUE;
}
