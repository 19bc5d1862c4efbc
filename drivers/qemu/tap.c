/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/tap.h"

#include "conf/error.h"
#include "conf/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
/* after net/if.h, which has its own of what both declare */
#include <linux/sockios.h>

/* The kernel puts the first free number in the place of %d. */
#define NAME_PATTERN "vnet%d"

static gboolean
fail(const VirtCpuNetDef *net, const char *what, const char *device, GError **error)
{
    const int code = errno;
    g_autofree char *who = virtcpu_device_describe(net);

    virtcpu_error_set(error, VIRTCPU_ERR_SYSTEM_ERROR, _("%s: %s '%s': %s"), who, what, device,
                      g_strerror(code));
    return FALSE;
}

/* Have device @name be, or no longer be, in @bridge: @command is SIOCBRADDIF or SIOCBRDELIF. */
static int
change_bridge(int control, unsigned long command, const char *bridge, const char *name)
{
    struct ifreq request = { 0 };

    g_strlcpy(request.ifr_name, bridge, sizeof(request.ifr_name));
    request.ifr_ifindex = (int)if_nametoindex(name);
    return ioctl(control, command, &request);
}

/* Put device @name into the bridge of @net and switch it on. */
static gboolean
join_bridge(const VirtCpuNetDef *net, const char *name, GError **error)
{
    g_auto(VirtCpuFd) control = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request = { 0 };

    if (control < 0) {
        return fail(net, _("cannot make a socket for device"), name, error);
    }
    if (change_bridge(control, SIOCBRADDIF, net->bridge, name) < 0) {
        return fail(net, _("cannot add its tap device to bridge"), net->bridge, error);
    }
    g_strlcpy(request.ifr_name, name, sizeof(request.ifr_name));
    if (ioctl(control, SIOCGIFFLAGS, &request) < 0) {
        return fail(net, _("cannot read the flags of device"), name, error);
    }
    request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
    if (ioctl(control, SIOCSIFFLAGS, &request) < 0) {
        return fail(net, _("cannot switch on device"), name, error);
    }
    return TRUE;
}

int
virtcpu_tap_open(VirtCpuNetDef *net, GError **error)
{
    static const char path[] = "/dev/net/tun";
    const char *wanted = net->target != NULL ? net->target : NAME_PATTERN;
    g_auto(VirtCpuFd) tap = open(path, O_RDWR | O_CLOEXEC);
    struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };

    if (tap < 0) {
        (void)fail(net, _("cannot open"), path, error);
        return -1;
    }
    g_strlcpy(request.ifr_name, wanted, sizeof(request.ifr_name));
    if (ioctl(tap, TUNSETIFF, &request) < 0) {
        (void)fail(net, _("cannot make tap device"), wanted, error);
        return -1;
    }
    if (!join_bridge(net, request.ifr_name, error)) {
        return -1;
    }
    g_free(net->target);
    net->target = g_strdup(request.ifr_name);
    return g_steal_fd(&tap);
}

gboolean
virtcpu_taps_open(VirtCpuDomainDef *def, GArray *fds, GError **error)
{
    for (guint i = 0; i < def->nets->len; i++) {
        VirtCpuNetDef *net = g_ptr_array_index(def->nets, i);

        if (net->type == VIRTCPU_NET_BRIDGE) {
            const int tap = virtcpu_tap_open(net, error);

            if (tap < 0) {
                return FALSE;
            }
            g_array_append_val(fds, tap);
        }
    }
    return TRUE;
}

gboolean
virtcpu_tap_move(const VirtCpuNetDef *net, const char *from, GError **error)
{
    g_auto(VirtCpuFd) control = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (control < 0) {
        return fail(net, _("cannot make a socket for device"), net->target, error);
    }
    if (if_nametoindex(net->bridge) == 0) {
        return fail(net, _("cannot find bridge"), net->bridge, error);
    }
    if (change_bridge(control, SIOCBRDELIF, from, net->target) < 0) {
        return fail(net, _("cannot take its tap device out of bridge"), from, error);
    }
    if (change_bridge(control, SIOCBRADDIF, net->bridge, net->target) < 0) {
        (void)fail(net, _("cannot add its tap device to bridge"), net->bridge, error);
        if (change_bridge(control, SIOCBRADDIF, from, net->target) < 0) {
            g_warning("Device '%s' is in no bridge any more", net->target);
        }
        return FALSE;
    }
    return TRUE;
}
