/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/cpu-host-facts.h"

#include "conf/cpu-words.h"
#include "conf/error.h"
#include "conf/i18n.h"

static const VirtCpuXmlRule microcode_rule = { .attributes = "version" };
static const VirtCpuXmlRule signature_rule = { .attributes = "family model stepping" };
static const VirtCpuXmlRule counter_rule = { .attributes = "name frequency scaling" };

gboolean
virtcpu_def_parse_microcode(VirtCpuDef *def, xmlNode *node, GError **error)
{
    unsigned version = 0;

    if (!virtcpu_xml_check(node, &microcode_rule, error) ||
        !virtcpu_xml_attribute_uint(node, "version", TRUE, &version, error)) {
        return FALSE;
    }
    def->microcode = g_strdup_printf("%u", version);
    return TRUE;
}

gboolean
virtcpu_def_parse_signature(VirtCpuDef *def, xmlNode *node, GError **error)
{
    def->has_signature = TRUE;
    return virtcpu_xml_check(node, &signature_rule, error) &&
           virtcpu_xml_attribute_uint(node, "family", TRUE, &def->sig_family, error) &&
           virtcpu_xml_attribute_uint(node, "model", TRUE, &def->sig_model, error) &&
           virtcpu_xml_attribute_uint(node, "stepping", TRUE, &def->sig_stepping, error);
}

gboolean
virtcpu_def_parse_counter(VirtCpuDef *def, xmlNode *node, GError **error)
{
    g_autofree char *name = virtcpu_xml_attribute(node, "name");
    int scaling = VIRTCPU_TRISTATE_ABSENT;

    if (!virtcpu_xml_check(node, &counter_rule, error)) {
        return FALSE;
    }
    if (g_strcmp0(name, "tsc") != 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("counter '%s' at line %ld is not supported; only 'tsc' is known"),
                          name != NULL ? name : "", xmlGetLineNo(node));
        return FALSE;
    }
    if (!virtcpu_xml_attribute_number(node, "frequency", TRUE, G_MAXUINT64, &def->tsc_hz, error) ||
        !virtcpu_xml_choice(node, "scaling", &virtcpu_bool_words, VIRTCPU_TRISTATE_YES, &scaling,
                            error)) {
        return FALSE;
    }
    def->tsc_scaling = (VirtCpuTristate)scaling;
    return TRUE;
}
