/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A passport written as XML. */
#include "conf/xml.h"
#include "drivers/qemu/passport-priv.h"

#include <string.h>

#define PREFIX "virtcpu"

static gboolean
is_off(const VirtCpuJson *value)
{
    return virtcpu_json_kind(value) == VIRTCPU_JSON_BOOL && !virtcpu_json_is_true(value);
}

static void
format_property(GString *out, const char *name, const VirtCpuJson *value)
{
    g_autofree char *text = virtcpu_json_to_option(value);
    const char *kind = "number";

    if (virtcpu_json_kind(value) == VIRTCPU_JSON_BOOL) {
        kind = "flag";
    } else if (virtcpu_json_kind(value) == VIRTCPU_JSON_STRING) {
        kind = "text";
    }
    g_string_append(out, "    <property");
    virtcpu_xml_append_attribute(out, "name", name);
    virtcpu_xml_append_attribute(out, kind, text);
    g_string_append(out, "/>\n");
}

/* Properties that are off by name, with a space between two (transfer full). */
static char *
list_off(const VirtCpuJson *properties)
{
    GString *names = g_string_new(NULL);

    for (gsize i = 0; i < virtcpu_json_size(properties); i++) {
        const char *name = virtcpu_json_key_at(properties, i);

        if (virtcpu_explicit_is_content(name) && is_off(virtcpu_json_at(properties, i))) {
            g_string_append_printf(names, "%s%s", names->len > 0 ? " " : "", name);
        }
    }
    return g_string_free(names, FALSE);
}

/* Element @element, unless @properties are NULL; @model may be NULL. */
static void
format_properties(GString *out, const char *element, const char *model,
                  const VirtCpuJson *properties)
{
    g_autofree char *off = properties != NULL ? list_off(properties) : NULL;

    if (properties == NULL) {
        return;
    }
    g_string_append_printf(out, "  <%s", element);
    virtcpu_xml_append_attribute(out, "model", model);
    virtcpu_xml_append_attribute(out, "off", off);
    g_string_append(out, ">\n");
    for (gsize i = 0; i < virtcpu_json_size(properties); i++) {
        const char *name = virtcpu_json_key_at(properties, i);

        if (virtcpu_explicit_is_content(name) && !is_off(virtcpu_json_at(properties, i))) {
            format_property(out, name, virtcpu_json_at(properties, i));
        }
    }
    g_string_append_printf(out, "  </%s>\n", element);
}

/* Element @element, unless there is neither @data nor @unproven. */
static void
format_data(GString *out, const char *element, const VirtCpuData *data, const char *unproven)
{
    g_autofree char *text = data != NULL ? virtcpu_cpu_data_format(data) : NULL;

    if (text == NULL && unproven == NULL) {
        return;
    }
    g_string_append_printf(out, "  <%s", element);
    virtcpu_xml_append_attribute(out, "unproven", unproven);
    g_string_append_printf(out, ">\n%s  </%s>\n", text != NULL ? text : "", element);
}

static void
format_facts(GString *out, const char *facts)
{
    g_auto(GStrv) lines = g_strsplit(facts, "\n", -1);

    g_string_append(out, "  <facts>\n");
    for (gsize i = 0; lines[i] != NULL; i++) {
        char *equals = strchr(lines[i], '=');

        if (equals != NULL) {
            *equals = '\0';
            g_string_append(out, "    <fact");
            virtcpu_xml_append_attribute(out, "name", lines[i]);
            virtcpu_xml_append_attribute(out, "value", equals + 1);
            g_string_append(out, "/>\n");
        }
    }
    g_string_append(out, "  </facts>\n");
}

static char *
format_body(const VirtCpuPassport *passport)
{
    GString *out = g_string_new(NULL);

    format_facts(out, passport->facts);
    if (passport->cpu != NULL) {
        virtcpu_def_format(passport->cpu, 2, out);
    }
    if (passport->form != NULL) {
        format_properties(out, "form", passport->form->version, passport->form->props);
    }
    format_properties(out, "vcpu", NULL, passport->vcpu);
    format_data(out, "features", passport->features, NULL);
    format_data(out, "guest", passport->sees, passport->unproven);
    return g_string_free(out, FALSE);
}

static char *
format_whole(const VirtCpuPassport *passport, const char *body, const char *checksum)
{
    GString *out = g_string_new("<" PREFIX ":passport xmlns:" PREFIX "='" VIRTCPU_PASSPORT_NAMESPACE
                                "' format='" VIRTCPU_PASSPORT_FORMAT_VERSION "'");

    virtcpu_xml_append_attribute(out, "arch", virtcpu_arch_to_string(passport->arch));
    virtcpu_xml_append_attribute(out, "virt-type",
                                 virtcpu_virt_type_to_string(passport->virt_type));
    virtcpu_xml_append_attribute(out, "machine", passport->machine);
    virtcpu_xml_append_attribute(out, VIRTCPU_PASSPORT_CHECKSUM, checksum);
    g_string_append_printf(out, ">\n%s</" PREFIX ":passport>\n", body);
    return g_string_free(out, FALSE);
}

/* ---- the checksum: of names, attributes and texts in their order, not of how they are laid out
 * ---- */

static void
add_text(GChecksum *sum, const char *text)
{
    g_checksum_update(sum, (const guchar *)text, (gssize)strlen(text) + 1);
}

static void
add_node(GChecksum *sum, xmlNode *node, gboolean is_root)
{
    add_text(sum, (const char *)node->name);
    for (xmlAttr *attribute = node->properties; attribute != NULL; attribute = attribute->next) {
        g_autofree char *value = virtcpu_xml_attribute(node, (const char *)attribute->name);

        if (!is_root || !g_str_equal((const char *)attribute->name, VIRTCPU_PASSPORT_CHECKSUM)) {
            add_text(sum, (const char *)attribute->name);
            add_text(sum, value != NULL ? value : "");
        }
    }
    for (xmlNode *child = node->children; child != NULL; child = child->next) {
        if (child->type == XML_ELEMENT_NODE) {
            add_node(sum, child, FALSE);
        } else if (child->content != NULL && !xmlIsBlankNode(child)) {
            add_text(sum, (const char *)child->content);
        }
    }
    g_checksum_update(sum, (const guchar *)"", 1);
}

char *
virtcpu_passport_checksum(xmlNode *node)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);

    add_node(sum, node, TRUE);
    return g_strdup(g_checksum_get_string(sum));
}

char *
virtcpu_passport_to_xml(const VirtCpuPassport *passport)
{
    g_autofree char *body = format_body(passport);
    g_autofree char *open = format_whole(passport, body, NULL);
    g_autoptr(xmlDoc) doc = virtcpu_xml_parse(open, NULL);
    g_autofree char *checksum =
        doc != NULL ? virtcpu_passport_checksum(xmlDocGetRootElement(doc)) : NULL;

    return format_whole(passport, body, checksum);
}
