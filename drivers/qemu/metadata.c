/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/metadata.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "conf/xml.h"

#include <libxml/tree.h>

static const xmlChar *
xml_text(const char *text)
{
    return (const xmlChar *)text;
}

static gboolean
is_in(const xmlNode *node, const char *uri)
{
    return node->type == XML_ELEMENT_NODE && node->ns != NULL && node->ns->href != NULL &&
           xmlStrEqual(node->ns->href, xml_text(uri));
}

static xmlNode *
find_element(xmlNode *root, const char *uri)
{
    for (xmlNode *node = root != NULL ? root->children : NULL; node != NULL; node = node->next) {
        if (is_in(node, uri)) {
            return node;
        }
    }
    return NULL;
}

/* The text of @node (transfer full). */
static char *
dump_node(xmlDoc *doc, xmlNode *node)
{
    xmlBuffer *buffer = xmlBufferCreate();
    char *text = NULL;

    if (xmlNodeDump(buffer, doc, node, 0, 1) > 0) {
        text = g_strdup((const char *)xmlBufferContent(buffer));
    }
    xmlBufferFree(buffer);
    return text;
}

/* Take @node and what is below it out of namespace @uri. */
static void
leave_namespace(xmlNode *node, const char *uri)
{
    if (is_in(node, uri)) {
        xmlSetNs(node, NULL);
    }
    for (xmlNode *child = node->children; child != NULL; child = child->next) {
        leave_namespace(child, uri);
    }
}

/* Forget the declaration of namespace @uri at @node; nothing uses it any more. */
static void
drop_declaration(xmlNode *node, const char *uri)
{
    for (xmlNs **at = &node->nsDef; *at != NULL; at = &(*at)->next) {
        if (xmlStrEqual((*at)->href, xml_text(uri))) {
            xmlNs *dropped = *at;

            *at = dropped->next;
            dropped->next = NULL;
            xmlFreeNs(dropped);
            return;
        }
    }
}

char *
virtcpu_metadata_get(const char *metadata, const char *uri)
{
    g_autoptr(xmlDoc) doc =
        metadata != NULL && uri != NULL ? virtcpu_xml_parse(metadata, NULL) : NULL;
    xmlNode *node = doc != NULL ? find_element(xmlDocGetRootElement(doc), uri) : NULL;

    if (node == NULL) {
        return NULL;
    }
    leave_namespace(node, uri);
    drop_declaration(node, uri);
    return dump_node(doc, node);
}

/* Put @node and what is below it that is in no namespace into @space. */
static void
enter_namespace(xmlNode *node, xmlNs *space)
{
    if (node->type != XML_ELEMENT_NODE) {
        return;
    }
    if (node->ns == NULL) {
        xmlSetNs(node, space);
    }
    for (xmlNode *child = node->children; child != NULL; child = child->next) {
        enter_namespace(child, space);
    }
}

/* Names that begin with xml are XML's own. */
static gboolean
is_prefix(const char *key)
{
    return xmlValidateNCName(xml_text(key), 0) == 0 && g_ascii_strncasecmp(key, "xml", 3) != 0;
}

/* Add the element that @text is to @root. */
static gboolean
add_element(xmlNode *root, const char *text, const char *key, const char *uri, GError **error)
{
    g_autoptr(xmlDoc) doc = virtcpu_xml_parse(text, error);
    xmlNode *node;
    xmlNs *space;

    if (doc == NULL) {
        return FALSE;
    }
    node = xmlDocGetRootElement(doc);
    space = is_prefix(key) ? xmlNewNs(node, xml_text(uri), xml_text(key)) : NULL;
    if (space == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("failed to inject XML namespace: '%s' cannot be the prefix of '%s'"),
                          key, uri);
        return FALSE;
    }
    enter_namespace(node, space);
    xmlUnlinkNode(node);
    xmlAddChild(root, xmlDocCopyNode(node, root->doc, 1));
    xmlFreeNode(node);
    return TRUE;
}

gboolean
virtcpu_metadata_set(const char *metadata, const char *element, const char *key, const char *uri,
                     char **result, GError **error)
{
    g_autoptr(xmlDoc) doc = virtcpu_xml_parse(metadata != NULL ? metadata : "<metadata/>", error);
    xmlNode *root, *old;

    if (doc == NULL) {
        return FALSE;
    }
    root = xmlDocGetRootElement(doc);
    old = find_element(root, uri);
    if (old != NULL) {
        xmlUnlinkNode(old);
        xmlFreeNode(old);
    }
    if (element != NULL && !add_element(root, element, key, uri, error)) {
        return FALSE;
    }
    *result = xmlFirstElementChild(root) != NULL ? dump_node(doc, root) : NULL;
    return TRUE;
}
