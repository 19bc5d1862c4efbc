/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/domain-format.h"

#include "conf/domain-words.h"
#include "conf/xml.h"

static gboolean
shows_alias(const VirtCpuDeviceInfo *info, VirtCpuDomainXmlFlags flags)
{
    return info->alias != NULL && ((flags & VIRTCPU_DOMAIN_XML_INACTIVE) == 0 ||
                                   virtcpu_device_is_user_alias(info->alias));
}

static void
format_info(const VirtCpuDeviceInfo *info, VirtCpuDomainXmlFlags flags, GString *out)
{
    if (info->boot_order != 0) {
        g_string_append_printf(out, "      <boot order='%u'/>\n", info->boot_order);
    }
    if (shows_alias(info, flags)) {
        g_string_append(out, "      <alias");
        virtcpu_xml_append_attribute(out, "name", info->alias);
        g_string_append(out, "/>\n");
    }
    virtcpu_address_format(&info->address, 6, out);
}

/* End the start tag of an element that has nothing inside but its info. */
static void
finish_with_info(const VirtCpuDeviceInfo *info, VirtCpuDomainXmlFlags flags, GString *out)
{
    if (!shows_alias(info, flags) && !virtcpu_address_is_assigned(&info->address)) {
        g_string_append(out, "/>\n");
        return;
    }
    g_string_append(out, ">\n");
    format_info(info, flags, out);
    g_string_append_printf(out, "    </%s>\n", virtcpu_device_element(info->kind));
}

static void
append_number(GString *out, const char *name, int number)
{
    if (number >= 0) {
        g_string_append_printf(out, " %s='%d'", name, number);
    }
}

/* The same for one that 0 is no value of. */
static void
append_positive(GString *out, const char *name, unsigned number)
{
    if (number > 0) {
        g_string_append_printf(out, " %s='%u'", name, number);
    }
}

static void
format_disk(const VirtCpuDiskDef *disk, VirtCpuDomainXmlFlags flags, GString *out)
{
    const gboolean live = (flags & VIRTCPU_DOMAIN_XML_INACTIVE) == 0;

    g_string_append_printf(out, "    <disk type='%s' device='%s'>\n      <driver name='qemu'",
                           disk->is_block ? "block" : "file", disk->device);
    virtcpu_xml_append_attribute(out, "type", disk->format);
    virtcpu_xml_append_attribute(out, "cache", disk->cache);
    virtcpu_xml_append_attribute(out, "io", disk->io);
    virtcpu_xml_append_attribute(out, "discard", disk->discard);
    append_positive(out, "iothread", disk->iothread);
    g_string_append(out, "/>\n");
    if (disk->source != NULL || disk->startup != VIRTCPU_STARTUP_DEFAULT) {
        g_string_append(out, "      <source");
        virtcpu_xml_append_attribute(out, disk->is_block ? "dev" : "file", disk->source);
        if (disk->startup != VIRTCPU_STARTUP_DEFAULT) {
            virtcpu_xml_append_attribute(
                out, "startupPolicy",
                virtcpu_words_to_string(&virtcpu_startup_words, (int)disk->startup));
        }
        append_positive(out, "index", live ? disk->node : 0);
        g_string_append(out, "/>\n");
    }
    g_string_append(out, "      <target");
    virtcpu_xml_append_attribute(out, "dev", disk->target);
    virtcpu_xml_append_attribute(out, "bus", virtcpu_disk_bus_to_string(disk->bus));
    if (live && disk->tray == VIRTCPU_TRISTATE_YES) {
        virtcpu_xml_append_attribute(out, "tray", "open");
    }
    g_string_append(out, "/>\n");
    virtcpu_disk_tune_format(&disk->tune, out);
    g_string_append(out, disk->readonly ? "      <readonly/>\n" : "");
    g_string_append(out, disk->shareable ? "      <shareable/>\n" : "");
    virtcpu_xml_append_element(out, 6, "serial", disk->serial);
    format_info(&disk->info, flags, out);
    g_string_append(out, "    </disk>\n");
}

static void
format_net_ends(const VirtCpuNetDef *net, GString *out)
{
    if (net->bridge != NULL) {
        g_string_append(out, "      <source");
        virtcpu_xml_append_attribute(out, "bridge", net->bridge);
        g_string_append(out, "/>\n");
    }
    if (net->target != NULL) {
        g_string_append(out, "      <target");
        virtcpu_xml_append_attribute(out, "dev", net->target);
        virtcpu_xml_append_attribute(out, "managed",
                                     net->type == VIRTCPU_NET_ETHERNET ? "no" : NULL);
        g_string_append(out, "/>\n");
    }
}

static void
format_net(const VirtCpuNetDef *net, VirtCpuDomainXmlFlags flags, GString *out)
{
    g_string_append_printf(out, "    <interface type='%s'>\n",
                           virtcpu_words_to_string(&virtcpu_net_type_words, (int)net->type));
    if (net->has_mac) {
        g_autofree char *mac = virtcpu_mac_to_string(net->mac);

        g_string_append_printf(out, "      <mac address='%s'/>\n", mac);
    }
    format_net_ends(net, out);
    if (net->model != NULL) {
        g_string_append(out, "      <model");
        virtcpu_xml_append_attribute(out, "type", net->model);
        g_string_append(out, "/>\n");
    }
    if (net->link_up != VIRTCPU_TRISTATE_ABSENT) {
        g_string_append_printf(out, "      <link state='%s'/>\n",
                               virtcpu_words_to_string(&virtcpu_link_words, (int)net->link_up));
    }
    format_info(&net->info, flags, out);
    g_string_append(out, "    </interface>\n");
}

/* A pty's path is only known while it is open. */
static const char *
shown_path(const VirtCpuChardevDef *chardev, VirtCpuDomainXmlFlags flags)
{
    const gboolean inactive = (flags & VIRTCPU_DOMAIN_XML_INACTIVE) != 0;

    return chardev->kind == VIRTCPU_CHARDEV_PTY && inactive ? NULL : chardev->path;
}

static void
format_chardev_source(const VirtCpuChardevDef *chardev, const char *path, GString *out)
{
    if (path == NULL) {
        return;
    }
    g_string_append(out, "      <source");
    if (chardev->kind == VIRTCPU_CHARDEV_UNIX) {
        virtcpu_xml_append_attribute(out, "mode", chardev->listen ? "bind" : "connect");
    }
    virtcpu_xml_append_attribute(out, "path", path);
    virtcpu_xml_append_attribute(out, "append", chardev->append ? "on" : NULL);
    g_string_append(out, "/>\n");
}

static void
format_chardev_target(const VirtCpuChardevDef *chardev, GString *out)
{
    g_string_append(out, "      <target");
    virtcpu_xml_append_attribute(out, "type", chardev->target_type);
    if (chardev->info.kind == VIRTCPU_DEVICE_CHANNEL) {
        virtcpu_xml_append_attribute(out, "name", chardev->target_name);
    } else {
        g_string_append_printf(out, " port='%u'", chardev->port);
    }
    if (chardev->target_model == NULL) {
        g_string_append(out, "/>\n");
        return;
    }
    g_string_append(out, ">\n        <model");
    virtcpu_xml_append_attribute(out, "name", chardev->target_model);
    g_string_append(out, "/>\n      </target>\n");
}

static void
format_chardev(const VirtCpuChardevDef *chardev, VirtCpuDomainXmlFlags flags, GString *out)
{
    const char *element = virtcpu_device_element(chardev->info.kind);
    const char *path = shown_path(chardev, flags);

    g_string_append_printf(out, "    <%s type='%s'", element,
                           virtcpu_words_to_string(&virtcpu_chardev_words, (int)chardev->kind));
    /* old clients look for the terminal here */
    if (chardev->kind == VIRTCPU_CHARDEV_PTY && chardev->info.kind == VIRTCPU_DEVICE_CONSOLE) {
        virtcpu_xml_append_attribute(out, "tty", path);
    }
    g_string_append(out, ">\n");
    format_chardev_source(chardev, path, out);
    format_chardev_target(chardev, out);
    format_info(&chardev->info, flags, out);
    g_string_append_printf(out, "    </%s>\n", element);
}

static void
format_listen(const VirtCpuGraphicsDef *graphics, GString *out)
{
    if (graphics->socket != NULL) {
        g_string_append(out, ">\n      <listen type='socket'");
        virtcpu_xml_append_attribute(out, "socket", graphics->socket);
    } else if (graphics->listen != NULL) {
        g_string_append(out, ">\n      <listen type='address'");
        virtcpu_xml_append_attribute(out, "address", graphics->listen);
    } else {
        g_string_append(out, ">\n      <listen type='address'");
    }
    g_string_append(out, "/>\n");
}

static void
format_spice(const VirtCpuGraphicsDef *graphics, GString *out)
{
    for (VirtCpuSpiceOption option = 0; option < VIRTCPU_SPICE_OPTION_LAST; option++) {
        const VirtCpuSpiceRow *row = virtcpu_spice_row(option);

        if (graphics->spice[option] != 0) {
            g_string_append_printf(
                out, "      <%s %s='%s'/>\n", row->element, row->attribute,
                virtcpu_words_to_string(row->words, graphics->spice[option] - 1));
        }
    }
}

static void
format_graphics(const VirtCpuGraphicsDef *graphics, VirtCpuDomainXmlFlags flags, GString *out)
{
    const gboolean hide_port = graphics->autoport && (flags & VIRTCPU_DOMAIN_XML_INACTIVE) != 0;

    g_string_append_printf(out, "    <graphics type='%s'", graphics->is_spice ? "spice" : "vnc");
    if (graphics->socket != NULL) {
        virtcpu_xml_append_attribute(out, "socket", graphics->socket);
    } else {
        g_string_append_printf(out, " port='%d' autoport='%s'", hide_port ? -1 : graphics->port,
                               graphics->autoport ? "yes" : "no");
        virtcpu_xml_append_attribute(out, "listen", graphics->listen);
    }
    virtcpu_xml_append_attribute(out, "keymap", graphics->keymap);
    if ((flags & VIRTCPU_DOMAIN_XML_SECURE) != 0) {
        virtcpu_xml_append_attribute(out, "passwd", graphics->password);
    }
    format_listen(graphics, out);
    format_spice(graphics, out);
    if (graphics->audio_id != 0) {
        g_string_append_printf(out, "      <audio id='%u'/>\n", graphics->audio_id);
    }
    g_string_append(out, "    </graphics>\n");
}

static void
format_audio(const VirtCpuAudioDef *audio, GString *out)
{
    g_string_append_printf(out, "    <audio id='%u'", audio->id);
    virtcpu_xml_append_attribute(out, "type", audio->type);
    g_string_append(out, "/>\n");
}

static void
format_memballoon(const VirtCpuMemballoonDef *balloon, VirtCpuDomainXmlFlags flags, GString *out)
{
    g_string_append(out, "    <memballoon");
    virtcpu_xml_append_attribute(out, "model", balloon->model);
    if (balloon->period_s == 0) {
        finish_with_info(&balloon->info, flags, out);
        return;
    }
    g_string_append_printf(out, ">\n      <stats period='%u'/>\n", balloon->period_s);
    format_info(&balloon->info, flags, out);
    g_string_append(out, "    </memballoon>\n");
}

static void
format_input(const VirtCpuInputDef *input, VirtCpuDomainXmlFlags flags, GString *out)
{
    g_string_append(out, "    <input");
    virtcpu_xml_append_attribute(out, "type", input->type);
    virtcpu_xml_append_attribute(out, "bus", input->bus);
    finish_with_info(&input->info, flags, out);
}

static void
format_watchdog(const VirtCpuWatchdogDef *watchdog, VirtCpuDomainXmlFlags flags, GString *out)
{
    g_string_append(out, "    <watchdog");
    virtcpu_xml_append_attribute(out, "model", watchdog->model);
    virtcpu_xml_append_attribute(out, "action", watchdog->action);
    finish_with_info(&watchdog->info, flags, out);
}

static void
format_pci_target(const VirtCpuControllerDef *controller, GString *out)
{
    if (controller->chassis < 0 && controller->port < 0 && controller->chassis_number < 0) {
        return;
    }
    g_string_append(out, "      <target");
    append_number(out, "chassisNr", controller->chassis_number);
    append_number(out, "chassis", controller->chassis);
    if (controller->port >= 0) {
        g_string_append_printf(out, " port='0x%x'", (unsigned)controller->port);
    }
    g_string_append(out, "/>\n");
}

static gboolean
has_children(const VirtCpuControllerDef *controller, VirtCpuDomainXmlFlags flags)
{
    return controller->model_name != NULL || controller->chassis >= 0 || controller->port >= 0 ||
           controller->chassis_number >= 0 || controller->master_startport >= 0 ||
           shows_alias(&controller->info, flags) ||
           virtcpu_address_is_assigned(&controller->info.address);
}

static void
format_controller(const VirtCpuControllerDef *controller, VirtCpuDomainXmlFlags flags, GString *out)
{
    g_string_append(out, "    <controller");
    virtcpu_xml_append_attribute(
        out, "type",
        virtcpu_words_to_string(&virtcpu_controller_type_words, (int)controller->type));
    append_number(out, "index", controller->index);
    virtcpu_xml_append_attribute(out, "model", controller->model);
    append_number(out, "ports", controller->ports);
    append_number(out, "vectors", controller->vectors);
    if (!has_children(controller, flags)) {
        g_string_append(out, "/>\n");
        return;
    }
    g_string_append(out, ">\n");
    if (controller->model_name != NULL) {
        g_string_append(out, "      <model");
        virtcpu_xml_append_attribute(out, "name", controller->model_name);
        g_string_append(out, "/>\n");
    }
    format_pci_target(controller, out);
    if (controller->master_startport >= 0) {
        g_string_append_printf(out, "      <master startport='%d'/>\n",
                               controller->master_startport);
    }
    format_info(&controller->info, flags, out);
    g_string_append(out, "    </controller>\n");
}

static void
format_rng(const VirtCpuRngDef *rng, VirtCpuDomainXmlFlags flags, GString *out)
{
    g_string_append(out, "    <rng model='virtio'>\n");
    if (rng->rate_bytes != 0) {
        g_string_append_printf(out, "      <rate bytes='%u'", rng->rate_bytes);
        if (rng->rate_period_ms != 0) {
            g_string_append_printf(out, " period='%u'", rng->rate_period_ms);
        }
        g_string_append(out, "/>\n");
    }
    g_string_append(out, "      <backend model='random'>");
    virtcpu_xml_escape(out, rng->backend_path != NULL ? rng->backend_path : "/dev/random");
    g_string_append(out, "</backend>\n");
    format_info(&rng->info, flags, out);
    g_string_append(out, "    </rng>\n");
}

static void
append_kib(GString *out, const char *name, unsigned kib)
{
    if (kib != 0) {
        g_string_append_printf(out, " %s='%u'", name, kib);
    }
}

static void
format_video(const VirtCpuVideoDef *video, gboolean is_first, VirtCpuDomainXmlFlags flags,
             GString *out)
{
    g_string_append(out, "    <video>\n      <model");
    virtcpu_xml_append_attribute(out, "type", video->model);
    append_kib(out, "ram", video->qxl_ram_kib);
    append_kib(out, "vram", video->vram_kib);
    append_kib(out, "vram64", video->qxl_vram64_kib);
    append_kib(out, "vgamem", video->qxl_vgamem_kib);
    if (video->heads != 0) {
        g_string_append_printf(out, " heads='%u'", video->heads);
    }
    if (is_first && g_strcmp0(video->model, "none") != 0) {
        virtcpu_xml_append_attribute(out, "primary", "yes");
    }
    g_string_append(out, "/>\n");
    format_info(&video->info, flags, out);
    g_string_append(out, "    </video>\n");
}

static void
format_device(gconstpointer device, gboolean is_first, VirtCpuDomainXmlFlags flags, GString *out)
{
    switch (((const VirtCpuDeviceInfo *)device)->kind) {
    case VIRTCPU_DEVICE_DISK:
        format_disk(device, flags, out);
        break;
    case VIRTCPU_DEVICE_CONTROLLER:
        format_controller(device, flags, out);
        break;
    case VIRTCPU_DEVICE_NET:
        format_net(device, flags, out);
        break;
    case VIRTCPU_DEVICE_SERIAL:
    case VIRTCPU_DEVICE_CONSOLE:
    case VIRTCPU_DEVICE_CHANNEL:
        format_chardev(device, flags, out);
        break;
    case VIRTCPU_DEVICE_INPUT:
        format_input(device, flags, out);
        break;
    case VIRTCPU_DEVICE_GRAPHICS:
        format_graphics(device, flags, out);
        break;
    case VIRTCPU_DEVICE_AUDIO:
        format_audio(device, out);
        break;
    case VIRTCPU_DEVICE_VIDEO:
        format_video(device, is_first, flags, out);
        break;
    case VIRTCPU_DEVICE_WATCHDOG:
        format_watchdog(device, flags, out);
        break;
    case VIRTCPU_DEVICE_MEMBALLOON:
        format_memballoon(device, flags, out);
        break;
    case VIRTCPU_DEVICE_RNG:
        format_rng(device, flags, out);
        break;
    case VIRTCPU_DEVICE_LAST:
    default:
        g_return_if_reached();
    }
}

void
virtcpu_domain_format_devices(const VirtCpuDomainDef *def, VirtCpuDomainXmlFlags flags,
                              GString *out)
{
    g_string_append(out, "  <devices>\n");
    virtcpu_xml_append_element(out, 4, "emulator", def->emulator);
    for (int kind = 0; kind < VIRTCPU_DEVICE_LAST; kind++) {
        const GPtrArray *devices = virtcpu_domain_def_devices(def, (VirtCpuDeviceKind)kind);

        for (guint i = 0; i < devices->len; i++) {
            format_device(g_ptr_array_index(devices, i), i == 0, flags, out);
        }
    }
    g_string_append(out, "  </devices>\n");
}
