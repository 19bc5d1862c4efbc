/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A device for a QEMU that runs: the same as on the command line, as commands. */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/args-priv.h"

/* What an option of the command line is in QMP, and how it is taken back: by which argument under
 * which name. */
static const struct {
    const char *option, *command, *undo, *key, *undo_key;
} rows[] = {
    { "-object", "object-add", "object-del", "id", "id" },
    { "-blockdev", "blockdev-add", "blockdev-del", "node-name", "node-name" },
    { "-chardev", "chardev-add", "chardev-remove", "id", "id" },
    { "-netdev", "netdev_add", "netdev_del", "id", "id" },
    { "-device", "device_add", "device_del", "id", "id" },
};

static void
step_free(gpointer data)
{
    VirtCpuArgsStep *step = data;

    virtcpu_json_free(step->arguments);
    virtcpu_json_free(step->undo_arguments);
    g_free(step);
}

void
virtcpu_args_add_step(VirtCpuArgs *args, const char *option, VirtCpuJson *json)
{
    VirtCpuArgsStep *step = g_new0(VirtCpuArgsStep, 1);
    gsize row = 0;

    while (!g_str_equal(rows[row].option, option)) {
        row++;
    }
    step->command = rows[row].command;
    step->undo = rows[row].undo;
    step->arguments = json;
    step->undo_arguments = virtcpu_json_new_object();
    virtcpu_json_set_string(step->undo_arguments, rows[row].undo_key,
                            virtcpu_json_get_string(json, rows[row].key));
    g_ptr_array_add(args->steps, step);
}

/* A console that is a serial port under another name is no device of its own. */
static gboolean
is_virtio_port(const VirtCpuChardevDef *chardev)
{
    return g_strcmp0(chardev->target_type, "virtio") == 0;
}

static gboolean
add_device(VirtCpuArgs *args, const VirtCpuDeviceInfo *device, GError **error)
{
    gconstpointer any = device;

    switch (device->kind) {
    case VIRTCPU_DEVICE_DISK:
        return virtcpu_args_disk(args, any, error);
    case VIRTCPU_DEVICE_CONTROLLER:
        return virtcpu_args_controller(args, any, error);
    case VIRTCPU_DEVICE_NET:
        return virtcpu_args_net(args, any, error);
    case VIRTCPU_DEVICE_CONSOLE:
    case VIRTCPU_DEVICE_CHANNEL:
        return !is_virtio_port(any) || virtcpu_args_virtio_port(args, any, error);
    case VIRTCPU_DEVICE_INPUT:
        return virtcpu_args_input(args, any, error);
    case VIRTCPU_DEVICE_RNG:
        return virtcpu_args_rng(args, any, error);
    case VIRTCPU_DEVICE_SERIAL:
    case VIRTCPU_DEVICE_GRAPHICS:
    case VIRTCPU_DEVICE_AUDIO:
    case VIRTCPU_DEVICE_VIDEO:
    case VIRTCPU_DEVICE_WATCHDOG:
    case VIRTCPU_DEVICE_MEMBALLOON:
    case VIRTCPU_DEVICE_LAST:
    default:
        return TRUE;
    }
}

GPtrArray *
virtcpu_args_plug(const VirtCpuArgsInput *input, const VirtCpuDeviceInfo *device, GError **error)
{
    g_autoptr(GPtrArray) steps = g_ptr_array_new_with_free_func(step_free);
    VirtCpuArgs args = { .input = input, .steps = steps };

    if (!virtcpu_args_find_machine(&args, error) || !add_device(&args, device, error)) {
        return NULL;
    }
    if (steps->len == 0) {
        g_autofree char *who = virtcpu_device_describe(device);

        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_UNSUPPORTED,
                          _("%s is on the board and cannot be plugged"), who);
        return NULL;
    }
    return g_steal_pointer(&steps);
}

GPtrArray *
virtcpu_args_medium(const VirtCpuDiskDef *disk)
{
    GPtrArray *steps = g_ptr_array_new_with_free_func(step_free);
    VirtCpuArgs args = { .steps = steps };
    g_autofree char *name = virtcpu_args_blockdev(&args, disk);

    return steps;
}
