/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/xml.h"

#include <string.h>

static void
assert_refused(const char *text, VirtCpuErrorCode code, const char *words)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(virtcpu_xml_parse(text, &error));
    g_assert_error(error, VIRTCPU_ERROR, (int)code);
    if (strstr(error->message, words) == NULL) {
        g_error("'%s' lacks '%s'", error->message, words);
    }
}

static void
test_malformed(void)
{
    assert_refused("", VIRTCPU_ERR_XML_DETAIL, "line 1");
    assert_refused("<a>\n<b></a>", VIRTCPU_ERR_XML_DETAIL, "at line 2: Opening and ending tag");
    assert_refused("<a>\x01</a>", VIRTCPU_ERR_XML_DETAIL, "Char");
    assert_refused("<a/><b/>", VIRTCPU_ERR_XML_DETAIL, "Extra content");
    assert_refused("<a>\xff</a>", VIRTCPU_ERR_XML_DETAIL, "UTF-8");
}

static void
test_doctype(void)
{
    assert_refused("<!DOCTYPE a [<!ENTITY x 'y'><!ENTITY z '&x;&x;&x;'>]><a>&z;</a>",
                   VIRTCPU_ERR_XML_ERROR, "DOCTYPE");
    assert_refused("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", VIRTCPU_ERR_XML_ERROR,
                   "DOCTYPE");
    assert_refused("<a>&undeclared;</a>", VIRTCPU_ERR_XML_DETAIL, "undeclared");
}

static xmlDoc *
parse_nested(unsigned levels, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (unsigned i = 0; i < levels; i++) {
        g_string_append(text, "<a>");
    }
    for (unsigned i = 0; i < levels; i++) {
        g_string_append(text, "</a>");
    }
    return virtcpu_xml_parse(text->str, error);
}

static void
test_depth(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(xmlDoc) doc = parse_nested(VIRTCPU_XML_MAX_DEPTH, &error);

    g_assert_no_error(error);
    g_assert_nonnull(doc);
    g_assert_null(parse_nested(VIRTCPU_XML_MAX_DEPTH + 1, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_XML_ERROR);
    g_clear_error(&error);
    g_assert_null(parse_nested(10000, &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_XML_ERROR);
}

static void
test_size(void)
{
    g_autofree char *text = g_strnfill(VIRTCPU_XML_MAX_BYTES + 1, ' ');

    assert_refused(text, VIRTCPU_ERR_XML_ERROR, "longer than");
}

static void
test_numbers(void)
{
    static const char *const bad[] = {
        "", "-1", "+1", " 1", "1 ", "1x", "0x", "x1", "101", "0x0x1", "99999999999999999999"
    };
    g_autoptr(xmlDoc) doc = virtcpu_xml_parse("<a/>", NULL);
    xmlNode *node = xmlDocGetRootElement(doc);
    guint64 value = 7;

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_false(virtcpu_xml_number(node, "n", bad[i], 100, &value, &error));
        g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_XML_ERROR);
        g_assert_cmpuint(value, ==, 7);
    }
    g_assert_true(virtcpu_xml_number(node, "n", "100", 100, &value, NULL));
    g_assert_cmpuint(value, ==, 100);
    g_assert_true(virtcpu_xml_number(node, "n", "0x1F", 100, &value, NULL));
    g_assert_cmpuint(value, ==, 31);
}

static void
test_rule(void)
{
    static const VirtCpuXmlRule rule = { .attributes = "id", .once = "one", .many = "more" };
    static const struct {
        const char *text;
        VirtCpuErrorCode code; /* 0: accepted */
        const char *words;
    } rows[] = {
        { "<a id='1'><one/><more/><!-- x --><more/></a>", 0, NULL },
        { "<a i='1'/>", VIRTCPU_ERR_CONFIG_UNSUPPORTED, "attribute 'i'" },
        { "<a>\n<on/></a>", VIRTCPU_ERR_CONFIG_UNSUPPORTED, "element 'on' in 'a' at line 2" },
        { "<a><one/><one/></a>", VIRTCPU_ERR_XML_ERROR, "second time" },
        { "<a>word</a>", VIRTCPU_ERR_XML_ERROR, "unexpected text" },
        { "<a xmlns:q='u'><q:one/></a>", VIRTCPU_ERR_CONFIG_UNSUPPORTED, "q:one" },
        { "<a xmlns:q='u' q:id='1'/>", VIRTCPU_ERR_CONFIG_UNSUPPORTED, "q:id" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(xmlDoc) doc = virtcpu_xml_parse(rows[i].text, NULL);
        g_autoptr(GError) error = NULL;
        gboolean accepted = virtcpu_xml_check(xmlDocGetRootElement(doc), &rule, &error);

        g_assert_cmpint(accepted, ==, rows[i].code == 0);
        if (!accepted) {
            g_assert_error(error, VIRTCPU_ERROR, (int)rows[i].code);
            g_assert_nonnull(strstr(error->message, rows[i].words));
        }
    }
}

static void
test_escape(void)
{
    g_autoptr(GString) out = g_string_new("<a");
    g_autoptr(xmlDoc) doc = NULL;
    g_autofree char *value = NULL;
    const char *nasty = "<&>\"'\n\t\r";

    virtcpu_xml_append_attribute(out, "b", nasty);
    virtcpu_xml_append_attribute(out, "c", NULL);
    g_string_append(out, "/>");
    doc = virtcpu_xml_parse(out->str, NULL);
    g_assert_nonnull(doc);
    value = virtcpu_xml_attribute(xmlDocGetRootElement(doc), "b");
    g_assert_cmpstr(value, ==, nasty);
}

static void
test_validate(void)
{
    g_autoptr(xmlDoc) good = virtcpu_xml_parse("<cpu><model>qemu64</model></cpu>", NULL);
    g_autoptr(xmlDoc) bad = virtcpu_xml_parse("<cpu>\n<modle>qemu64</modle></cpu>", NULL);
    g_autoptr(GError) error = NULL;

    g_assert_true(virtcpu_xml_validate(good, "cpu.rng", &error));
    g_assert_no_error(error);
    g_assert_false(virtcpu_xml_validate(bad, "cpu.rng", &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_XML_INVALID_SCHEMA);
    g_assert_nonnull(strstr(error->message, "modle"));
    g_clear_error(&error);
    g_assert_false(virtcpu_xml_validate(good, "no-such.rng", &error));
    g_assert_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_INTERNAL_ERROR);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/xml/malformed", test_malformed);
    g_test_add_func("/xml/doctype", test_doctype);
    g_test_add_func("/xml/depth", test_depth);
    g_test_add_func("/xml/size", test_size);
    g_test_add_func("/xml/numbers", test_numbers);
    g_test_add_func("/xml/rule", test_rule);
    g_test_add_func("/xml/escape", test_escape);
    g_test_add_func("/xml/validate", test_validate);
    return g_test_run();
}
