/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/domain-format.h"

#include "conf/domain-words.h"
#include "conf/xml.h"

static void
format_alias(const char *alias, VirtCpuDomainXmlFlags flags, GString *out)
{
    if (alias != NULL && (flags & VIRTCPU_DOMAIN_XML_INACTIVE) == 0) {
        g_string_append(out, "      <alias");
        virtcpu_xml_append_attribute(out, "name", alias);
        g_string_append(out, "/>\n");
    }
}

static void
format_boot_order(unsigned order, GString *out)
{
    if (order != 0) {
        g_string_append_printf(out, "      <boot order='%u'/>\n", order);
    }
}

static void
format_disk(const VirtCpuDiskDef *disk, VirtCpuDomainXmlFlags flags, GString *out)
{
    g_string_append_printf(out, "    <disk type='file' device='%s'>\n      <driver name='qemu'",
                           disk->device);
    virtcpu_xml_append_attribute(out, "type", disk->format);
    virtcpu_xml_append_attribute(out, "cache", disk->cache);
    virtcpu_xml_append_attribute(out, "io", disk->io);
    virtcpu_xml_append_attribute(out, "discard", disk->discard);
    g_string_append(out, "/>\n");
    if (disk->source != NULL) {
        g_string_append(out, "      <source");
        virtcpu_xml_append_attribute(out, "file", disk->source);
        g_string_append(out, "/>\n");
    }
    g_string_append(out, "      <target");
    virtcpu_xml_append_attribute(out, "dev", disk->target);
    virtcpu_xml_append_attribute(out, "bus", virtcpu_disk_bus_to_string(disk->bus));
    g_string_append(out, "/>\n");
    g_string_append(out, disk->readonly ? "      <readonly/>\n" : "");
    g_string_append(out, disk->shareable ? "      <shareable/>\n" : "");
    virtcpu_xml_append_element(out, 6, "serial", disk->serial);
    format_boot_order(disk->boot_order, out);
    format_alias(disk->alias, flags, out);
    g_string_append(out, "    </disk>\n");
}

static void
format_net(const VirtCpuNetDef *net, VirtCpuDomainXmlFlags flags, GString *out)
{
    g_string_append(out, "    <interface type='user'>\n");
    if (net->has_mac) {
        g_string_append_printf(out, "      <mac address='%02x:%02x:%02x:%02x:%02x:%02x'/>\n",
                               net->mac[0], net->mac[1], net->mac[2], net->mac[3], net->mac[4],
                               net->mac[5]);
    }
    if (net->model != NULL) {
        g_string_append(out, "      <model");
        virtcpu_xml_append_attribute(out, "type", net->model);
        g_string_append(out, "/>\n");
    }
    format_boot_order(net->boot_order, out);
    format_alias(net->alias, flags, out);
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
    g_string_append_printf(out, " port='%u'", chardev->port);
    if (chardev->target_model == NULL) {
        g_string_append(out, "/>\n");
        return;
    }
    g_string_append(out, ">\n        <model");
    virtcpu_xml_append_attribute(out, "name", chardev->target_model);
    g_string_append(out, "/>\n      </target>\n");
}

static void
format_chardev(const VirtCpuChardevDef *chardev, const char *element, VirtCpuDomainXmlFlags flags,
               GString *out)
{
    const char *path = shown_path(chardev, flags);

    g_string_append_printf(out, "    <%s type='%s'", element,
                           virtcpu_words_to_string(&virtcpu_chardev_words, (int)chardev->kind));
    /* old clients look for the terminal here */
    if (chardev->kind == VIRTCPU_CHARDEV_PTY && g_str_equal(element, "console")) {
        virtcpu_xml_append_attribute(out, "tty", path);
    }
    g_string_append(out, ">\n");
    format_chardev_source(chardev, path, out);
    format_chardev_target(chardev, out);
    format_alias(chardev->alias, flags, out);
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
    g_string_append(out, "/>\n    </graphics>\n");
}

static void
format_graphics(const VirtCpuGraphicsDef *graphics, VirtCpuDomainXmlFlags flags, GString *out)
{
    const gboolean hide_port = graphics->autoport && (flags & VIRTCPU_DOMAIN_XML_INACTIVE) != 0;

    g_string_append(out, "    <graphics type='vnc'");
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
}

static void
format_memballoon(const VirtCpuDomainDef *def, VirtCpuDomainXmlFlags flags, GString *out)
{
    const gboolean live =
        def->memballoon_alias != NULL && (flags & VIRTCPU_DOMAIN_XML_INACTIVE) == 0;

    if (!def->has_memballoon) {
        return;
    }
    g_string_append(out, "    <memballoon");
    virtcpu_xml_append_attribute(out, "model", def->memballoon_model);
    g_string_append(out, live ? ">\n" : "/>\n");
    if (live) {
        format_alias(def->memballoon_alias, flags, out);
        g_string_append(out, "    </memballoon>\n");
    }
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
    format_alias(rng->alias, flags, out);
    g_string_append(out, "    </rng>\n");
}

static void
format_video(const VirtCpuDomainDef *def, GString *out)
{
    if (def->video_model != NULL) {
        g_string_append(out, "    <video>\n      <model");
        virtcpu_xml_append_attribute(out, "type", def->video_model);
        g_string_append(out, "/>\n    </video>\n");
    }
}

void
virtcpu_domain_format_devices(const VirtCpuDomainDef *def, VirtCpuDomainXmlFlags flags,
                              GString *out)
{
    g_string_append(out, "  <devices>\n");
    virtcpu_xml_append_element(out, 4, "emulator", def->emulator);
    for (guint i = 0; i < def->disks->len; i++) {
        format_disk(g_ptr_array_index(def->disks, i), flags, out);
    }
    for (guint i = 0; i < def->nets->len; i++) {
        format_net(g_ptr_array_index(def->nets, i), flags, out);
    }
    for (guint i = 0; i < def->serials->len; i++) {
        format_chardev(g_ptr_array_index(def->serials, i), "serial", flags, out);
    }
    for (guint i = 0; i < def->consoles->len; i++) {
        format_chardev(g_ptr_array_index(def->consoles, i), "console", flags, out);
    }
    for (guint i = 0; i < def->graphics->len; i++) {
        format_graphics(g_ptr_array_index(def->graphics, i), flags, out);
    }
    format_video(def, out);
    format_memballoon(def, flags, out);
    for (guint i = 0; i < def->rngs->len; i++) {
        format_rng(g_ptr_array_index(def->rngs, i), flags, out);
    }
    g_string_append(out, "  </devices>\n");
}
