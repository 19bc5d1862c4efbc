/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <serial>, <console> and <graphics>. */
#include "conf/cpu-words.h"
#include "conf/domain-parse.h"
#include "conf/domain-words.h"
#include "conf/error.h"
#include "conf/i18n.h"

static const VirtCpuXmlRule chardev_rule = {
    .attributes = "type tty",
    .once = "source target alias",
};
static const VirtCpuXmlRule source_rule = { .attributes = "path mode append" };
static const VirtCpuXmlRule target_rule = { .attributes = "type port", .once = "model" };
static const VirtCpuXmlRule model_rule = { .attributes = "name" };
static const VirtCpuXmlRule graphics_rule = {
    .attributes = "type port autoport listen socket passwd keymap",
    .once = "listen",
};
static const VirtCpuXmlRule listen_rule = { .attributes = "type address socket" };

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

static gboolean
parse_target(VirtCpuChardevDef *chardev, xmlNode *node, gboolean is_serial, GError **error)
{
    const VirtCpuWords *words =
        is_serial ? &virtcpu_serial_target_words : &virtcpu_console_target_words;
    xmlNode *model = virtcpu_xml_child(node, "model");

    return virtcpu_xml_check(node, &target_rule, error) &&
           virtcpu_domain_parse_word(node, "type", words, FALSE, &chardev->target_type, error) &&
           parse_target_port(chardev, node, error) &&
           (model == NULL || parse_model(chardev, model, is_serial, error));
}

static gboolean
check_path(const VirtCpuChardevDef *chardev, xmlNode *node, GError **error)
{
    const gboolean wants_path =
        chardev->kind == VIRTCPU_CHARDEV_FILE || chardev->kind == VIRTCPU_CHARDEV_UNIX;

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

gboolean
virtcpu_domain_parse_chardev(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    const gboolean is_serial = xmlStrEqual(node->name, (const xmlChar *)"serial");
    g_autofree char *type = virtcpu_xml_attribute(node, "type");
    VirtCpuChardevDef *chardev = g_new0(VirtCpuChardevDef, 1);
    xmlNode *source = virtcpu_xml_child(node, "source");
    xmlNode *target = virtcpu_xml_child(node, "target");
    int kind = virtcpu_words_from_string(&virtcpu_chardev_words, type != NULL ? type : "pty");

    chardev->port = next_port(is_serial ? def->serials : def->consoles);
    g_ptr_array_add(is_serial ? def->serials : def->consoles, chardev);
    if (kind < 0) {
        return virtcpu_domain_refuse(node, "type", type, error);
    }
    chardev->kind = (VirtCpuChardevKind)kind;
    return virtcpu_xml_check(node, &chardev_rule, error) &&
           (source == NULL || parse_source(chardev, source, error)) &&
           (target == NULL || parse_target(chardev, target, is_serial, error)) &&
           check_path(chardev, node, error) &&
           virtcpu_domain_parse_alias(node, &chardev->alias, error);
}

static gboolean
parse_listen(VirtCpuGraphicsDef *graphics, xmlNode *node, GError **error)
{
    g_autofree char *type = NULL;
    g_autofree char *address = virtcpu_xml_attribute(node, "address");
    g_autofree char *socket = virtcpu_xml_attribute(node, "socket");

    if (!virtcpu_xml_check(node, &listen_rule, error) ||
        !virtcpu_domain_parse_word(node, "type", &virtcpu_listen_type_words, TRUE, &type, error)) {
        return FALSE;
    }
    if (g_str_equal(type, "socket") && socket == NULL && graphics->socket == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("a <listen> of type 'socket' (line %ld) needs a path in socket="),
                          xmlGetLineNo(node));
        return FALSE;
    }
    if ((address != NULL && graphics->listen != NULL && !g_str_equal(address, graphics->listen)) ||
        (socket != NULL && graphics->socket != NULL && !g_str_equal(socket, graphics->socket))) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("attribute of <graphics> must match that of its <listen> element (line "
                            "%ld)"),
                          xmlGetLineNo(node));
        return FALSE;
    }
    if (graphics->listen == NULL) {
        graphics->listen = g_steal_pointer(&address);
    }
    if (graphics->socket == NULL) {
        graphics->socket = g_steal_pointer(&socket);
    }
    return TRUE;
}

/* port -1 and autoport mean the same; a fixed port is meant when one is written without autoport.
 */
static gboolean
parse_port(VirtCpuGraphicsDef *graphics, xmlNode *node, GError **error)
{
    g_autofree char *text = virtcpu_xml_attribute(node, "port");
    int autoport = VIRTCPU_TRISTATE_ABSENT;
    guint64 port = 0;

    if (!virtcpu_xml_choice(node, "autoport", &virtcpu_bool_words, VIRTCPU_TRISTATE_YES, &autoport,
                            error)) {
        return FALSE;
    }
    if (text == NULL || g_str_equal(text, "-1")) {
        graphics->port = -1;
        graphics->autoport = TRUE;
        return TRUE;
    }
    if (!virtcpu_xml_number(node, "port", text, G_MAXUINT16, &port, error)) {
        return FALSE;
    }
    graphics->autoport = autoport == VIRTCPU_TRISTATE_YES || port == 0;
    graphics->port = graphics->autoport ? -1 : (int)port;
    return TRUE;
}

/* A VNC server has one door: a socket, or a port at an address. */
static gboolean
check_door(const VirtCpuGraphicsDef *graphics, xmlNode *node, GError **error)
{
    if (graphics->socket == NULL || (graphics->listen == NULL && graphics->autoport)) {
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                      _("<graphics> (line %ld) cannot have both socket '%s' and a port or an "
                        "address"),
                      xmlGetLineNo(node), graphics->socket);
    return FALSE;
}

gboolean
virtcpu_domain_parse_graphics(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    g_autofree char *type = virtcpu_xml_attribute(node, "type");
    VirtCpuGraphicsDef *graphics = g_new0(VirtCpuGraphicsDef, 1);
    xmlNode *listen = virtcpu_xml_child(node, "listen");

    g_ptr_array_add(def->graphics, graphics);
    if (g_strcmp0(type, "vnc") != 0) {
        return virtcpu_domain_refuse(node, "type", type, error);
    }
    graphics->listen = virtcpu_xml_attribute(node, "listen");
    graphics->socket = virtcpu_xml_attribute(node, "socket");
    graphics->password = virtcpu_xml_attribute(node, "passwd");
    graphics->keymap = virtcpu_xml_attribute(node, "keymap");
    return virtcpu_xml_check(node, &graphics_rule, error) && parse_port(graphics, node, error) &&
           (listen == NULL || parse_listen(graphics, listen, error)) &&
           check_door(graphics, node, error);
}
