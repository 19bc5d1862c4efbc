/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* XML from strangers: bounded, no DTD, no entities, no network. */
#pragma once

#include "conf/words.h"

#include <gio/gio.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xpath.h>

/* Longest document read: the protocol's limit for a string. */
#define VIRTCPU_XML_MAX_BYTES 4194304
/* Deepest nesting read; libvirt's own documents stay below 20. */
#define VIRTCPU_XML_MAX_DEPTH 128

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlXPathContext, xmlXPathFreeContext)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlXPathObject, xmlXPathFreeObject)

/* Read @text (at most VIRTCPU_XML_MAX_BYTES). A document type declaration is refused, so no entity
 * is ever expanded and nothing is fetched. Errors: XML_DETAIL with libxml2's words, line and a
 * caret under the place; XML_ERROR for size, depth and DTD. Returns (transfer full). Any thread. */
xmlDoc *virtcpu_xml_parse(const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Check @doc against @schema, a file name in schemas/ ("domain.rng"). Schemas are looked for in
 * $VIRTCPU_SCHEMA_DIR, then the installed folder, then the source tree the binary was built from.
 * Errors: XML_INVALID_SCHEMA with line and reason. Any thread. */
gboolean virtcpu_xml_validate(xmlDoc *doc, const char *schema,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Attribute @name of @node (transfer full), or NULL when absent. */
char *virtcpu_xml_attribute(xmlNode *node, const char *name) G_GNUC_WARN_UNUSED_RESULT;

/* First child element of @node named @name without a namespace (transfer none), or NULL. */
xmlNode *virtcpu_xml_child(xmlNode *node, const char *name);

/* The next sibling element of @node with its name; for loops over repeated elements. */
xmlNode *virtcpu_xml_next(xmlNode *node);

/* Text of @node without surrounding white space (transfer full); "" when empty. */
char *virtcpu_xml_text(xmlNode *node) G_GNUC_WARN_UNUSED_RESULT;

/* Text of @node as written, white space included (transfer full); NULL when empty. */
char *virtcpu_xml_raw_text(xmlNode *node) G_GNUC_WARN_UNUSED_RESULT;

/* A whole non-negative number, decimal or 0x hexadecimal, in @text, at most @max. Errors:
 * XML_ERROR naming @node, its line, and @what. */
gboolean virtcpu_xml_number(xmlNode *node, const char *what, const char *text, guint64 max,
                            guint64 *value, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Append @text to @out with & < > " ' escaped as XML wants. */
void virtcpu_xml_escape(GString *out, const char *text);

/* What may stand in one element. Names are separated by single spaces. */
typedef struct {
    const char *attributes; /* attributes without a namespace */
    const char *once;       /* child elements that may stand there at most once */
    const char *many;       /* child elements that may be repeated */
    gboolean text;          /* character data may stand there */
} VirtCpuXmlRule;

/* Refuse what @rule does not list in @node (not below its children): CONFIG_UNSUPPORTED naming
 * element or attribute and line; XML_ERROR for a second copy of a child that may stand once. Thus
 * nothing that was written is dropped in silence. Any thread. */
gboolean virtcpu_xml_check(xmlNode *node, const VirtCpuXmlRule *rule,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Attribute @name of @node by @words into @value, left alone when absent. Words before @first are
 * not accepted ("absent"). Errors: XML_ERROR naming attribute, element, word and line. */
gboolean virtcpu_xml_choice(xmlNode *node, const char *name, const VirtCpuWords *words, int first,
                            int *value, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Attribute @name of @node as a number up to @max into @value, left alone when absent. Errors:
 * XML_ERROR; also when @required and absent. */
gboolean virtcpu_xml_attribute_number(xmlNode *node, const char *name, gboolean required,
                                      guint64 max, guint64 *value,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same up to G_MAXUINT32. */
gboolean virtcpu_xml_attribute_uint(xmlNode *node, const char *name, gboolean required,
                                    unsigned *value, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Append " name='value'", escaped; nothing when @value is NULL. */
void virtcpu_xml_append_attribute(GString *out, const char *name, const char *value);

/* Append a whole line "<name>text</name>", escaped and indented; nothing when @text is NULL. */
void virtcpu_xml_append_element(GString *out, unsigned indent, const char *name, const char *text);
