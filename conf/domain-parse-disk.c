/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/domain-parse.h"
#include "conf/domain-words.h"
#include "conf/error.h"
#include "conf/i18n.h"

#include <string.h>

static const VirtCpuXmlRule disk_rule = {
    .attributes = "type device",
    .once = "driver source target iotune readonly shareable serial boot alias address",
};
static const VirtCpuXmlRule driver_rule = { .attributes = "name type cache io discard iothread" };
static const VirtCpuXmlRule file_rule = { .attributes = "file index startupPolicy" };
static const VirtCpuXmlRule block_rule = { .attributes = "dev index startupPolicy" };
static const VirtCpuXmlRule target_rule = { .attributes = "dev bus tray" };
static const VirtCpuXmlRule empty_rule = { NULL };
static const VirtCpuXmlRule text_rule = { .text = TRUE };

/* The bus libvirt takes for a target name when none is written. */
typedef struct {
    const char *prefix;
    VirtCpuDiskBus bus;
} TargetRow;

static const TargetRow target_rows[] = {
    { "vd", VIRTCPU_BUS_VIRTIO },
    { "hd", VIRTCPU_BUS_IDE },
    { "sd", VIRTCPU_BUS_SCSI },
};

static gboolean
parse_driver(VirtCpuDiskDef *disk, xmlNode *node, GError **error)
{
    g_autofree char *name = virtcpu_xml_attribute(node, "name");

    if (name != NULL && !g_str_equal(name, "qemu")) {
        return virtcpu_domain_refuse(node, "name", name, error);
    }
    return virtcpu_xml_check(node, &driver_rule, error) &&
           virtcpu_domain_parse_word(node, "type", &virtcpu_disk_format_words, FALSE, &disk->format,
                                     error) &&
           virtcpu_domain_parse_word(node, "cache", &virtcpu_disk_cache_words, FALSE, &disk->cache,
                                     error) &&
           virtcpu_domain_parse_word(node, "io", &virtcpu_disk_io_words, FALSE, &disk->io, error) &&
           virtcpu_domain_parse_word(node, "discard", &virtcpu_disk_discard_words, FALSE,
                                     &disk->discard, error) &&
           virtcpu_domain_parse_positive(node, "iothread", FALSE, &disk->iothread, error);
}

static gboolean
parse_startup(VirtCpuDiskDef *disk, xmlNode *node, GError **error)
{
    int startup = VIRTCPU_STARTUP_DEFAULT;

    if (!virtcpu_xml_choice(node, "startupPolicy", &virtcpu_startup_words,
                            VIRTCPU_STARTUP_MANDATORY, &startup, error)) {
        return FALSE;
    }
    if (startup == VIRTCPU_STARTUP_REQUISITE && !g_str_equal(disk->device, "cdrom")) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("disk startupPolicy 'requisite' is allowed only for cdrom or floppy "
                            "(line %ld)"),
                          xmlGetLineNo(node));
        return FALSE;
    }
    disk->startup = (VirtCpuStartupPolicy)startup;
    return TRUE;
}

static gboolean
parse_source(VirtCpuDiskDef *disk, xmlNode *node, GError **error)
{
    disk->source = virtcpu_xml_attribute(node, disk->is_block ? "dev" : "file");
    if (disk->source != NULL && !g_path_is_absolute(disk->source)) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("disk source '%s' (line %ld) is no absolute path"), disk->source,
                          xmlGetLineNo(node));
        return FALSE;
    }
    return virtcpu_xml_check(node, disk->is_block ? &block_rule : &file_rule, error) &&
           virtcpu_xml_attribute_uint(node, "index", FALSE, &disk->node, error) &&
           parse_startup(disk, node, error);
}

static gboolean
is_target_name(const char *name)
{
    return strlen(name) > 2 && strlen(name) <= 4 && name[1] == 'd' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz") == strlen(name);
}

static gboolean
bus_from_target(VirtCpuDiskDef *disk)
{
    for (gsize i = 0; i < G_N_ELEMENTS(target_rows); i++) {
        if (g_str_has_prefix(disk->target, target_rows[i].prefix)) {
            disk->bus = target_rows[i].bus;
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
parse_target(VirtCpuDiskDef *disk, xmlNode *node, GError **error)
{
    g_autofree char *bus = virtcpu_xml_attribute(node, "bus");
    int found = virtcpu_words_from_string(&virtcpu_disk_bus_words, bus);

    if (!virtcpu_xml_check(node, &target_rule, error) ||
        !virtcpu_domain_parse_tristate(node, "tray", &virtcpu_tray_words, &disk->tray, error)) {
        return FALSE;
    }
    disk->target = virtcpu_xml_attribute(node, "dev");
    if (disk->target == NULL || !is_target_name(disk->target)) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("Invalid harddisk device name: %s (line %ld)"),
                          disk->target != NULL ? disk->target : "", xmlGetLineNo(node));
        return FALSE;
    }
    if (bus == NULL) {
        return bus_from_target(disk) || virtcpu_domain_refuse(node, "dev", disk->target, error);
    }
    if (found < 0) {
        return virtcpu_domain_refuse(node, "bus", bus, error);
    }
    disk->bus = (VirtCpuDiskBus)found;
    return TRUE;
}

static gboolean
parse_flag(xmlNode *disk, const char *name, gboolean *flag, GError **error)
{
    xmlNode *node = virtcpu_xml_child(disk, name);

    *flag = node != NULL;
    return node == NULL || virtcpu_xml_check(node, &empty_rule, error);
}

static gboolean
parse_serial(VirtCpuDiskDef *disk, xmlNode *node, GError **error)
{
    xmlNode *child = virtcpu_xml_child(node, "serial");

    disk->serial = child != NULL ? virtcpu_xml_raw_text(child) : NULL;
    return child == NULL || virtcpu_xml_check(child, &text_rule, error);
}

static gboolean
check_disk(const VirtCpuDiskDef *disk, xmlNode *node, GError **error)
{
    if (disk->target == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR, _("missing target of disk (line %ld)"),
                          xmlGetLineNo(node));
        return FALSE;
    }
    if (disk->source == NULL && !g_str_equal(disk->device, "cdrom")) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR, _("missing source of disk '%s' (line %ld)"),
                          disk->target, xmlGetLineNo(node));
        return FALSE;
    }
    if (disk->bus == VIRTCPU_BUS_VIRTIO && g_str_equal(disk->device, "cdrom")) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("disk type 'virtio' of '%s' does not support ejectable media (line "
                            "%ld); use bus 'sata', 'ide' or 'scsi'"),
                          disk->target, xmlGetLineNo(node));
        return FALSE;
    }
    if (disk->iothread != 0 && disk->bus != VIRTCPU_BUS_VIRTIO) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("IOThreads not available for bus %s target %s (line %ld)"),
                          virtcpu_disk_bus_to_string(disk->bus), disk->target, xmlGetLineNo(node));
        return FALSE;
    }
    return TRUE;
}

static gboolean
parse_kind(VirtCpuDiskDef *disk, xmlNode *node, GError **error)
{
    g_autofree char *type = virtcpu_xml_attribute(node, "type");

    disk->is_block = g_strcmp0(type, "block") == 0;
    if (type != NULL && !disk->is_block && !g_str_equal(type, "file")) {
        return virtcpu_domain_refuse(node, "type", type, error);
    }
    if (!virtcpu_domain_parse_word(node, "device", &virtcpu_disk_device_words, FALSE, &disk->device,
                                   error)) {
        return FALSE;
    }
    if (disk->device == NULL) {
        disk->device = g_strdup("disk");
    }
    return TRUE;
}

gboolean
virtcpu_domain_parse_disk(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    VirtCpuDiskDef *disk = virtcpu_domain_new_device(def, VIRTCPU_DEVICE_DISK, node);
    xmlNode *driver = virtcpu_xml_child(node, "driver");
    xmlNode *source = virtcpu_xml_child(node, "source");
    xmlNode *target = virtcpu_xml_child(node, "target");
    xmlNode *tune = virtcpu_xml_child(node, "iotune");

    return parse_kind(disk, node, error) && virtcpu_xml_check(node, &disk_rule, error) &&
           (driver == NULL || parse_driver(disk, driver, error)) &&
           (source == NULL || parse_source(disk, source, error)) &&
           (target == NULL || parse_target(disk, target, error)) &&
           (tune == NULL || virtcpu_disk_tune_parse(&disk->tune, tune, error)) &&
           parse_flag(node, "readonly", &disk->readonly, error) &&
           parse_flag(node, "shareable", &disk->shareable, error) &&
           parse_serial(disk, node, error) && virtcpu_domain_parse_info(node, &disk->info, error) &&
           check_disk(disk, node, error);
}
