/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/args-priv.h"

static VirtCpuJson *
new_nic(VirtCpuArgs *args, const VirtCpuNetDef *net, GError **error)
{
    if (net->model == NULL || g_str_equal(net->model, "virtio")) {
        return virtcpu_args_virtio(args, "net", &net->info, error);
    }
    return virtcpu_args_device(args, net->model, &net->info, error);
}

char *
virtcpu_args_tap_name(const VirtCpuNetDef *net)
{
    return g_strconcat("fd-", net->info.alias, NULL);
}

/* A tap device of the host's, by name, or one of the daemon's that QEMU inherits. */
static void
set_tap(VirtCpuArgs *args, const VirtCpuNetDef *net, VirtCpuJson *netdev)
{
    if (net->type == VIRTCPU_NET_BRIDGE) {
        g_autofree char *fd = args->steps != NULL ? virtcpu_args_tap_name(net)
                                                  : g_strdup_printf("%d", args->next_tap++);

        virtcpu_json_set_string(netdev, "fd", fd);
    } else if (net->type == VIRTCPU_NET_ETHERNET) {
        virtcpu_json_set_string(netdev, "ifname", net->target);
        virtcpu_json_set_string(netdev, "script", "no");
        virtcpu_json_set_string(netdev, "downscript", "no");
    }
}

/* <os><boot> is about what is there when the guest boots. */
static unsigned
net_boot_index(const VirtCpuArgs *args, const VirtCpuNetDef *net)
{
    const VirtCpuDomainDef *def = args->input->def;

    if (net->info.boot_order != 0 || args->steps != NULL ||
        g_ptr_array_index(def->nets, 0) != net) {
        return net->info.boot_order;
    }
    return virtcpu_args_boot_index(def, "network");
}

gboolean
virtcpu_args_net(VirtCpuArgs *args, const VirtCpuNetDef *net, GError **error)
{
    unsigned boot_index = net_boot_index(args, net);
    g_autofree char *host = g_strconcat("host", net->info.alias, NULL);
    g_autofree char *mac = virtcpu_mac_to_string(net->mac);
    VirtCpuJson *netdev = NULL;
    VirtCpuJson *device = new_nic(args, net, error);

    if (device == NULL) {
        return FALSE;
    }
    netdev = virtcpu_json_new_object();
    virtcpu_json_set_string(netdev, "type", net->type == VIRTCPU_NET_USER ? "user" : "tap");
    set_tap(args, net, netdev);
    virtcpu_json_set_string(netdev, "id", host);
    virtcpu_args_add_json(args, "-netdev", netdev);

    virtcpu_json_set_string(device, "netdev", host);
    virtcpu_json_set_string(device, "mac", mac);
    if (boot_index != 0) {
        virtcpu_json_set_int(device, "bootindex", boot_index);
    }
    virtcpu_args_add_json(args, "-device", device);
    return TRUE;
}

gboolean
virtcpu_args_nets(VirtCpuArgs *args, GError **error)
{
    for (guint i = 0; i < args->input->def->nets->len; i++) {
        if (!virtcpu_args_net(args, g_ptr_array_index(args->input->def->nets, i), error)) {
            return FALSE;
        }
    }
    return TRUE;
}
