/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/xml.h"

#include "conf/error.h"
#include "conf/i18n.h"

#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>
#include <string.h>

/* Bytes shown either side of the place where the parser stopped, as libvirt does. */
#define CONTEXT_BYTES 80

/* One parse: the callbacks below get it as the parser's private pointer. */
typedef struct {
    const char *text;
    GError *error; /* the first refusal wins */
} Reader;

/* Later releases of libxml2 hand out the error const. */
#if LIBXML_VERSION >= 21200
typedef const xmlError ParserError;
#else
typedef xmlError ParserError;
#endif

static void
refuse_dtd(void *data, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
    xmlParserCtxt *parser = data;
    Reader *reader = parser->_private;

    if (reader->error == NULL) {
        virtcpu_error_set(
            &reader->error, VIRTCPU_ERR_XML_ERROR,
            _("document type declaration '%s' at line %d is not allowed; remove the DOCTYPE"), name,
            parser->input->line);
    }
    xmlStopParser(parser);
}

static void
start_element(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
              int namespaces_count, const xmlChar **namespaces, int attributes_count,
              int defaulted_count, const xmlChar **attributes)
{
    xmlParserCtxt *parser = data;
    Reader *reader = parser->_private;

    if (parser->nodeNr >= VIRTCPU_XML_MAX_DEPTH) {
        if (reader->error == NULL) {
            virtcpu_error_set(&reader->error, VIRTCPU_ERR_XML_ERROR,
                              _("element '%s' at line %d is nested more than %d levels deep"), name,
                              parser->input->line, VIRTCPU_XML_MAX_DEPTH);
        }
        xmlStopParser(parser);
        return;
    }
    xmlSAX2StartElementNs(data, name, prefix, uri, namespaces_count, namespaces, attributes_count,
                          defaulted_count, attributes);
}

/* The source line @line (from 1) around byte @column (from 1), and a caret under that place. */
static char *
show_place(const char *text, int line, int column)
{
    const char *start = text;
    gsize length, place;
    gsize skip = 0;
    g_autofree char *clipped = NULL;
    g_autofree char *valid = NULL;
    g_autofree char *dashes = NULL;

    for (int i = 1; i < line && start != NULL; i++) {
        start = strchr(start, '\n');
        start = start != NULL ? start + 1 : NULL;
    }
    if (start == NULL) {
        return g_strdup("");
    }
    length = strcspn(start, "\r\n");
    place = MIN((gsize)MAX(column - 1, 0), length);
    skip = place > CONTEXT_BYTES ? place - CONTEXT_BYTES : 0;
    clipped = g_strndup(start + skip, MIN(length - skip, 2 * CONTEXT_BYTES));
    valid = g_utf8_make_valid(clipped, -1);
    dashes = g_strnfill(place - skip, '-');
    return g_strdup_printf("\n%s\n%s^", valid, dashes);
}

static void
note_error(void *data, ParserError *detail)
{
    xmlParserCtxt *parser = data;
    Reader *reader = parser->_private;
    g_autofree char *place = NULL;
    g_autofree char *message = NULL;

    if (reader->error != NULL || detail->level != XML_ERR_FATAL) {
        return;
    }
    message = g_strchomp(g_utf8_make_valid(detail->message != NULL ? detail->message : "", -1));
    place = show_place(reader->text, detail->line, detail->int2);
    virtcpu_error_set(&reader->error, VIRTCPU_ERR_XML_DETAIL, _("at line %d: %s%s"), detail->line,
                      message, place);
}

static xmlDoc *
read_text(xmlParserCtxt *parser, Reader *reader)
{
    parser->_private = reader;
    parser->sax->internalSubset = refuse_dtd;
    parser->sax->startElementNs = start_element;
    parser->sax->serror = note_error;
    /* not …ReadMemory, which copies the text and looks for more of it at every few bytes */
    return xmlCtxtReadDoc(parser, (const xmlChar *)reader->text, NULL, NULL,
                          XML_PARSE_NONET | XML_PARSE_BIG_LINES | XML_PARSE_COMPACT);
}

xmlDoc *
virtcpu_xml_parse(const char *text, GError **error)
{
    gsize length = strnlen(text, VIRTCPU_XML_MAX_BYTES + 1);
    Reader reader = { text, NULL };
    g_autoptr(xmlDoc) doc = NULL;
    xmlParserCtxt *parser;

    if (length > VIRTCPU_XML_MAX_BYTES) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("the XML document is longer than %d bytes"), VIRTCPU_XML_MAX_BYTES);
        return NULL;
    }
    parser = xmlNewParserCtxt();
    if (parser == NULL) {
        g_error("out of memory for an XML parser");
    }
    doc = read_text(parser, &reader);
    xmlFreeParserCtxt(parser);
    if (reader.error != NULL) {
        g_propagate_error(error, reader.error);
        return NULL;
    }
    if (doc == NULL || xmlDocGetRootElement(doc) == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR, _("the XML document has no root element"));
        return NULL;
    }
    return g_steal_pointer(&doc);
}
