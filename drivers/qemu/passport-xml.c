/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A passport as XML. */
#include "conf/error.h"
#include "conf/i18n.h"
#include "conf/xml.h"
#include "drivers/qemu/cpu-passport.h"
#include "drivers/qemu/facts.h"

#include <string.h>

/* Changes when the form does. */
#define FORMAT 1
/* The longest name and value; a processor's name has 48 bytes, a digest 64. */
#define MAX_BYTES 1024
/* QEMU 10 has some 500 properties of a CPU. */
#define MAX_PROPERTIES 4096
#define MAX_FACTS      64

#define PREFIX   "virtcpu"
#define CHECKSUM "checksum"

/* ---- writing ---- */

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

/* Element @element, unless @properties are NULL; @model may be NULL. */
static void
format_properties(GString *out, const char *element, const char *model,
                  const VirtCpuJson *properties)
{
    if (properties == NULL) {
        return;
    }
    g_string_append_printf(out, "  <%s", element);
    virtcpu_xml_append_attribute(out, "model", model);
    g_string_append(out, ">\n");
    for (gsize i = 0; i < virtcpu_json_size(properties); i++) {
        const char *name = virtcpu_json_key_at(properties, i);

        if (virtcpu_explicit_is_content(name)) {
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
                                "' format='" G_STRINGIFY(FORMAT) "'");

    virtcpu_xml_append_attribute(out, "arch", virtcpu_arch_to_string(passport->arch));
    virtcpu_xml_append_attribute(out, "virt-type",
                                 virtcpu_virt_type_to_string(passport->virt_type));
    virtcpu_xml_append_attribute(out, "machine", passport->machine);
    virtcpu_xml_append_attribute(out, CHECKSUM, checksum);
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

        if (!is_root || !g_str_equal((const char *)attribute->name, CHECKSUM)) {
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

/* ---- reading ---- */

static const VirtCpuXmlRule passport_rule = {
    .attributes = "format arch virt-type machine " CHECKSUM,
    .once = "facts cpu form vcpu features guest",
};
static const VirtCpuXmlRule facts_rule = { .many = "fact" };
static const VirtCpuXmlRule fact_rule = { .attributes = "name value" };
static const VirtCpuXmlRule form_rule = { .attributes = "model", .many = "property" };
static const VirtCpuXmlRule vcpu_rule = { .many = "property" };
static const VirtCpuXmlRule property_rule = { .attributes = "name flag number text" };
static const VirtCpuXmlRule features_rule = { .once = "cpudata" };
static const VirtCpuXmlRule guest_rule = { .attributes = "unproven", .once = "cpudata" };

static gboolean
refuse(xmlNode *node, const char *why, GError **error)
{
    virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                      _("element '%s' on line %ld of a CPU's passport: %s"),
                      (const char *)node->name, xmlGetLineNo(node), why);
    return FALSE;
}

/* XML does not keep line ends in attributes as they are. */
static gboolean
is_one_line(const char *text)
{
    return text[strcspn(text, "\r\n\t")] == '\0';
}

/* Attribute @name of @node, which must be there, not empty and not too long (transfer full). */
static char *
read_word(xmlNode *node, const char *name, GError **error)
{
    g_autofree char *text = virtcpu_xml_attribute(node, name);

    if (text == NULL || text[0] == '\0' || strlen(text) > MAX_BYTES || !is_one_line(text)) {
        g_autofree char *why =
            g_strdup_printf(_("attribute '%s' is missing, empty or too long"), name);

        refuse(node, why, error);
        return NULL;
    }
    return g_steal_pointer(&text);
}

/* How many attributes @node has. */
static guint
count_attributes(xmlNode *node)
{
    guint count = 0;

    for (xmlAttr *attribute = node->properties; attribute != NULL; attribute = attribute->next) {
        count++;
    }
    return count;
}

static VirtCpuJson *
read_number(const char *text)
{
    gint64 negative;
    guint64 number;

    if (g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, &number, NULL)) {
        return virtcpu_json_new_uint(number);
    }
    return g_ascii_string_to_signed(text, 10, G_MININT64, -1, &negative, NULL)
               ? virtcpu_json_new_int(negative)
               : NULL;
}

/* The value of <property> (transfer full); NULL when it has none of a known kind. */
static VirtCpuJson *
read_value(xmlNode *node)
{
    g_autofree char *flag = virtcpu_xml_attribute(node, "flag");
    g_autofree char *number = virtcpu_xml_attribute(node, "number");
    g_autofree char *text = virtcpu_xml_attribute(node, "text");

    if (flag != NULL) {
        return g_str_equal(flag, "on") || g_str_equal(flag, "off")
                   ? virtcpu_json_new_bool(g_str_equal(flag, "on"))
                   : NULL;
    }
    if (number != NULL) {
        return read_number(number);
    }
    return text != NULL && strlen(text) <= MAX_BYTES && is_one_line(text)
               ? virtcpu_json_new_string(text)
               : NULL;
}

static gboolean
read_property(xmlNode *node, VirtCpuJson *properties, GError **error)
{
    g_autofree char *name = NULL;
    VirtCpuJson *value;

    if (!virtcpu_xml_check(node, &property_rule, error) ||
        (name = read_word(node, "name", error)) == NULL) {
        return FALSE;
    }
    if (name[strcspn(name, ",= ")] != '\0' || virtcpu_json_get(properties, name) != NULL ||
        virtcpu_json_size(properties) >= MAX_PROPERTIES || count_attributes(node) != 2) {
        return refuse(node, _("a property has a name of its own and one value"), error);
    }
    value = read_value(node);
    if (value == NULL) {
        return refuse(node, _("its value makes no sense"), error);
    }
    virtcpu_json_set(properties, name, value);
    return TRUE;
}

/* The properties in @node (transfer full). */
static VirtCpuJson *
read_properties(xmlNode *node, const VirtCpuXmlRule *rule, GError **error)
{
    g_autoptr(VirtCpuJson) properties = virtcpu_json_new_object();

    if (!virtcpu_xml_check(node, rule, error)) {
        return NULL;
    }
    for (xmlNode *child = virtcpu_xml_child(node, "property"); child != NULL;
         child = virtcpu_xml_next(child)) {
        if (!read_property(child, properties, error)) {
            return NULL;
        }
    }
    return g_steal_pointer(&properties);
}

static gboolean
read_facts(VirtCpuPassport *passport, xmlNode *node, GError **error)
{
    g_autoptr(GString) facts = g_string_new(NULL);
    unsigned count = 0;

    if (!virtcpu_xml_check(node, &facts_rule, error)) {
        return FALSE;
    }
    for (xmlNode *child = virtcpu_xml_child(node, "fact"); child != NULL;
         child = virtcpu_xml_next(child)) {
        g_autofree char *value = virtcpu_xml_attribute(child, "value");
        g_autofree char *name = NULL;

        if (!virtcpu_xml_check(child, &fact_rule, error) ||
            (name = read_word(child, "name", error)) == NULL) {
            return FALSE;
        }
        if (value == NULL || strlen(value) > MAX_BYTES || strchr(name, '=') != NULL ||
            ++count > MAX_FACTS) {
            return refuse(child, _("a fact has a name and a value"), error);
        }
        virtcpu_qemu_facts_add(facts, name, value);
    }
    passport->facts = g_strdup(facts->str);
    return TRUE;
}

static gboolean
read_form(VirtCpuPassport *passport, xmlNode *node, GError **error)
{
    g_autoptr(VirtCpuJson) props = read_properties(node, &form_rule, error);
    g_autofree char *model = props != NULL ? read_word(node, "model", error) : NULL;

    if (model == NULL) {
        return FALSE;
    }
    if (model[strcspn(model, ",= ")] != '\0') {
        return refuse(node, _("its model is no name"), error);
    }
    passport->form = virtcpu_explicit_cpu_new(model, g_steal_pointer(&props));
    return TRUE;
}

static gboolean
read_vcpu(VirtCpuPassport *passport, xmlNode *node, GError **error)
{
    passport->vcpu = read_properties(node, &vcpu_rule, error);
    return passport->vcpu != NULL;
}

static gboolean
read_cpu(VirtCpuPassport *passport, xmlNode *node, GError **error)
{
    passport->cpu = virtcpu_def_parse_node(node, VIRTCPU_DEF_GUEST, error);
    return passport->cpu != NULL;
}

static gboolean
read_data(xmlNode *node, VirtCpuArch arch, VirtCpuData **data, GError **error)
{
    xmlNode *child = virtcpu_xml_child(node, "cpudata");

    *data = child != NULL ? virtcpu_cpu_data_parse_node(child, error) : NULL;
    if (child != NULL && *data == NULL) {
        return FALSE;
    }
    return (*data != NULL && virtcpu_cpu_data_is_of(*data, arch)) ||
           refuse(node, _("it has no CPU data of the guest's architecture"), error);
}

static gboolean
read_features(VirtCpuPassport *passport, xmlNode *node, GError **error)
{
    return virtcpu_xml_check(node, &features_rule, error) &&
           read_data(node, passport->arch, &passport->features, error);
}

static gboolean
read_guest(VirtCpuPassport *passport, xmlNode *node, GError **error)
{
    if (!virtcpu_xml_check(node, &guest_rule, error)) {
        return FALSE;
    }
    passport->unproven = virtcpu_xml_attribute(node, "unproven");
    if (passport->unproven == NULL) {
        return read_data(node, passport->arch, &passport->sees, error);
    }
    g_strdelimit(passport->unproven, "\r\n\t", ' ');
    return virtcpu_xml_child(node, "cpudata") == NULL ||
           refuse(node, _("what was seen is not unproven"), error);
}

typedef struct {
    const char *element;
    gboolean required;
    gboolean (*read)(VirtCpuPassport *passport, xmlNode *node, GError **error);
} Part;

static const Part parts[] = {
    { "facts", TRUE, read_facts },        { "cpu", FALSE, read_cpu },
    { "form", FALSE, read_form },         { "vcpu", FALSE, read_vcpu },
    { "features", FALSE, read_features }, { "guest", FALSE, read_guest },
};

static gboolean
read_parts(VirtCpuPassport *passport, xmlNode *node, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        xmlNode *child = virtcpu_xml_child(node, parts[i].element);

        if (child == NULL && parts[i].required) {
            return refuse(node, _("it tells nothing of where it comes from"), error);
        }
        if (child != NULL && !parts[i].read(passport, child, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
read_root(VirtCpuPassport *passport, xmlNode *node, GError **error)
{
    g_autofree char *arch = read_word(node, "arch", error);
    g_autofree char *virt_type = arch != NULL ? read_word(node, "virt-type", error) : NULL;

    passport->machine = virt_type != NULL ? read_word(node, "machine", error) : NULL;
    if (passport->machine == NULL) {
        return FALSE;
    }
    passport->arch = virtcpu_arch_from_string(arch);
    return (passport->arch != VIRTCPU_ARCH_NONE &&
            virtcpu_virt_type_from_string(virt_type, &passport->virt_type)) ||
           refuse(node, _("its architecture or virt type is not known"), error);
}

/* Format first: one of another has another checksum, too. */
static gboolean
check_root(xmlNode *node, GError **error)
{
    g_autofree char *format = virtcpu_xml_attribute(node, "format");
    g_autofree char *claimed = virtcpu_xml_attribute(node, CHECKSUM);
    g_autofree char *checksum = NULL;

    if (!xmlStrEqual(node->name, (const xmlChar *)"passport") || node->ns == NULL ||
        !xmlStrEqual(node->ns->href, (const xmlChar *)VIRTCPU_PASSPORT_NAMESPACE)) {
        return refuse(node, _("it is none"), error);
    }
    if (g_strcmp0(format, G_STRINGIFY(FORMAT)) != 0) {
        return refuse(node, _("its format is that of another virtcpu"), error);
    }
    checksum = virtcpu_passport_checksum(node);
    return g_strcmp0(claimed, checksum) == 0 ||
           refuse(node, _("it was damaged or changed on its way: its checksum is wrong"), error);
}

VirtCpuPassport *
virtcpu_passport_parse_node(xmlNode *node, GError **error)
{
    g_autoptr(VirtCpuPassport) passport = virtcpu_passport_new();

    return check_root(node, error) && virtcpu_xml_check(node, &passport_rule, error) &&
                   read_root(passport, node, error) && read_parts(passport, node, error)
               ? g_steal_pointer(&passport)
               : NULL;
}

VirtCpuPassport *
virtcpu_passport_parse(const char *xml, GError **error)
{
    g_autoptr(xmlDoc) doc = virtcpu_xml_parse(xml, error);

    return doc != NULL ? virtcpu_passport_parse_node(xmlDocGetRootElement(doc), error) : NULL;
}

xmlNode *
virtcpu_passport_find(xmlNode *parent)
{
    for (xmlNode *node = parent->children; node != NULL; node = node->next) {
        if (node->type == XML_ELEMENT_NODE && node->ns != NULL &&
            xmlStrEqual(node->ns->href, (const xmlChar *)VIRTCPU_PASSPORT_NAMESPACE)) {
            return node;
        }
    }
    return NULL;
}
