/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "conf/xml.h"

#include <errno.h>

static char *
take_xml_string(xmlChar *text)
{
    char *copy = g_strdup((const char *)text);

    xmlFree(text);
    return copy;
}

/* What stands in @node, an element or an attribute (transfer full). One run of text, which it is as
 * good as always, is copied without libxml2's buffers. */
static char *
copy_content(const xmlNode *node)
{
    const xmlNode *child = node->children;

    if (child != NULL && child->type == XML_TEXT_NODE && child->next == NULL) {
        return g_strdup((const char *)child->content);
    }
    return take_xml_string(xmlNodeGetContent(node));
}

char *
virtcpu_xml_attribute(xmlNode *node, const char *name)
{
    const xmlAttr *attribute = xmlHasNsProp(node, (const xmlChar *)name, NULL);

    return attribute != NULL ? copy_content((const xmlNode *)attribute) : NULL;
}

static gboolean
is_named(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && node->ns == NULL &&
           xmlStrEqual(node->name, (const xmlChar *)name);
}

xmlNode *
virtcpu_xml_child(xmlNode *node, const char *name)
{
    for (xmlNode *child = node->children; child != NULL; child = child->next) {
        if (is_named(child, name)) {
            return child;
        }
    }
    return NULL;
}

xmlNode *
virtcpu_xml_next(xmlNode *node)
{
    for (xmlNode *next = node->next; next != NULL; next = next->next) {
        if (is_named(next, (const char *)node->name)) {
            return next;
        }
    }
    return NULL;
}

char *
virtcpu_xml_text(xmlNode *node)
{
    char *text = copy_content(node);

    return text != NULL ? g_strstrip(text) : g_strdup("");
}

char *
virtcpu_xml_raw_text(xmlNode *node)
{
    g_autofree char *text = copy_content(node);

    return text != NULL && text[0] != '\0' ? g_steal_pointer(&text) : NULL;
}

static void
set_invalid(GError **error, xmlNode *node, const char *what, const char *text)
{
    virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                      _("Invalid value for attribute '%s' in element '%s': '%s' (line %ld)"), what,
                      (const char *)node->name, text, xmlGetLineNo(node));
}

gboolean
virtcpu_xml_number(xmlNode *node, const char *what, const char *text, guint64 max, guint64 *value,
                   GError **error)
{
    gboolean hex = g_str_has_prefix(text, "0x");
    const char *digits = hex ? text + 2 : text;
    gboolean starts_well = hex ? g_ascii_isxdigit(digits[0]) && g_ascii_tolower(digits[1]) != 'x'
                               : g_ascii_isdigit(digits[0]);
    char *end = NULL;
    guint64 number;

    errno = 0;
    number = g_ascii_strtoull(digits, &end, hex ? 16 : 10);
    /* strtoull alone would take a sign, white space and a second 0x */
    if (!starts_well || *end != '\0' || errno != 0 || number > max) {
        set_invalid(error, node, what, text);
        return FALSE;
    }
    *value = number;
    return TRUE;
}

gboolean
virtcpu_xml_attribute_number(xmlNode *node, const char *name, gboolean required, guint64 max,
                             guint64 *value, GError **error)
{
    g_autofree char *text = virtcpu_xml_attribute(node, name);

    if (text != NULL) {
        return virtcpu_xml_number(node, name, text, max, value, error);
    }
    if (required) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("Missing required attribute '%s' in element '%s' (line %ld)"), name,
                          (const char *)node->name, xmlGetLineNo(node));
    }
    return !required;
}

gboolean
virtcpu_xml_attribute_uint(xmlNode *node, const char *name, gboolean required, unsigned *value,
                           GError **error)
{
    guint64 number = *value;

    if (!virtcpu_xml_attribute_number(node, name, required, G_MAXUINT32, &number, error)) {
        return FALSE;
    }
    *value = (unsigned)number;
    return TRUE;
}

gboolean
virtcpu_xml_choice(xmlNode *node, const char *name, const VirtCpuWords *words, int first,
                   int *value, GError **error)
{
    g_autofree char *text = virtcpu_xml_attribute(node, name);
    int found = virtcpu_words_from_string(words, text);

    if (text == NULL) {
        return TRUE;
    }
    if (found < first) {
        set_invalid(error, node, name, text);
        return FALSE;
    }
    *value = found;
    return TRUE;
}
