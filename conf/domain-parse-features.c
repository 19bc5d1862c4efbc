/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/cpu-words.h"
#include "conf/domain-features.h"
#include "conf/domain-parse.h"
#include "conf/error.h"
#include "conf/i18n.h"

#include <string.h>

/* What QEMU takes for hv-spinlocks and hv-vendor-id. */
#define MIN_RETRIES   4095
#define MAX_HV_VENDOR 12

static VirtCpuFeatureDef *
add_feature(VirtCpuDomainDef *def, const char *name, VirtCpuTristate state)
{
    VirtCpuFeatureDef *feature = g_new0(VirtCpuFeatureDef, 1);

    feature->name = g_strdup(name);
    feature->state = state;
    g_ptr_array_add(def->features, feature);
    return feature;
}

/* A feature that has a value must have one when it is on, and QEMU must be able to take it. */
static gboolean
check_value(const VirtCpuFeatureDef *feature, xmlNode *node, const char *attribute, GError **error)
{
    guint64 retries = MIN_RETRIES;

    if (feature->value == NULL) {
        if (feature->state == VIRTCPU_TRISTATE_YES) {
            virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                              _("Missing required attribute '%s' in element '%s' (line %ld)"),
                              attribute, (const char *)node->name, xmlGetLineNo(node));
        }
        return feature->state != VIRTCPU_TRISTATE_YES;
    }
    if (g_str_equal(attribute, "retries")) {
        if (!virtcpu_xml_number(node, attribute, feature->value, G_MAXUINT32, &retries, error)) {
            return FALSE;
        }
        if (retries < MIN_RETRIES) {
            virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                              _("HyperV spinlock retry count must be at least %d (line %ld)"),
                              MIN_RETRIES, xmlGetLineNo(node));
            return FALSE;
        }
        return TRUE;
    }
    if (strlen(feature->value) > MAX_HV_VENDOR || strchr(feature->value, ',') != NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("HyperV vendor_id value '%s' is invalid (line %ld): at most %d "
                            "characters, no comma"),
                          feature->value, xmlGetLineNo(node), MAX_HV_VENDOR);
        return FALSE;
    }
    return TRUE;
}

/* Attribute eoi= of <apic> becomes a feature of its own. */
static gboolean
parse_extra_attribute(VirtCpuDomainDef *def, xmlNode *node, const VirtCpuFeatureRow *row,
                      VirtCpuFeatureDef *feature, GError **error)
{
    VirtCpuTristate state = VIRTCPU_TRISTATE_ABSENT;

    if (row->kind == VIRTCPU_FEATURE_VALUE) {
        feature->value = virtcpu_xml_attribute(node, row->attribute);
        return check_value(feature, node, row->attribute, error);
    }
    if (row->kind != VIRTCPU_FEATURE_FLAG || row->attribute == NULL) {
        return TRUE;
    }
    if (!virtcpu_domain_parse_tristate(node, row->attribute, &virtcpu_switch_words, &state,
                                       error)) {
        return FALSE;
    }
    if (state != VIRTCPU_TRISTATE_ABSENT) {
        g_autofree char *name = g_strdup_printf("%s/%s", row->name, row->attribute);

        add_feature(def, name, state);
    }
    return TRUE;
}

/* state= says on when it is left out, but in <hyperv> and <kvm> it must be there. */
static gboolean
parse_state(xmlNode *node, const VirtCpuFeatureRow *row, VirtCpuTristate *state, GError **error)
{
    if (xmlHasProp(node, (const xmlChar *)"state") == NULL && strchr(row->name, '/') != NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("Missing required attribute '%s' in element '%s' (line %ld)"), "state",
                          (const char *)node->name, xmlGetLineNo(node));
        return FALSE;
    }
    *state = VIRTCPU_TRISTATE_YES;
    return virtcpu_domain_parse_tristate(node, "state", &virtcpu_switch_words, state, error);
}

static gboolean
parse_feature(VirtCpuDomainDef *def, xmlNode *node, const VirtCpuFeatureRow *row, GError **error)
{
    g_autofree char *attributes =
        g_strdup_printf("%s %s", row->kind != VIRTCPU_FEATURE_FLAG ? "state" : "",
                        row->attribute != NULL ? row->attribute : "");
    const VirtCpuXmlRule rule = { .attributes = g_strstrip(attributes) };
    VirtCpuTristate state = VIRTCPU_TRISTATE_ABSENT;

    if (!virtcpu_xml_check(node, &rule, error)) {
        return FALSE;
    }
    if (row->kind != VIRTCPU_FEATURE_FLAG && !parse_state(node, row, &state, error)) {
        return FALSE;
    }
    return parse_extra_attribute(def, node, row, add_feature(def, row->name, state), error);
}

/* The elements of @group, for VirtCpuXmlRule (transfer full). */
static char *
group_elements(const char *group)
{
    g_autofree char *prefix = g_strconcat(group, "/", NULL);
    GString *names = g_string_new(NULL);

    for (gsize i = 0; virtcpu_domain_feature_row_at(i) != NULL; i++) {
        const char *name = virtcpu_domain_feature_row_at(i)->name;

        if (g_str_has_prefix(name, prefix)) {
            g_string_append_printf(names, names->len != 0 ? " %s" : "%s", name + strlen(prefix));
        }
    }
    return g_string_free(names, FALSE);
}

/* What stands around the features of a group. Only <hyperv> has a mode. */
static gboolean
check_group(xmlNode *group, GError **error)
{
    const char *name = (const char *)group->name;
    g_autofree char *elements = group_elements(name);
    const VirtCpuXmlRule rule = {
        .attributes = g_str_equal(name, "hyperv") ? "mode" : NULL,
        .once = elements,
    };
    g_autofree char *mode = virtcpu_xml_attribute(group, "mode");

    if (!virtcpu_xml_check(group, &rule, error)) {
        return FALSE;
    }
    return mode == NULL || g_str_equal(mode, "custom") ||
           virtcpu_domain_refuse(group, "mode", mode, error);
}

/* <hyperv> and <kvm>: every child is a feature "group/name". */
static gboolean
parse_group(VirtCpuDomainDef *def, xmlNode *group, GError **error)
{
    if (!check_group(group, error)) {
        return FALSE;
    }
    for (xmlNode *child = group->children; child != NULL; child = child->next) {
        g_autofree char *name = NULL;

        if (child->type != XML_ELEMENT_NODE) {
            continue;
        }
        name = g_strdup_printf("%s/%s", (const char *)group->name, (const char *)child->name);
        if (!parse_feature(def, child, virtcpu_domain_feature_row(name), error)) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
virtcpu_domain_parse_features(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    static const VirtCpuXmlRule rule = { .once = VIRTCPU_DOMAIN_FEATURE_ELEMENTS };

    if (!virtcpu_xml_check(node, &rule, error)) {
        return FALSE;
    }
    for (xmlNode *child = node->children; child != NULL; child = child->next) {
        const VirtCpuFeatureRow *row;

        if (child->type != XML_ELEMENT_NODE) {
            continue;
        }
        row = virtcpu_domain_feature_row((const char *)child->name);
        if (row != NULL ? !parse_feature(def, child, row, error)
                        : !parse_group(def, child, error)) {
            return FALSE;
        }
    }
    return TRUE;
}
