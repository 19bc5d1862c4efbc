/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/cpu-form.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "conf/xml.h"

#include <string.h>

static const char *const form_names[] = { "default", "explicit", "named" };
VIRTCPU_WORDS_DEFINE(virtcpu_cpu_form_words, form_names, VIRTCPU_CPU_FORM_LAST);

static const char *const cpu_attributes[] = { "form", NULL };
static const char *const property_attributes[] = { "name", "value", NULL };

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

static gboolean
is_ours(const xmlNode *node)
{
    return node->type == XML_ELEMENT_NODE && node->ns != NULL &&
           xmlStrEqual(node->ns->href, (const xmlChar *)VIRTCPU_CPU_NAMESPACE);
}

/* The first element of our namespace below @metadata, or NULL (transfer none). */
static xmlNode *
find_element(xmlNode *metadata)
{
    for (xmlNode *node = metadata->children; node != NULL; node = node->next) {
        if (is_ours(node)) {
            return node;
        }
    }
    return NULL;
}

static gboolean
refuse_element(const xmlNode *node, GError **error)
{
    virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                      _("element '%s' in <metadata> is not known in namespace '%s'"),
                      (const char *)node->name, VIRTCPU_CPU_NAMESPACE);
    return FALSE;
}

/* virtcpu_xml_check knows no element with a namespace. */
static gboolean
check_attributes(const xmlNode *node, const char *const *names, GError **error)
{
    for (const xmlAttr *attribute = node->properties; attribute != NULL;
         attribute = attribute->next) {
        if (attribute->ns != NULL || !g_strv_contains(names, (const char *)attribute->name)) {
            virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                              _("attribute '%s' of element '%s' in <metadata> is not known in "
                                "namespace '%s'"),
                              (const char *)attribute->name, (const char *)node->name,
                              VIRTCPU_CPU_NAMESPACE);
            return FALSE;
        }
    }
    return TRUE;
}

/* @text as what QEMU's monitor wants for it. */
static VirtCpuJson *
to_value(const char *text)
{
    guint64 number;

    if (g_str_equal(text, "on") || g_str_equal(text, "off")) {
        return virtcpu_json_new_bool(g_str_equal(text, "on"));
    }
    return g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, &number, NULL)
               ? virtcpu_json_new_uint(number)
               : virtcpu_json_new_string(text);
}

static gboolean
is_good(const char *name, const char *value)
{
    return name != NULL && value != NULL && name[0] != '\0' &&
           strspn(name, NAME_CHARACTERS) == strlen(name) &&
           strlen(name) <= VIRTCPU_CPU_MAX_PROPERTY_BYTES &&
           strlen(value) <= VIRTCPU_CPU_MAX_PROPERTY_BYTES && strchr(value, ',') == NULL;
}

static gboolean
parse_property(xmlNode *node, VirtCpuJson *properties, GError **error)
{
    g_autofree char *name = virtcpu_xml_attribute(node, "name");
    g_autofree char *value = virtcpu_xml_attribute(node, "value");

    if (!xmlStrEqual(node->name, (const xmlChar *)"property")) {
        return refuse_element(node, error);
    }
    if (!check_attributes(node, property_attributes, error)) {
        return FALSE;
    }
    if (!is_good(name, value) || virtcpu_json_get(properties, name) != NULL ||
        virtcpu_json_size(properties) >= VIRTCPU_CPU_MAX_PROPERTIES) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("CPU property '%s' in <metadata> must have a name and a value without "
                            "a comma, each of at most %d bytes, and may stand there once"),
                          name != NULL ? name : "", VIRTCPU_CPU_MAX_PROPERTY_BYTES);
        return FALSE;
    }
    virtcpu_json_set(properties, name, to_value(value));
    return TRUE;
}

static gboolean
parse_properties(xmlNode *node, VirtCpuJson **properties, GError **error)
{
    g_autoptr(VirtCpuJson) found = virtcpu_json_new_object();

    for (xmlNode *child = node->children; child != NULL; child = child->next) {
        if (child->type == XML_ELEMENT_NODE &&
            !(is_ours(child) ? parse_property(child, found, error)
                             : refuse_element(child, error))) {
            return FALSE;
        }
    }
    *properties = virtcpu_json_size(found) > 0 ? g_steal_pointer(&found) : NULL;
    return TRUE;
}

static gboolean
parse_element(xmlNode *node, VirtCpuCpuForm *form, VirtCpuJson **properties, GError **error)
{
    int value = VIRTCPU_CPU_FORM_DEFAULT;

    if (!xmlStrEqual(node->name, (const xmlChar *)"cpu")) {
        return refuse_element(node, error);
    }
    if (!check_attributes(node, cpu_attributes, error) ||
        !virtcpu_xml_choice(node, "form", &virtcpu_cpu_form_words, VIRTCPU_CPU_FORM_EXPLICIT,
                            &value, error)) {
        return FALSE;
    }
    *form = (VirtCpuCpuForm)value;
    return parse_properties(node, properties, error);
}

gboolean
virtcpu_cpu_form_parse(const char *metadata, VirtCpuCpuForm *form, VirtCpuJson **properties,
                       GError **error)
{
    g_autoptr(xmlDoc) doc = metadata != NULL ? virtcpu_xml_parse(metadata, error) : NULL;
    xmlNode *node;

    *form = VIRTCPU_CPU_FORM_DEFAULT;
    *properties = NULL;
    if (doc == NULL) {
        return metadata == NULL;
    }
    node = find_element(xmlDocGetRootElement(doc));
    return node == NULL || parse_element(node, form, properties, error);
}

/* The text of @doc's root as <metadata> is kept (transfer full). */
static char *
to_text(xmlDoc *doc)
{
    xmlBuffer *buffer = xmlBufferCreate();
    char *text = NULL;

    if (xmlNodeDump(buffer, doc, xmlDocGetRootElement(doc), 0, 0) > 0) {
        text = g_strdup((const char *)xmlBufferContent(buffer));
    }
    xmlBufferFree(buffer);
    return text;
}

/* A new element of ours, last below @metadata, on a line of its own. */
static xmlNode *
add_element(xmlNode *metadata)
{
    xmlNode *node = xmlNewNode(NULL, (const xmlChar *)"cpu");

    xmlSetNs(node,
             xmlNewNs(node, (const xmlChar *)VIRTCPU_CPU_NAMESPACE, (const xmlChar *)"virtcpu"));
    xmlAddChild(metadata, xmlNewText((const xmlChar *)"  "));
    xmlAddChild(metadata, node);
    xmlAddChild(metadata, xmlNewText((const xmlChar *)"\n  "));
    return node;
}

/* Have @node hold @properties and nothing else, each on a line. */
static void
set_properties(xmlNode *node, const VirtCpuJson *properties)
{
    while (node->children != NULL) {
        xmlNode *child = node->children;

        xmlUnlinkNode(child);
        xmlFreeNode(child);
    }
    for (gsize i = 0; i < virtcpu_json_size(properties); i++) {
        g_autofree char *value = virtcpu_json_to_option(virtcpu_json_at(properties, i));
        xmlNode *child;

        xmlAddChild(node, xmlNewText((const xmlChar *)"\n      "));
        child = xmlNewChild(node, node->ns, (const xmlChar *)"property", NULL);
        xmlSetProp(child, (const xmlChar *)"name",
                   (const xmlChar *)virtcpu_json_key_at(properties, i));
        xmlSetProp(child, (const xmlChar *)"value", (const xmlChar *)value);
    }
    if (virtcpu_json_size(properties) > 0) {
        xmlAddChild(node, xmlNewText((const xmlChar *)"\n    "));
    }
}

char *
virtcpu_cpu_form_record(const char *metadata, VirtCpuCpuForm form, const VirtCpuJson *properties)
{
    g_autoptr(xmlDoc) doc =
        virtcpu_xml_parse(metadata != NULL ? metadata : "<metadata>\n  </metadata>", NULL);
    xmlNode *root = doc != NULL ? xmlDocGetRootElement(doc) : NULL;
    xmlNode *node = root != NULL ? find_element(root) : NULL;

    if (root == NULL) {
        return g_strdup(metadata);
    }
    if (node == NULL) {
        node = add_element(root);
    }
    xmlUnsetProp(node, (const xmlChar *)"form");
    if (form != VIRTCPU_CPU_FORM_DEFAULT) {
        xmlSetProp(node, (const xmlChar *)"form",
                   (const xmlChar *)virtcpu_words_to_string(&virtcpu_cpu_form_words, (int)form));
    }
    set_properties(node, properties);
    return to_text(doc);
}
