/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/domain-commandline.h"

#include "conf/error.h"
#include "conf/i18n.h"

#include <string.h>

static gboolean
is_named(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && node->ns != NULL &&
           xmlStrEqual(node->ns->href, (const xmlChar *)VIRTCPU_QEMU_NAMESPACE) &&
           xmlStrEqual(node->name, (const xmlChar *)name);
}

static gboolean
refuse(xmlNode *node, GError **error)
{
    virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                      _("element 'qemu:%s' at line %ld is not supported; <qemu:commandline> with "
                        "<qemu:arg value=> and <qemu:env name= value=> is"),
                      (const char *)node->name, xmlGetLineNo(node));
    return FALSE;
}

static gboolean
parse_arg(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    static const VirtCpuXmlRule rule = { .attributes = "value" };
    char *value = virtcpu_xml_attribute(node, "value");

    if (value == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("No qemu command-line argument specified (line %ld)"),
                          xmlGetLineNo(node));
        return FALSE;
    }
    g_ptr_array_add(def->qemu_args, value);
    return virtcpu_xml_check(node, &rule, error);
}

/* A variable that is meant to be unset has no value. */
static gboolean
parse_env(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    static const VirtCpuXmlRule rule = { .attributes = "name value" };
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_";
    g_autofree char *name = virtcpu_xml_attribute(node, "name");
    g_autofree char *value = virtcpu_xml_attribute(node, "value");

    if (name == NULL || *name == '\0' || g_ascii_isdigit(*name) ||
        name[strspn(name, allowed)] != '\0') {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("Invalid environment name '%s' (line %ld), it must begin with a letter "
                            "or underscore and contain only alphanumerics and underscore"),
                          name != NULL ? name : "", xmlGetLineNo(node));
        return FALSE;
    }
    g_ptr_array_add(def->qemu_env, g_strdup_printf("%s=%s", name, value != NULL ? value : ""));
    return virtcpu_xml_check(node, &rule, error);
}

/* What is read is taken out: nothing may be left. */
static gboolean
parse_children(VirtCpuDomainDef *def, xmlNode *commandline, GError **error)
{
    static const VirtCpuXmlRule nothing = { NULL };
    xmlNode *next = NULL;

    for (xmlNode *child = commandline->children; child != NULL; child = next) {
        gboolean parsed = TRUE;

        next = child->next;
        if (child->type != XML_ELEMENT_NODE) {
            continue;
        }
        if (is_named(child, "arg")) {
            parsed = parse_arg(def, child, error);
        } else if (is_named(child, "env")) {
            parsed = parse_env(def, child, error);
        } else {
            parsed = refuse(child, error);
        }
        if (!parsed) {
            return FALSE;
        }
        xmlUnlinkNode(child);
        xmlFreeNode(child);
    }
    return virtcpu_xml_check(commandline, &nothing, error);
}

static xmlNode *
find_commandline(xmlNode *root)
{
    for (xmlNode *child = root->children; child != NULL; child = child->next) {
        if (is_named(child, "commandline")) {
            return child;
        }
    }
    return NULL;
}

gboolean
virtcpu_domain_commandline_parse(VirtCpuDomainDef *def, xmlNode *root, GError **error)
{
    xmlNode *commandline = find_commandline(root);

    if (commandline == NULL) {
        return TRUE;
    }
    if (!parse_children(def, commandline, error)) {
        return FALSE;
    }
    xmlUnlinkNode(commandline);
    xmlFreeNode(commandline);
    commandline = find_commandline(root);
    return commandline == NULL || refuse(commandline, error);
}

void
virtcpu_domain_commandline_format(const VirtCpuDomainDef *def, GString *out)
{
    if (def->qemu_args->len == 0 && def->qemu_env->len == 0) {
        return;
    }
    g_string_append(out, "  <qemu:commandline>\n");
    for (guint i = 0; i < def->qemu_args->len; i++) {
        g_string_append(out, "    <qemu:arg");
        virtcpu_xml_append_attribute(out, "value", g_ptr_array_index(def->qemu_args, i));
        g_string_append(out, "/>\n");
    }
    for (guint i = 0; i < def->qemu_env->len; i++) {
        const char *variable = g_ptr_array_index(def->qemu_env, i);
        const char *equals = strchr(variable, '=');
        g_autofree char *name = g_strndup(variable, (gsize)(equals - variable));

        g_string_append(out, "    <qemu:env");
        virtcpu_xml_append_attribute(out, "name", name);
        virtcpu_xml_append_attribute(out, "value", equals[1] != '\0' ? equals + 1 : NULL);
        g_string_append(out, "/>\n");
    }
    g_string_append(out, "  </qemu:commandline>\n");
}
