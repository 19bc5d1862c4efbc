/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/xml.h"

#include <string.h>

static const char *
escape_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&apos;";
    default:
        return NULL;
    }
}

/* White space but the blank, which a parser would turn into blanks in an attribute. */
static const char *
attribute_escape_of(char c)
{
    switch (c) {
    case '\n':
        return "&#xA;";
    case '\r':
        return "&#xD;";
    case '\t':
        return "&#x9;";
    default:
        return escape_of(c);
    }
}

void
virtcpu_xml_escape(GString *out, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        const char *escape = *at == '\r' ? "&#xD;" : escape_of(*at);

        if (escape != NULL) {
            g_string_append(out, escape);
        } else {
            g_string_append_c(out, *at);
        }
    }
}

void
virtcpu_xml_append_attribute(GString *out, const char *name, const char *value)
{
    if (value == NULL) {
        return;
    }
    g_string_append_printf(out, " %s='", name);
    for (const char *at = value; *at != '\0'; at++) {
        const char *escape = attribute_escape_of(*at);

        if (escape != NULL) {
            g_string_append(out, escape);
        } else {
            g_string_append_c(out, *at);
        }
    }
    g_string_append_c(out, '\'');
}

void
virtcpu_xml_append_element(GString *out, unsigned indent, const char *name, const char *text)
{
    if (text == NULL) {
        return;
    }
    g_string_append_printf(out, "%*s<%s>", (int)indent, "", name);
    virtcpu_xml_escape(out, text);
    g_string_append_printf(out, "</%s>\n", name);
}
