/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/domain-parse.h"

#include "conf/cpu-words.h"
#include "conf/domain-commandline.h"
#include "conf/domain-words.h"
#include "conf/error.h"
#include "conf/i18n.h"
#include "conf/memory-size.h"
#include "conf/vcpu-list.h"

#include <string.h>

static const VirtCpuXmlRule domain_rule = {
    .attributes = "type id",
    .once = "name uuid title description metadata memory currentMemory memoryBacking vcpu vcpus "
            "iothreads "
            "iothreadids cputune numatune "
            "os features cpu clock "
            "on_poweroff on_reboot on_crash pm devices",
};
static const VirtCpuXmlRule text_rule = { .text = TRUE };
static const VirtCpuXmlRule memory_rule = { .attributes = "unit", .text = TRUE };
static const VirtCpuXmlRule pm_rule = { .once = "suspend-to-mem suspend-to-disk" };
static const VirtCpuXmlRule enabled_rule = { .attributes = "enabled" };
static const VirtCpuXmlRule vcpu_rule = { .attributes = "placement cpuset current", .text = TRUE };

gboolean
virtcpu_domain_refuse(xmlNode *node, const char *what, const char *value, GError **error)
{
    virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                      _("'%s' of element '%s' at line %ld is '%s', which is not supported"), what,
                      (const char *)node->name, xmlGetLineNo(node), value != NULL ? value : "");
    return FALSE;
}

gboolean
virtcpu_domain_parse_word(xmlNode *node, const char *name, const VirtCpuWords *words,
                          gboolean required, char **value, GError **error)
{
    g_autofree char *text = virtcpu_xml_attribute(node, name);

    if (text != NULL ? virtcpu_words_from_string(words, text) < 0 : required) {
        return virtcpu_domain_refuse(node, name, text, error);
    }
    *value = g_steal_pointer(&text);
    return TRUE;
}

gboolean
virtcpu_domain_parse_tristate(xmlNode *node, const char *name, const VirtCpuWords *words,
                              VirtCpuTristate *value, GError **error)
{
    int found = (int)*value;

    if (!virtcpu_xml_choice(node, name, words, VIRTCPU_TRISTATE_YES, &found, error)) {
        return FALSE;
    }
    *value = (VirtCpuTristate)found;
    return TRUE;
}

gboolean
virtcpu_domain_parse_children(VirtCpuDomainDef *def, xmlNode *node,
                              const VirtCpuDomainParserRow *rows, GError **error)
{
    for (xmlNode *child = node->children; child != NULL; child = child->next) {
        for (const VirtCpuDomainParserRow *row = rows; row->name != NULL; row++) {
            if (child->type == XML_ELEMENT_NODE && child->ns == NULL &&
                xmlStrEqual(child->name, (const xmlChar *)row->name) &&
                !row->parse(def, child, error)) {
                return FALSE;
            }
        }
    }
    return TRUE;
}

static gboolean
parse_name(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    def->name = virtcpu_xml_raw_text(node);
    if (def->name != NULL && strpbrk(def->name, "/\n") != NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR, _("name %s cannot contain '%s' (line %ld)"),
                          def->name, strchr(def->name, '/') != NULL ? "/" : "\\n",
                          xmlGetLineNo(node));
        return FALSE;
    }
    return virtcpu_xml_check(node, &text_rule, error);
}

static gboolean
parse_uuid(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    g_autofree char *text = virtcpu_xml_text(node);

    if (!virtcpu_uuid_from_string(text, def->uuid)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("malformed uuid element: '%s' (line %ld)"), text, xmlGetLineNo(node));
        return FALSE;
    }
    def->has_uuid = TRUE;
    return virtcpu_xml_check(node, &text_rule, error);
}

static gboolean
parse_title(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    def->title = virtcpu_xml_raw_text(node);
    if (def->title != NULL && strchr(def->title, '\n') != NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("Domain title can't contain newlines (line %ld)"), xmlGetLineNo(node));
        return FALSE;
    }
    return virtcpu_xml_check(node, &text_rule, error);
}

static gboolean
parse_description(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    def->description = virtcpu_xml_raw_text(node);
    return virtcpu_xml_check(node, &text_rule, error);
}

/* Kept as it stands, with the namespaces it uses declared in it. */
static gboolean
parse_metadata(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    g_autoptr(xmlDoc) doc = xmlNewDoc((const xmlChar *)"1.0");
    xmlNode *copy = xmlDocCopyNode(node, doc, 1);
    xmlBuffer *buffer = xmlBufferCreate();

    xmlDocSetRootElement(doc, copy);
    if (xmlNodeDump(buffer, doc, copy, 0, 0) > 0) {
        def->metadata = g_strdup((const char *)xmlBufferContent(buffer));
    }
    xmlBufferFree(buffer);
    return virtcpu_cpu_form_parse(def->metadata, &def->cpu_form, &def->cpu_properties, error);
}

static gboolean
parse_memory_amount(xmlNode *node, guint64 *kib, GError **error)
{
    g_autofree char *unit = virtcpu_xml_attribute(node, "unit");
    g_autofree char *text = virtcpu_xml_text(node);
    guint64 number = 0;

    if (!virtcpu_xml_check(node, &memory_rule, error) ||
        !virtcpu_xml_number(node, "value", text, G_MAXUINT64, &number, error)) {
        return FALSE;
    }
    if (!virtcpu_memory_to_kib(number, unit, kib)) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("memory amount '%s' in unit '%s' of element '%s' (line %ld) is too big "
                            "or its unit is unknown"),
                          text, unit != NULL ? unit : "KiB", (const char *)node->name,
                          xmlGetLineNo(node));
        return FALSE;
    }
    return TRUE;
}

static gboolean
parse_memory(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    return parse_memory_amount(node, &def->max_memory_kib, error);
}

static gboolean
parse_current_memory(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    return parse_memory_amount(node, &def->current_memory_kib, error);
}

static gboolean
parse_vcpu(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    g_autofree char *placement = virtcpu_xml_attribute(node, "placement");
    g_autofree char *text = virtcpu_xml_text(node);
    guint64 number = 0;

    if (!virtcpu_xml_check(node, &vcpu_rule, error) ||
        !virtcpu_xml_number(node, "value", text, G_MAXUINT16, &number, error)) {
        return FALSE;
    }
    if (placement != NULL && !g_str_equal(placement, "static")) {
        return virtcpu_domain_refuse(node, "placement", placement, error);
    }
    if (number == 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("invalid maximum number of vCPUs '%s' (line %ld)"), text,
                          xmlGetLineNo(node));
        return FALSE;
    }
    def->max_vcpus = (unsigned)number;
    def->vcpus = def->max_vcpus;
    return virtcpu_xml_attribute_uint(node, "current", FALSE, &def->vcpus, error) &&
           virtcpu_domain_parse_cpus(node, "cpuset", FALSE, &def->tune.cpus, error);
}

static gboolean
parse_cpu(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    def->cpu = virtcpu_def_parse_node(node, VIRTCPU_DEF_GUEST, error);
    return def->cpu != NULL;
}

static gboolean
parse_action(xmlNode *node, VirtCpuLifecycleAction *action, GError **error)
{
    g_autofree char *text = virtcpu_xml_text(node);
    int found = virtcpu_words_from_string(&virtcpu_action_words, text);

    if (found < 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("unknown lifecycle action '%s' in element '%s' (line %ld)"), text,
                          (const char *)node->name, xmlGetLineNo(node));
        return FALSE;
    }
    *action = (VirtCpuLifecycleAction)found;
    return virtcpu_xml_check(node, &text_rule, error);
}

static gboolean
parse_on_poweroff(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    return parse_action(node, &def->on_poweroff, error);
}

static gboolean
parse_on_reboot(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    return parse_action(node, &def->on_reboot, error);
}

static gboolean
parse_on_crash(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    return parse_action(node, &def->on_crash, error);
}

static gboolean
parse_pm_state(xmlNode *node, VirtCpuTristate *state, GError **error)
{
    return virtcpu_xml_check(node, &enabled_rule, error) &&
           virtcpu_domain_parse_tristate(node, "enabled", &virtcpu_bool_words, state, error);
}

static gboolean
parse_pm(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    xmlNode *mem = virtcpu_xml_child(node, "suspend-to-mem");
    xmlNode *disk = virtcpu_xml_child(node, "suspend-to-disk");

    return virtcpu_xml_check(node, &pm_rule, error) &&
           (mem == NULL || parse_pm_state(mem, &def->suspend_to_mem, error)) &&
           (disk == NULL || parse_pm_state(disk, &def->suspend_to_disk, error));
}

static const VirtCpuDomainParserRow domain_rows[] = {
    { "name", parse_name },
    { "uuid", parse_uuid },
    { "title", parse_title },
    { "description", parse_description },
    { "metadata", parse_metadata },
    { "memory", parse_memory },
    { "currentMemory", parse_current_memory },
    { "memoryBacking", virtcpu_domain_parse_memory_backing },
    { "vcpu", parse_vcpu },
    { "iothreads", virtcpu_domain_parse_iothreads },
    { "iothreadids", virtcpu_domain_parse_iothread_ids },
    { "numatune", virtcpu_domain_parse_numatune },
    { "os", virtcpu_domain_parse_os },
    { "features", virtcpu_domain_parse_features },
    { "cpu", parse_cpu },
    { "clock", virtcpu_domain_parse_clock },
    { "on_poweroff", parse_on_poweroff },
    { "on_reboot", parse_on_reboot },
    { "on_crash", parse_on_crash },
    { "pm", parse_pm },
    { "devices", virtcpu_domain_parse_devices },
    { NULL, NULL },
};

static gboolean
parse_domain_attributes(VirtCpuDomainDef *def, xmlNode *root, GError **error)
{
    g_autofree char *type = virtcpu_xml_attribute(root, "type");
    guint64 id = 0;

    if (type == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR, _("missing domain type attribute"));
        return FALSE;
    }
    if (!virtcpu_virt_type_from_string(type, &def->virt_type)) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("domain type '%s' is not supported; it must be 'kvm' or 'qemu'"), type);
        return FALSE;
    }
    if (xmlHasProp(root, (const xmlChar *)"id") != NULL) {
        if (!virtcpu_xml_attribute_number(root, "id", FALSE, G_MAXINT, &id, error)) {
            return FALSE;
        }
        def->id = (int)id;
    }
    return TRUE;
}

/* What libvirt insists on; the rest is filled in by completion. */
static gboolean
check_required(const VirtCpuDomainDef *def, xmlNode *root, GError **error)
{
    if (def->name == NULL || def->name[strspn(def->name, " \t\r")] == '\0') {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR, _("domain name is missing or empty"));
        return FALSE;
    }
    if (virtcpu_xml_child(root, "os") == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("an os <type> must be specified: element 'os' is missing"));
        return FALSE;
    }
    return TRUE;
}

VirtCpuDomainDef *
virtcpu_domain_def_parse(const char *xml, gboolean validate, GError **error)
{
    g_autoptr(xmlDoc) doc = virtcpu_xml_parse(xml, error);
    g_autoptr(VirtCpuDomainDef) def = virtcpu_domain_def_new();
    xmlNode *root = doc != NULL ? xmlDocGetRootElement(doc) : NULL;

    if (root == NULL) {
        return NULL;
    }
    if (root->ns != NULL || !xmlStrEqual(root->name, (const xmlChar *)"domain")) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("unexpected root element <%s>, expecting <domain>"),
                          (const char *)root->name);
        return NULL;
    }
    if (validate && !virtcpu_xml_validate(doc, "domain.rng", error)) {
        return NULL;
    }
    if (!virtcpu_domain_commandline_parse(def, root, error) ||
        !virtcpu_xml_check(root, &domain_rule, error) ||
        !parse_domain_attributes(def, root, error) ||
        !virtcpu_domain_parse_children(def, root, domain_rows, error) ||
        !virtcpu_vcpu_list_parse(def, virtcpu_xml_child(root, "vcpus"), error) ||
        !virtcpu_domain_parse_cputune(def, virtcpu_xml_child(root, "cputune"), error) ||
        !check_required(def, root, error)) {
        return NULL;
    }
    def->read_bytes = strlen(xml);
    return g_steal_pointer(&def);
}
