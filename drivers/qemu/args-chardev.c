/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/args-priv.h"

/* -chardev has no JSON form: key=value with commas doubled. */
static char *
chardev_value(const VirtCpuChardevDef *chardev, const char *id)
{
    g_autofree char *path = virtcpu_args_escape(chardev->path != NULL ? chardev->path : "");

    switch (chardev->kind) {
    case VIRTCPU_CHARDEV_FILE:
        return g_strdup_printf("file,id=%s,path=%s,append=%s", id, path,
                               chardev->append ? "on" : "off");
    case VIRTCPU_CHARDEV_UNIX:
        return chardev->listen
                   ? g_strdup_printf("socket,id=%s,path=%s,server=on,wait=off", id, path)
                   : g_strdup_printf("socket,id=%s,path=%s", id, path);
    case VIRTCPU_CHARDEV_SPICEVMC:
        return g_strdup_printf("spicevmc,id=%s,name=vdagent", id);
    case VIRTCPU_CHARDEV_NULL:
        return g_strdup_printf("null,id=%s", id);
    case VIRTCPU_CHARDEV_PTY:
    case VIRTCPU_CHARDEV_LAST:
    default:
        return g_strdup_printf("pty,id=%s", id);
    }
}

/* The same for QMP's chardev-add: ChardevBackend of QEMU's qapi/char.json. */
static VirtCpuJson *
chardev_backend(const VirtCpuChardevDef *chardev)
{
    static const char *const types[] = {
        [VIRTCPU_CHARDEV_PTY] = "pty",           [VIRTCPU_CHARDEV_FILE] = "file",
        [VIRTCPU_CHARDEV_UNIX] = "socket",       [VIRTCPU_CHARDEV_NULL] = "null",
        [VIRTCPU_CHARDEV_SPICEVMC] = "spicevmc",
    };
    VirtCpuJson *backend = virtcpu_json_new_object();
    VirtCpuJson *data, *address;

    virtcpu_json_set_string(backend, "type", types[chardev->kind]);
    data = virtcpu_json_set(backend, "data", virtcpu_json_new_object());
    if (chardev->kind == VIRTCPU_CHARDEV_FILE) {
        virtcpu_json_set_string(data, "out", chardev->path);
        virtcpu_json_set_bool(data, "append", chardev->append);
    }
    if (chardev->kind == VIRTCPU_CHARDEV_SPICEVMC) {
        virtcpu_json_set_string(data, "type", "vdagent");
    }
    if (chardev->kind == VIRTCPU_CHARDEV_UNIX) {
        address = virtcpu_json_set(data, "addr", virtcpu_json_new_object());
        virtcpu_json_set_string(address, "type", "unix");
        address = virtcpu_json_set(address, "data", virtcpu_json_new_object());
        virtcpu_json_set_string(address, "path", chardev->path);
        virtcpu_json_set_bool(data, "server", chardev->listen);
        if (chardev->listen) {
            virtcpu_json_set_bool(data, "wait", FALSE);
        }
    }
    return backend;
}

static char *
add_chardev(VirtCpuArgs *args, const VirtCpuChardevDef *chardev)
{
    g_autofree char *id = g_strconcat("char", chardev->info.alias, NULL);

    if (args->steps != NULL) {
        VirtCpuJson *arguments = virtcpu_json_new_object();

        virtcpu_json_set_string(arguments, "id", id);
        virtcpu_json_set(arguments, "backend", chardev_backend(chardev));
        virtcpu_args_add_step(args, "-chardev", arguments);
    } else {
        g_autofree char *value = chardev_value(chardev, id);

        virtcpu_args_add(args, "-chardev", value);
    }
    return g_steal_pointer(&id);
}

static gboolean
add_serial(VirtCpuArgs *args, const VirtCpuChardevDef *serial, GError **error)
{
    g_autoptr(VirtCpuJson) device = NULL;
    g_autofree char *id = NULL;

    if (!args->bus->is_pc) {
        g_autofree char *value = NULL;

        /* boards have their ports built in: the n-th -serial is the n-th port */
        id = add_chardev(args, serial);
        value = g_strconcat("chardev:", id, NULL);
        virtcpu_args_add(args, "-serial", value);
        return TRUE;
    }
    device = virtcpu_args_device(args, "isa-serial", &serial->info, error);
    if (device == NULL) {
        return FALSE;
    }
    id = add_chardev(args, serial);
    virtcpu_json_set_string(device, "chardev", id);
    virtcpu_json_set_int(device, "index", serial->port);
    virtcpu_args_add_json(args, "-device", g_steal_pointer(&device));
    return TRUE;
}

gboolean
virtcpu_args_virtio_port(VirtCpuArgs *args, const VirtCpuChardevDef *port, GError **error)
{
    const gboolean is_console = port->info.kind == VIRTCPU_DEVICE_CONSOLE;
    VirtCpuJson *device = virtcpu_args_device(args, is_console ? "virtconsole" : "virtserialport",
                                              &port->info, error);
    g_autofree char *id = NULL;

    if (device == NULL) {
        return FALSE;
    }
    id = add_chardev(args, port);
    virtcpu_json_set_string(device, "chardev", id);
    virtcpu_json_set_string(device, "name", port->target_name);
    virtcpu_args_add_json(args, "-device", device);
    return TRUE;
}

static gboolean
add_virtio_ports(VirtCpuArgs *args, const GPtrArray *chardevs, GError **error)
{
    for (guint i = 0; i < chardevs->len; i++) {
        const VirtCpuChardevDef *chardev = g_ptr_array_index(chardevs, i);

        /* a console of target type serial is the first serial port under another name */
        if (g_strcmp0(chardev->target_type, "virtio") == 0 &&
            !virtcpu_args_virtio_port(args, chardev, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
virtcpu_args_chardevs(VirtCpuArgs *args, GError **error)
{
    const VirtCpuDomainDef *def = args->input->def;

    for (guint i = 0; i < def->serials->len; i++) {
        if (!add_serial(args, g_ptr_array_index(def->serials, i), error)) {
            return FALSE;
        }
    }
    return add_virtio_ports(args, def->channels, error) &&
           add_virtio_ports(args, def->consoles, error);
}
