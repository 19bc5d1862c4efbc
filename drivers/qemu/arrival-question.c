/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/arrival-question.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "conf/xml.h"
#include "drivers/qemu/subject.h"

#define ROOT "question"

void
virtcpu_arrival_question_clear(VirtCpuArrivalQuestion *question)
{
    g_clear_pointer(&question->def, virtcpu_domain_def_free);
    g_clear_pointer(&question->passport, virtcpu_passport_unref);
}

/* @node as text (transfer full). */
static char *
dump(xmlNode *node)
{
    xmlBuffer *buffer = xmlBufferCreate();
    char *text;

    xmlNodeDump(buffer, node->doc, node, 0, 0);
    text = g_strdup((const char *)xmlBufferContent(buffer));
    xmlBufferFree(buffer);
    return text;
}

char *
virtcpu_arrival_question_format(const char *domain, const char *passport, GError **error)
{
    g_autoptr(xmlDoc) doc = virtcpu_xml_parse(domain, error);
    g_autofree char *text = doc != NULL ? dump(xmlDocGetRootElement(doc)) : NULL;

    if (text == NULL) {
        return NULL;
    }
    return g_strdup_printf("<virtcpu:" ROOT " xmlns:virtcpu='" VIRTCPU_PASSPORT_NAMESPACE
                           "'>\n%s\n%s</virtcpu:" ROOT ">\n",
                           text, passport != NULL ? passport : "");
}

static gboolean
is_question(const xmlNode *node)
{
    return node->ns != NULL &&
           xmlStrEqual(node->ns->href, (const xmlChar *)VIRTCPU_PASSPORT_NAMESPACE) &&
           xmlStrEqual(node->name, (const xmlChar *)ROOT);
}

gboolean
virtcpu_arrival_question_parse(const char *xml, VirtCpuArrivalQuestion *question, GError **error)
{
    g_autoptr(xmlDoc) doc = virtcpu_xml_parse(xml, error);
    xmlNode *root = doc != NULL ? xmlDocGetRootElement(doc) : NULL;
    xmlNode *domain = root != NULL ? virtcpu_xml_child(root, "domain") : NULL;
    xmlNode *passport = root != NULL ? virtcpu_passport_find(root) : NULL;
    g_autofree char *text = NULL;

    if (root == NULL) {
        return FALSE;
    }
    if (!is_question(root)) {
        question->def = virtcpu_subject_parse(xml, error);
        return question->def != NULL;
    }
    if (domain == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("a question about a migration has no <domain>"));
        return FALSE;
    }
    if (passport != NULL) {
        question->passport = virtcpu_passport_parse_node(passport, error);
        if (question->passport == NULL) {
            return FALSE;
        }
    }
    text = dump(domain);
    question->def = virtcpu_subject_parse(text, error);
    return question->def != NULL;
}
