/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finding the <cpu> elements of whole documents. */
#include "conf/cpu-def.h"
#include "conf/error.h"
#include "conf/i18n.h"
#include "conf/xml.h"

#include <string.h>

static gboolean
is_element(const xmlNode *node, const char *name)
{
    return node != NULL && node->type == XML_ELEMENT_NODE &&
           xmlStrEqual(node->name, (const xmlChar *)name);
}

/* The usable host-model of a <domainCapabilities>'s <cpu>, or NULL. */
static xmlNode *
find_host_model(xmlNode *cpu)
{
    for (xmlNode *mode = virtcpu_xml_child(cpu, "mode"); mode != NULL;
         mode = virtcpu_xml_next(mode)) {
        g_autofree char *name = virtcpu_xml_attribute(mode, "name");
        g_autofree char *supported = virtcpu_xml_attribute(mode, "supported");

        if (g_strcmp0(name, "host-model") == 0 && g_strcmp0(supported, "yes") == 0) {
            return mode;
        }
    }
    return NULL;
}

/* A <mode name='host-model'> holds what a guest <cpu> holds: read it as one. */
static VirtCpuDef *
parse_host_model(xmlNode *mode, GError **error)
{
    xmlNodeSetName(mode, (const xmlChar *)"cpu");
    xmlUnsetProp(mode, (const xmlChar *)"name");
    xmlUnsetProp(mode, (const xmlChar *)"supported");
    return virtcpu_def_parse_node(mode, VIRTCPU_DEF_GUEST, error);
}

/* Add what <cpu> element @node says to @defs. */
static gboolean
add_cpu(xmlNode *node, GPtrArray *defs, GError **error)
{
    VirtCpuDef *def;

    if (is_element(node->parent, "domainCapabilities")) {
        xmlNode *mode = find_host_model(node);

        if (mode == NULL) {
            return TRUE;
        }
        def = parse_host_model(mode, error);
    } else {
        def = virtcpu_def_parse_node(node, VIRTCPU_DEF_AUTO, error);
    }
    if (def == NULL) {
        return FALSE;
    }
    g_ptr_array_add(defs, def);
    return TRUE;
}

/* A <cpu> below <cpus> is one logical CPU of the host's topology. */
static gboolean
is_cpu(const xmlNode *node)
{
    return is_element(node, "cpu") && !is_element(node->parent, "cpus");
}

/* Depth is bounded by the reader. */
static gboolean
collect(xmlNode *node, GPtrArray *defs, GError **error)
{
    if (is_cpu(node)) {
        return add_cpu(node, defs, error);
    }
    for (xmlNode *child = node->children; child != NULL; child = child->next) {
        if (child->type == XML_ELEMENT_NODE && !collect(child, defs, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Blank out XML declarations, so that several documents can stand in one element; lines keep their
 * numbers. */
static void
blank_declarations(char *text)
{
    for (char *at = strstr(text, "<?xml "); at != NULL; at = strstr(at, "<?xml ")) {
        char *end = strstr(at, "?>");

        if (end == NULL) {
            return;
        }
        for (; at < end + 2; at++) {
            *at = *at == '\n' ? '\n' : ' ';
        }
    }
}

GPtrArray *
virtcpu_def_parse_all(const char *xml, GError **error)
{
    g_autoptr(GPtrArray) defs = g_ptr_array_new_with_free_func((GDestroyNotify)virtcpu_def_free);
    g_autofree char *wrapped = g_strdup_printf("<container>%s</container>", xml);
    g_autoptr(xmlDoc) doc = NULL;

    blank_declarations(wrapped);
    doc = virtcpu_xml_parse(wrapped, error);
    if (doc == NULL || !collect(xmlDocGetRootElement(doc), defs, error)) {
        return NULL;
    }
    if (defs->len == 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("XML does not contain any usable 'cpu' element"));
        return NULL;
    }
    return g_steal_pointer(&defs);
}
