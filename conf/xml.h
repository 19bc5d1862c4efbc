/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* XML from strangers: bounded, no DTD, no entities, no network. */
#pragma once

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

/* A whole non-negative number, decimal or 0x hexadecimal, in @text, at most @max. Errors:
 * XML_ERROR naming @node, its line, and @what. */
gboolean virtcpu_xml_number(xmlNode *node, const char *what, const char *text, guint64 max,
                            guint64 *value, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Append @text to @out with & < > " ' escaped as XML wants. */
void virtcpu_xml_escape(GString *out, const char *text);
