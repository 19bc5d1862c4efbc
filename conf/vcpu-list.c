/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/vcpu-list.h"

#include "conf/cpu-words.h"
#include "conf/domain-parse.h"
#include "conf/error.h"
#include "conf/i18n.h"
#include "conf/xml.h"

static const VirtCpuXmlRule vcpus_rule = { .many = "vcpu" };
static const VirtCpuXmlRule vcpu_rule = { .attributes = "id enabled hotpluggable order" };

/* What is said of one vCPU. */
typedef struct {
    gboolean said, on, plugged;
    unsigned order; /* from 1; 0: not said */
} Entry;

static gboolean
refuse(const xmlNode *node, const char *why, GError **error)
{
    virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR, _("vCPU in element '%s' (line %ld): %s"),
                      (const char *)node->name, xmlGetLineNo(node), why);
    return FALSE;
}

static gboolean
parse_entry(xmlNode *node, Entry *entries, unsigned max, GError **error)
{
    VirtCpuTristate enabled = VIRTCPU_TRISTATE_ABSENT, hotpluggable = VIRTCPU_TRISTATE_ABSENT;
    unsigned order = 0;
    guint64 id = 0;
    Entry *entry;

    if (!virtcpu_xml_check(node, &vcpu_rule, error) ||
        !virtcpu_xml_attribute_number(node, "id", TRUE, G_MAXUINT16, &id, error) ||
        !virtcpu_domain_parse_tristate(node, "enabled", &virtcpu_bool_words, &enabled, error) ||
        !virtcpu_domain_parse_tristate(node, "hotpluggable", &virtcpu_bool_words, &hotpluggable,
                                       error) ||
        !virtcpu_xml_attribute_uint(node, "order", FALSE, &order, error)) {
        return FALSE;
    }
    if (id >= max) {
        return refuse(node, _("its id is out of range of maximum vcpu count"), error);
    }
    entry = &entries[id];
    if (entry->said) {
        return refuse(node, _("its id appears more than once"), error);
    }
    *entry = (Entry){
        .said = TRUE,
        .on = enabled == VIRTCPU_TRISTATE_YES,
        .plugged = hotpluggable == VIRTCPU_TRISTATE_YES,
        .order = order,
    };
    if (!entry->on && hotpluggable == VIRTCPU_TRISTATE_NO) {
        return refuse(node, _("it is both offline and not hotpluggable"), error);
    }
    return id > 0 || (entry->on && !entry->plugged) ||
           refuse(node, _("the first can be neither offline nor hotpluggable"), error);
}

/* QEMU numbers what it is started with first, and plugs the others in their order. */
static gboolean
check_order(const xmlNode *node, const Entry *entries, unsigned max, GError **error)
{
    unsigned order = 0;
    gboolean in_order = entries[0].on;

    for (unsigned i = 1; i < max; i++) {
        in_order =
            in_order &&
            (!entries[i].on || (entries[i - 1].on && entries[i].plugged >= entries[i - 1].plugged));
        in_order = in_order && (entries[i].order == 0 || entries[i].order > order);
        order = MAX(order, entries[i].order);
    }
    if (!in_order) {
        virtcpu_error_set(
            error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
            _("element '%s' (line %ld): those that are enabled must be the first, and of them "
              "those that are not hotpluggable, in the order of their ids"),
            (const char *)node->name, xmlGetLineNo(node));
    }
    return in_order;
}

gboolean
virtcpu_vcpu_list_parse(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    const unsigned max = MAX(def->max_vcpus, 1);
    g_autofree Entry *entries = NULL;

    if (node == NULL || !virtcpu_xml_check(node, &vcpus_rule, error)) {
        return node == NULL;
    }
    if (xmlFirstElementChild(node) == NULL) {
        return TRUE;
    }
    entries = g_new0(Entry, max);
    for (xmlNode *child = xmlFirstElementChild(node); child != NULL;
         child = xmlNextElementSibling(child)) {
        if (!parse_entry(child, entries, max, error)) {
            return FALSE;
        }
    }
    if (!check_order(node, entries, max, error)) {
        return FALSE;
    }
    def->vcpus = def->fixed_vcpus = 0;
    for (unsigned i = 0; i < max; i++) {
        def->vcpus += entries[i].on ? 1 : 0;
        def->fixed_vcpus += entries[i].on && !entries[i].plugged ? 1 : 0;
    }
    return TRUE;
}

/* The lowest number from @from on that is, or is not (@in), in @vcpus, up to @end. */
static unsigned
find_next(const VirtCpuCpuset *vcpus, unsigned from, unsigned end, gboolean in)
{
    while (from < end && virtcpu_cpuset_contains(vcpus, from) != in) {
        from++;
    }
    return from;
}

static gboolean
refuse_gap(unsigned number, GError **error)
{
    virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                      _("vcpu '%u' cannot be switched alone: those that are enabled must be the "
                        "first"),
                      number);
    return FALSE;
}

/* What is started with stays in one piece: none behind those in @vcpus is left. */
static gboolean
check_fixed(const VirtCpuDomainDef *def, const VirtCpuCpuset *vcpus, GError **error)
{
    const unsigned fixed = virtcpu_domain_def_fixed_vcpus(def);
    const unsigned first = find_next(vcpus, 0, fixed, TRUE);

    if (first == 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("vCPU '0' can't be modified"));
        return FALSE;
    }
    if (find_next(vcpus, first, fixed, FALSE) < fixed) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("vcpu '%u' can't be modified as it is followed by non-hotpluggable "
                            "online vcpus"),
                          first);
        return FALSE;
    }
    return TRUE;
}

gboolean
virtcpu_vcpu_list_define(VirtCpuDomainDef *def, const VirtCpuCpuset *vcpus, gboolean on,
                         GError **error)
{
    const unsigned end = virtcpu_cpuset_last(vcpus) + 1;
    const unsigned first = find_next(vcpus, 0, end, TRUE);
    /* all of these have to be in @vcpus */
    const unsigned from = on ? def->vcpus : first, to = on ? end : def->vcpus;

    if (end > def->max_vcpus) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("vcpu %u is not present in persistent config"), end - 1);
        return FALSE;
    }
    if (!check_fixed(def, vcpus, error)) {
        return FALSE;
    }
    if (from < to && find_next(vcpus, from, to, FALSE) < to) {
        return refuse_gap(on ? end - 1 : first, error);
    }
    def->fixed_vcpus = MIN(virtcpu_domain_def_fixed_vcpus(def), first);
    def->vcpus = on ? MAX(def->vcpus, end) : MIN(def->vcpus, first);
    return TRUE;
}

gboolean
virtcpu_vcpu_list_switch(VirtCpuDomainDef *def, const VirtCpuCpuset *vcpus, gboolean on,
                         GError **error)
{
    const unsigned end = virtcpu_cpuset_last(vcpus) + 1;
    /* the first that is so */
    const unsigned same =
        on ? find_next(vcpus, 0, def->vcpus, TRUE) : find_next(vcpus, def->vcpus, end, TRUE);

    if (end > def->max_vcpus) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("vcpu %u is not present in live config"), end - 1);
        return FALSE;
    }
    if (same < (on ? def->vcpus : end)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("vcpu '%u' is already in requested state"), same);
        return FALSE;
    }
    if (find_next(vcpus, 0, end - 1, TRUE) < end - 1) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_UNSUPPORTED,
                          _("only one hotpluggable entity can be selected"));
        return FALSE;
    }
    if (end <= virtcpu_domain_def_fixed_vcpus(def)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_UNSUPPORTED,
                          _("vcpu '%u' can't be unplugged"), end - 1);
        return FALSE;
    }
    if (end != (on ? def->vcpus + 1 : def->vcpus)) {
        return refuse_gap(end - 1, error);
    }
    virtcpu_domain_def_plug_vcpus(def, on ? end : end - 1);
    return TRUE;
}

void
virtcpu_vcpu_list_format(const VirtCpuDomainDef *def, GString *out)
{
    const unsigned fixed = virtcpu_domain_def_fixed_vcpus(def);

    if (fixed == def->vcpus) {
        return;
    }
    g_string_append(out, "  <vcpus>\n");
    for (unsigned i = 0; i < def->max_vcpus; i++) {
        g_string_append_printf(out, "    <vcpu id='%u' enabled='%s' hotpluggable='%s'", i,
                               i < def->vcpus ? "yes" : "no", i < fixed ? "no" : "yes");
        if (i < def->vcpus) {
            g_string_append_printf(out, " order='%u'", i + 1);
        }
        g_string_append(out, "/>\n");
    }
    g_string_append(out, "  </vcpus>\n");
}
