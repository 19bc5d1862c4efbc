/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/xml.h"

/* What stands for @c, which cannot stand for itself. In an attribute a parser turns white space
 * into blanks. */
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
    case '\n':
        return "&#xA;";
    case '\t':
        return "&#x9;";
    default:
        return "&#xD;";
    }
}

/* @text with what stands for those of its characters that are @special. */
static void
append_escaped(GString *out, const char *text, const char *special)
{
    gsize plain = strcspn(text, special);

    while (text[plain] != '\0') {
        g_string_append_len(out, text, (gssize)plain);
        g_string_append(out, escape_of(text[plain]));
        text += plain + 1;
        plain = strcspn(text, special);
    }
    g_string_append_len(out, text, (gssize)plain);
}

void
virtcpu_xml_escape(GString *out, const char *text)
{
    append_escaped(out, text, "&<>\"'\r");
}

void
virtcpu_xml_append_attribute(GString *out, const char *name, const char *value)
{
    if (value == NULL) {
        return;
    }
    g_string_append_c(out, ' ');
    g_string_append(out, name);
    g_string_append(out, "='");
    append_escaped(out, value, "&<>\"'\r\n\t");
    g_string_append_c(out, '\'');
}

void
virtcpu_xml_append_element(GString *out, unsigned indent, const char *name, const char *text)
{
    if (text == NULL) {
        return;
    }
    for (unsigned i = 0; i < indent; i++) {
        g_string_append_c(out, ' ');
    }
    g_string_append_c(out, '<');
    g_string_append(out, name);
    g_string_append_c(out, '>');
    virtcpu_xml_escape(out, text);
    g_string_append(out, "</");
    g_string_append(out, name);
    g_string_append(out, ">\n");
}
