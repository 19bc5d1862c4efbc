/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/domain-device.h"

#include "conf/domain-words.h"
#include "conf/i18n.h"

#include <string.h>

#define STRINGS_MAX 10

/* One kind of device: enough to make, copy and free it. */
typedef struct {
    const char *element;
    gsize size;
    gsize strings[STRINGS_MAX]; /* offsets of its char * fields behind the info; ends with 0 */
} DeviceRow;

#define AT(type, field) G_STRUCT_OFFSET(type, field)

/* By VirtCpuDeviceKind. */
static const DeviceRow device_rows[] = {
    [VIRTCPU_DEVICE_DISK] = { "disk",
                              sizeof(VirtCpuDiskDef),
                              { AT(VirtCpuDiskDef, device), AT(VirtCpuDiskDef, source),
                                AT(VirtCpuDiskDef, format), AT(VirtCpuDiskDef, target),
                                AT(VirtCpuDiskDef, serial), AT(VirtCpuDiskDef, cache),
                                AT(VirtCpuDiskDef, io), AT(VirtCpuDiskDef, discard),
                                AT(VirtCpuDiskDef, tune.group) } },
    [VIRTCPU_DEVICE_CONTROLLER] = { "controller",
                                    sizeof(VirtCpuControllerDef),
                                    { AT(VirtCpuControllerDef, model),
                                      AT(VirtCpuControllerDef, model_name) } },
    [VIRTCPU_DEVICE_NET] = { "interface",
                             sizeof(VirtCpuNetDef),
                             { AT(VirtCpuNetDef, bridge), AT(VirtCpuNetDef, target),
                               AT(VirtCpuNetDef, model) } },
#define CHARDEV_STRINGS                                                                            \
    {                                                                                              \
        AT(VirtCpuChardevDef, path), AT(VirtCpuChardevDef, target_type),                           \
            AT(VirtCpuChardevDef, target_model), AT(VirtCpuChardevDef, target_name)                \
    }
    [VIRTCPU_DEVICE_SERIAL] = { "serial", sizeof(VirtCpuChardevDef), CHARDEV_STRINGS },
    [VIRTCPU_DEVICE_CONSOLE] = { "console", sizeof(VirtCpuChardevDef), CHARDEV_STRINGS },
    [VIRTCPU_DEVICE_CHANNEL] = { "channel", sizeof(VirtCpuChardevDef), CHARDEV_STRINGS },
    [VIRTCPU_DEVICE_INPUT] = { "input",
                               sizeof(VirtCpuInputDef),
                               { AT(VirtCpuInputDef, type), AT(VirtCpuInputDef, bus) } },
    [VIRTCPU_DEVICE_GRAPHICS] = { "graphics",
                                  sizeof(VirtCpuGraphicsDef),
                                  { AT(VirtCpuGraphicsDef, listen), AT(VirtCpuGraphicsDef, socket),
                                    AT(VirtCpuGraphicsDef, password),
                                    AT(VirtCpuGraphicsDef, keymap) } },
    [VIRTCPU_DEVICE_AUDIO] = { "audio", sizeof(VirtCpuAudioDef), { AT(VirtCpuAudioDef, type) } },
    [VIRTCPU_DEVICE_VIDEO] = { "video", sizeof(VirtCpuVideoDef), { AT(VirtCpuVideoDef, model) } },
    [VIRTCPU_DEVICE_WATCHDOG] = { "watchdog",
                                  sizeof(VirtCpuWatchdogDef),
                                  { AT(VirtCpuWatchdogDef, model),
                                    AT(VirtCpuWatchdogDef, action) } },
    [VIRTCPU_DEVICE_MEMBALLOON] = { "memballoon",
                                    sizeof(VirtCpuMemballoonDef),
                                    { AT(VirtCpuMemballoonDef, model) } },
    [VIRTCPU_DEVICE_RNG] = { "rng", sizeof(VirtCpuRngDef), { AT(VirtCpuRngDef, backend_path) } },
};
G_STATIC_ASSERT(G_N_ELEMENTS(device_rows) == VIRTCPU_DEVICE_LAST);

static char **
string_at(gpointer device, gsize offset)
{
    return (char **)(void *)((char *)device + offset);
}

gpointer
virtcpu_device_new(VirtCpuDeviceKind kind, long line)
{
    VirtCpuDeviceInfo *info = g_malloc0(device_rows[kind].size);

    info->kind = kind;
    info->line = line;
    if (kind == VIRTCPU_DEVICE_CONTROLLER) {
        VirtCpuControllerDef *controller = (VirtCpuControllerDef *)(void *)info;

        controller->index = controller->ports = controller->vectors = -1;
        controller->master_startport = controller->chassis = controller->port = -1;
        controller->chassis_number = -1;
    }
    return info;
}

void
virtcpu_device_free(gpointer device)
{
    VirtCpuDeviceInfo *info = device;

    if (info == NULL) {
        return;
    }
    for (const gsize *offset = device_rows[info->kind].strings; *offset != 0; offset++) {
        g_free(*string_at(device, *offset));
    }
    g_free(info->alias);
    g_free(info);
}

gpointer
virtcpu_device_copy(gconstpointer device)
{
    const DeviceRow *row = &device_rows[((const VirtCpuDeviceInfo *)device)->kind];
    VirtCpuDeviceInfo *copy = g_memdup2(device, row->size);

    for (const gsize *offset = row->strings; *offset != 0; offset++) {
        char **string = string_at(copy, *offset);

        *string = g_strdup(*string);
    }
    copy->alias = g_strdup(copy->alias);
    return copy;
}

const char *
virtcpu_device_element(VirtCpuDeviceKind kind)
{
    return device_rows[kind].element;
}

/* What tells @device from its siblings (transfer full), or NULL. */
static char *
distinction(const VirtCpuDeviceInfo *info)
{
    if (info->kind == VIRTCPU_DEVICE_DISK) {
        return g_strdup(((const VirtCpuDiskDef *)(const void *)info)->target);
    }
    if (info->kind == VIRTCPU_DEVICE_CONTROLLER) {
        const VirtCpuControllerDef *controller = (const VirtCpuControllerDef *)(const void *)info;

        return g_strdup_printf(
            "%s%d", virtcpu_words_to_string(&virtcpu_controller_type_words, (int)controller->type),
            controller->index);
    }
    return info->alias != NULL ? g_strdup(info->alias) : NULL;
}

char *
virtcpu_device_describe(gconstpointer device)
{
    const VirtCpuDeviceInfo *info = device;
    g_autofree char *which = distinction(info);
    GString *text = g_string_new(virtcpu_device_element(info->kind));

    if (which != NULL) {
        g_string_append_printf(text, " '%s'", which);
    }
    if (info->line > 0) {
        g_string_append_printf(text, _(" (line %ld)"), info->line);
    }
    return g_string_free(text, FALSE);
}

gboolean
virtcpu_device_is_user_alias(const char *alias)
{
    return alias != NULL && g_str_has_prefix(alias, "ua-");
}

unsigned
virtcpu_disk_target_number(const char *target)
{
    unsigned number = 0;

    for (const char *letter = target + MIN(strlen(target), 2); g_ascii_islower(*letter); letter++) {
        number = number * 26 + (unsigned)(*letter - 'a') + 1;
    }
    return number > 0 ? number - 1 : 0;
}
