/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/cpu-form.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "conf/xml.h"

static const char *const form_names[] = { "default", "explicit", "named" };
VIRTCPU_WORDS_DEFINE(virtcpu_cpu_form_words, form_names, VIRTCPU_CPU_FORM_LAST);

static const VirtCpuXmlRule rule = { .attributes = "form" };

/* The first element of our namespace below @metadata, or NULL (transfer none). */
static xmlNode *
find_element(xmlNode *metadata)
{
    for (xmlNode *node = metadata->children; node != NULL; node = node->next) {
        if (node->type == XML_ELEMENT_NODE && node->ns != NULL &&
            xmlStrEqual(node->ns->href, (const xmlChar *)VIRTCPU_CPU_NAMESPACE)) {
            return node;
        }
    }
    return NULL;
}

static gboolean
parse_element(xmlNode *node, VirtCpuCpuForm *form, GError **error)
{
    int value = VIRTCPU_CPU_FORM_DEFAULT;

    if (!xmlStrEqual(node->name, (const xmlChar *)"cpu")) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("element '%s' in <metadata> is not known in namespace '%s'"),
                          (const char *)node->name, VIRTCPU_CPU_NAMESPACE);
        return FALSE;
    }
    if (!virtcpu_xml_check(node, &rule, error) ||
        !virtcpu_xml_choice(node, "form", &virtcpu_cpu_form_words, VIRTCPU_CPU_FORM_EXPLICIT,
                            &value, error)) {
        return FALSE;
    }
    *form = (VirtCpuCpuForm)value;
    return TRUE;
}

gboolean
virtcpu_cpu_form_parse(const char *metadata, VirtCpuCpuForm *form, GError **error)
{
    g_autoptr(xmlDoc) doc = metadata != NULL ? virtcpu_xml_parse(metadata, error) : NULL;
    xmlNode *node;

    *form = VIRTCPU_CPU_FORM_DEFAULT;
    if (doc == NULL) {
        return metadata == NULL;
    }
    node = find_element(xmlDocGetRootElement(doc));
    return node == NULL || parse_element(node, form, error);
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
    xmlAddChild(metadata, xmlNewText((const xmlChar *)"    "));
    xmlAddChild(metadata, node);
    xmlAddChild(metadata, xmlNewText((const xmlChar *)"\n  "));
    return node;
}

char *
virtcpu_cpu_form_record(const char *metadata, VirtCpuCpuForm form)
{
    g_autoptr(xmlDoc) doc =
        virtcpu_xml_parse(metadata != NULL ? metadata : "<metadata>\n</metadata>", NULL);
    xmlNode *root = doc != NULL ? xmlDocGetRootElement(doc) : NULL;
    xmlNode *node = root != NULL ? find_element(root) : NULL;

    if (root == NULL) {
        return g_strdup(metadata);
    }
    if (node == NULL) {
        node = add_element(root);
    }
    xmlSetProp(node, (const xmlChar *)"form",
               (const xmlChar *)virtcpu_words_to_string(&virtcpu_cpu_form_words, (int)form));
    return to_text(doc);
}
