/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A passport read from XML. */
#include "conf/error.h"
#include "conf/i18n.h"
#include "conf/xml.h"
#include "drivers/qemu/facts.h"
#include "drivers/qemu/passport-priv.h"

#include <string.h>

/* The longest name and value; a processor's name has 48 bytes, a digest 64. */
#define MAX_BYTES 1024
/* QEMU 10 has some 500 properties of a CPU. */
#define MAX_PROPERTIES 4096
#define MAX_FACTS      64

static const VirtCpuXmlRule passport_rule = {
    .attributes = "format arch virt-type machine " VIRTCPU_PASSPORT_CHECKSUM,
    .once = "facts cpu form vcpu features guest",
};
static const VirtCpuXmlRule facts_rule = { .many = "fact" };
static const VirtCpuXmlRule fact_rule = { .attributes = "name value" };
static const VirtCpuXmlRule form_rule = { .attributes = "model off", .many = "property" };
static const VirtCpuXmlRule vcpu_rule = { .attributes = "off", .many = "property" };
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

/* Put @value (transfer full) as property @name, which is new. */
static gboolean
add_property(xmlNode *node, VirtCpuJson *properties, const char *name, VirtCpuJson *value,
             GError **error)
{
    if (name[0] == '\0' || name[strcspn(name, ",= ")] != '\0' ||
        virtcpu_json_get(properties, name) != NULL ||
        virtcpu_json_size(properties) >= MAX_PROPERTIES) {
        virtcpu_json_free(value);
        return refuse(node, _("a property has a name of its own and one value"), error);
    }
    virtcpu_json_set(properties, name, value);
    return TRUE;
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
    if (count_attributes(node) != 2) {
        return refuse(node, _("a property has a name of its own and one value"), error);
    }
    value = read_value(node);
    return value != NULL ? add_property(node, properties, name, value, error)
                         : refuse(node, _("its value makes no sense"), error);
}

/* Most are off: their names stand in one attribute. */
static gboolean
read_off(xmlNode *node, VirtCpuJson *properties, GError **error)
{
    g_autofree char *text = virtcpu_xml_attribute(node, "off");
    g_auto(GStrv) names =
        text != NULL && text[0] != '\0' ? g_strsplit(text, " ", MAX_PROPERTIES + 1) : NULL;

    for (char **name = names; name != NULL && *name != NULL; name++) {
        if (strlen(*name) > MAX_BYTES || !is_one_line(*name) ||
            !add_property(node, properties, *name, virtcpu_json_new_bool(FALSE), NULL)) {
            return refuse(node, _("attribute 'off' is no list of properties"), error);
        }
    }
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
    return read_off(node, properties, error) ? g_steal_pointer(&properties) : NULL;
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
    g_autofree char *claimed = virtcpu_xml_attribute(node, VIRTCPU_PASSPORT_CHECKSUM);
    g_autofree char *checksum = NULL;

    if (!xmlStrEqual(node->name, (const xmlChar *)"passport") || node->ns == NULL ||
        !xmlStrEqual(node->ns->href, (const xmlChar *)VIRTCPU_PASSPORT_NAMESPACE)) {
        return refuse(node, _("it is none"), error);
    }
    if (g_strcmp0(format, VIRTCPU_PASSPORT_FORMAT_VERSION) != 0) {
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
