/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "conf/xml.h"

#include <string.h>

/* TRUE when @word is one of the space-separated @words (may be NULL). */
static gboolean
has_word(const char *words, const char *word)
{
    gsize length = strlen(word);

    for (const char *at = words; at != NULL; at = strchr(at, ' ')) {
        at += *at == ' ';
        if (strncmp(at, word, length) == 0 && (at[length] == ' ' || at[length] == '\0')) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The name as written: with its prefix when it has a namespace. */
static char *
written_name(const xmlNs *ns, const xmlChar *name)
{
    return ns != NULL && ns->prefix != NULL ? g_strdup_printf("%s:%s", ns->prefix, name)
                                            : g_strdup((const char *)name);
}

static gboolean
check_attributes(xmlNode *node, const VirtCpuXmlRule *rule, GError **error)
{
    for (xmlAttr *attribute = node->properties; attribute != NULL; attribute = attribute->next) {
        if (attribute->ns != NULL || !has_word(rule->attributes, (const char *)attribute->name)) {
            g_autofree char *name = written_name(attribute->ns, attribute->name);

            virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                              _("attribute '%s' of element '%s' at line %ld is not supported"),
                              name, (const char *)node->name, xmlGetLineNo(node));
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
check_element(xmlNode *child, const VirtCpuXmlRule *rule, GError **error)
{
    const char *name = (const char *)child->name;
    const gboolean many = has_word(rule->many, name); /* first: there are more of these */
    const gboolean once = !many && has_word(rule->once, name);

    if (child->ns != NULL || (!once && !many)) {
        g_autofree char *written = written_name(child->ns, child->name);

        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("element '%s' in '%s' at line %ld is not supported"), written,
                          (const char *)child->parent->name, xmlGetLineNo(child));
        return FALSE;
    }
    if (once && virtcpu_xml_next(child) != NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("element '%s' in '%s' is given a second time at line %ld"), name,
                          (const char *)child->parent->name, xmlGetLineNo(virtcpu_xml_next(child)));
        return FALSE;
    }
    return TRUE;
}

static gboolean
check_text(xmlNode *child, const VirtCpuXmlRule *rule, GError **error)
{
    if (rule->text || xmlIsBlankNode(child)) {
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                      _("unexpected text in element '%s' at line %ld"),
                      (const char *)child->parent->name, xmlGetLineNo(child));
    return FALSE;
}

static gboolean
check_child(xmlNode *child, const VirtCpuXmlRule *rule, GError **error)
{
    if (child->type == XML_ELEMENT_NODE) {
        return check_element(child, rule, error);
    }
    if (child->type == XML_COMMENT_NODE || child->type == XML_PI_NODE) {
        return TRUE;
    }
    return check_text(child, rule, error);
}

gboolean
virtcpu_xml_check(xmlNode *node, const VirtCpuXmlRule *rule, GError **error)
{
    if (!check_attributes(node, rule, error)) {
        return FALSE;
    }
    for (xmlNode *child = node->children; child != NULL; child = child->next) {
        if (!check_child(child, rule, error)) {
            return FALSE;
        }
    }
    return TRUE;
}
