/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <serial>, <console> and <channel>. */
#include "conf/cpu-words.h"
#include "conf/domain-parse.h"
#include "conf/domain-words.h"
#include "conf/error.h"
#include "conf/i18n.h"

static const VirtCpuXmlRule chardev_rule = {
    .attributes = "type tty",
    .once = "source target alias address",
};
static const VirtCpuXmlRule source_rule = { .attributes = "path mode append" };
static const VirtCpuXmlRule target_rule = { .attributes = "type port", .once = "model" };
static const VirtCpuXmlRule channel_rule = { .attributes = "type name state" };
static const VirtCpuXmlRule model_rule = { .attributes = "name" };

static gboolean
parse_source(VirtCpuChardevDef *chardev, xmlNode *node, GError **error)
{
    g_autofree char *mode = NULL;
    g_autofree char *appended = virtcpu_xml_attribute(node, "append");
    int append = VIRTCPU_TRISTATE_ABSENT;

    if (!virtcpu_xml_check(node, &source_rule, error) ||
        !virtcpu_xml_choice(node, "append", &virtcpu_switch_words, VIRTCPU_TRISTATE_YES, &append,
                            error) ||
        !virtcpu_domain_parse_word(node, "mode", &virtcpu_chardev_mode_words, FALSE, &mode,
                                   error)) {
        return FALSE;
    }
    if (mode != NULL && chardev->kind != VIRTCPU_CHARDEV_UNIX) {
        return virtcpu_domain_refuse(node, "mode", mode, error);
    }
    if (appended != NULL && chardev->kind != VIRTCPU_CHARDEV_FILE) {
        return virtcpu_domain_refuse(node, "append", appended, error);
    }
    chardev->path = virtcpu_xml_attribute(node, "path");
    chardev->append = append == VIRTCPU_TRISTATE_YES;
    chardev->listen = g_strcmp0(mode, "bind") == 0;
    return TRUE;
}

/* Only <serial> has models, and each target type has one. */
static gboolean
parse_model(VirtCpuChardevDef *chardev, xmlNode *node, gboolean is_serial, GError **error)
{
    const gboolean is_system = g_strcmp0(chardev->target_type, "system-serial") == 0;

    chardev->target_model = virtcpu_xml_attribute(node, "name");
    if (!is_serial || g_strcmp0(chardev->target_model, is_system ? "pl011" : "isa-serial") != 0) {
        return virtcpu_domain_refuse(node, "name", chardev->target_model, error);
    }
    return virtcpu_xml_check(node, &model_rule, error);
}

static gboolean
parse_target_port(VirtCpuChardevDef *chardev, xmlNode *node, GError **error)
{
    guint64 port = chardev->port;

    if (!virtcpu_xml_attribute_number(node, "port", FALSE, G_MAXUINT16, &port, error)) {
        return FALSE;
    }
    chardev->port = (unsigned)port;
    return TRUE;
}

/* A channel has a name and no number. What its state is only the running guest knows. */
static gboolean
parse_channel_target(VirtCpuChardevDef *chardev, xmlNode *node, GError **error)
{
    chardev->target_name = virtcpu_xml_attribute(node, "name");
    return virtcpu_xml_check(node, &channel_rule, error) &&
           virtcpu_domain_parse_word(node, "type", &virtcpu_channel_target_words, TRUE,
                                     &chardev->target_type, error);
}

static gboolean
parse_target(VirtCpuChardevDef *chardev, xmlNode *node, GError **error)
{
    const gboolean is_serial = chardev->info.kind == VIRTCPU_DEVICE_SERIAL;
    const VirtCpuWords *words =
        is_serial ? &virtcpu_serial_target_words : &virtcpu_console_target_words;
    xmlNode *model = virtcpu_xml_child(node, "model");

    if (chardev->info.kind == VIRTCPU_DEVICE_CHANNEL) {
        return parse_channel_target(chardev, node, error);
    }
    return virtcpu_xml_check(node, &target_rule, error) &&
           virtcpu_domain_parse_word(node, "type", words, FALSE, &chardev->target_type, error) &&
           parse_target_port(chardev, node, error) &&
           (model == NULL || parse_model(chardev, model, is_serial, error));
}

static gboolean
check_path(const VirtCpuChardevDef *chardev, xmlNode *node, GError **error)
{
    /* virtcpu finds a place for the socket of a channel itself */
    const gboolean wants_path =
        chardev->kind == VIRTCPU_CHARDEV_FILE ||
        (chardev->kind == VIRTCPU_CHARDEV_UNIX && chardev->info.kind != VIRTCPU_DEVICE_CHANNEL);

    if (wants_path && chardev->path == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("Missing source path attribute for char device (line %ld)"),
                          xmlGetLineNo(node));
        return FALSE;
    }
    return TRUE;
}

/* The port after the highest of @chardevs. */
static unsigned
next_port(const GPtrArray *chardevs)
{
    unsigned next = 0;

    for (guint i = 0; i < chardevs->len; i++) {
        next = MAX(next, ((const VirtCpuChardevDef *)g_ptr_array_index(chardevs, i))->port + 1);
    }
    return next;
}

static VirtCpuDeviceKind
kind_of_element(xmlNode *node)
{
    if (xmlStrEqual(node->name, (const xmlChar *)"serial")) {
        return VIRTCPU_DEVICE_SERIAL;
    }
    return xmlStrEqual(node->name, (const xmlChar *)"console") ? VIRTCPU_DEVICE_CONSOLE
                                                               : VIRTCPU_DEVICE_CHANNEL;
}

static gboolean
check_channel(const VirtCpuChardevDef *chardev, xmlNode *node, GError **error)
{
    if (chardev->info.kind != VIRTCPU_DEVICE_CHANNEL || chardev->target_type != NULL) {
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                      _("target type must be specified for channel device (line %ld)"),
                      xmlGetLineNo(node));
    return FALSE;
}

gboolean
virtcpu_domain_parse_chardev(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    const VirtCpuDeviceKind element = kind_of_element(node);
    const unsigned next = next_port(virtcpu_domain_def_devices(def, element));
    g_autofree char *type = virtcpu_xml_attribute(node, "type");
    VirtCpuChardevDef *chardev = virtcpu_domain_new_device(def, element, node);
    xmlNode *source = virtcpu_xml_child(node, "source");
    xmlNode *target = virtcpu_xml_child(node, "target");
    int kind = virtcpu_words_from_string(&virtcpu_chardev_words, type != NULL ? type : "pty");

    chardev->port = next;
    if (kind < 0) {
        return virtcpu_domain_refuse(node, "type", type, error);
    }
    chardev->kind = (VirtCpuChardevKind)kind;
    if (chardev->kind == VIRTCPU_CHARDEV_SPICEVMC && element != VIRTCPU_DEVICE_CHANNEL) {
        return virtcpu_domain_refuse(node, "type", type, error);
    }
    return virtcpu_xml_check(node, &chardev_rule, error) &&
           (source == NULL || parse_source(chardev, source, error)) &&
           (target == NULL || parse_target(chardev, target, error)) &&
           check_channel(chardev, node, error) && check_path(chardev, node, error) &&
           virtcpu_domain_parse_info(node, &chardev->info, error);
}
