/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/cpu-def.h"

#include "conf/cpu-host-facts.h"
#include "conf/cpu-numa.h"
#include "conf/cpu-words.h"
#include "conf/error.h"
#include "conf/i18n.h"
#include "conf/xml.h"

#include <string.h>

#define VENDOR_ID_CHARS 12

static const VirtCpuXmlRule host_rule = {
    .once = "arch model vendor microcode signature topology maxphysaddr cache",
    .many = "feature counter pages",
};
static const VirtCpuXmlRule guest_rule = {
    .attributes = "mode match check migratable deprecated_features",
    .once = "model vendor topology cache maxphysaddr numa",
    .many = "feature",
};
static const VirtCpuXmlRule text_rule = { .text = TRUE };
static const VirtCpuXmlRule model_rule = { .attributes = "fallback vendor_id", .text = TRUE };
static const VirtCpuXmlRule topology_rule = { .attributes = "sockets dies clusters cores threads" };
static const VirtCpuXmlRule cache_rule = { .attributes = "level mode" };
static const VirtCpuXmlRule physaddr_rule = { .attributes = "mode bits limit" };
static const VirtCpuXmlRule feature_rule = { .attributes = "name policy" };

/* Attribute @name of @node by @words. A word libvirt does not know in <cpu> is unsupported to it,
 * not malformed. */
static gboolean
parse_word(xmlNode *node, const char *name, const VirtCpuWords *words, int first, int *value,
           GError **error)
{
    g_autofree char *text = virtcpu_xml_attribute(node, name);
    int found = virtcpu_words_from_string(words, text);

    if (text == NULL) {
        return TRUE;
    }
    if (found < first) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("Invalid %s attribute '%s' in element '%s' (line %ld)"), name, text,
                          (const char *)node->name, xmlGetLineNo(node));
        return FALSE;
    }
    *value = found;
    return TRUE;
}

/* Parsers of one child each; @node is that child. */

static gboolean
parse_arch(VirtCpuDef *def, xmlNode *node, GError **error)
{
    g_autofree char *name = virtcpu_xml_text(node);

    def->arch = virtcpu_arch_from_string(name);
    if (def->arch == VIRTCPU_ARCH_NONE) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("Unknown architecture '%s' (line %ld)"), name, xmlGetLineNo(node));
        return FALSE;
    }
    return virtcpu_xml_check(node, &text_rule, error);
}

/* A name that ends up in one argument of QEMU's: no comma, no control character. */
static gboolean
is_safe_name(const char *name)
{
    for (const char *at = name; *at != '\0'; at++) {
        if (*at == ',' || g_ascii_iscntrl(*at)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
parse_vendor_id(VirtCpuDef *def, xmlNode *node, GError **error)
{
    g_autofree char *id = virtcpu_xml_attribute(node, "vendor_id");

    if (id == NULL) {
        return TRUE;
    }
    if (strlen(id) != VENDOR_ID_CHARS) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("vendor_id must be exactly %d characters long"), VENDOR_ID_CHARS);
        return FALSE;
    }
    if (!is_safe_name(id)) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR, _("vendor id is invalid"));
        return FALSE;
    }
    def->vendor_id = g_steal_pointer(&id);
    return TRUE;
}

static gboolean
parse_model(VirtCpuDef *def, xmlNode *node, GError **error)
{
    g_autofree char *name = virtcpu_xml_text(node);
    int fallback = -1;

    if (!virtcpu_xml_check(node, &model_rule, error)) {
        return FALSE;
    }
    if (!is_safe_name(name)) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR, _("Invalid CPU model name (line %ld)"),
                          xmlGetLineNo(node));
        return FALSE;
    }
    def->model = name[0] != '\0' ? g_steal_pointer(&name) : NULL;
    if (def->type == VIRTCPU_DEF_HOST) {
        return TRUE;
    }
    if (!parse_word(node, "fallback", &virtcpu_fallback_words, 0, &fallback, error)) {
        return FALSE;
    }
    def->has_fallback = fallback != -1;
    def->fallback = (VirtCpuFallback)MAX(fallback, VIRTCPU_FALLBACK_ALLOW);
    return parse_vendor_id(def, node, error);
}

static gboolean
parse_vendor(VirtCpuDef *def, xmlNode *node, GError **error)
{
    g_autofree char *name = virtcpu_xml_text(node);

    def->vendor = name[0] != '\0' ? g_steal_pointer(&name) : NULL;
    return virtcpu_xml_check(node, &text_rule, error);
}

static gboolean
parse_topology_number(xmlNode *node, const char *name, gboolean required, unsigned *value,
                      GError **error)
{
    gboolean written = xmlHasProp(node, (const xmlChar *)name) != NULL;

    if (!virtcpu_xml_attribute_uint(node, name, required, value, error)) {
        return FALSE;
    }
    if (written && *value == 0) {
        virtcpu_error_set(
            error, VIRTCPU_ERR_XML_ERROR,
            _("Invalid value for attribute '%s' in element '%s': Zero is not permitted (line %ld)"),
            name, (const char *)node->name, xmlGetLineNo(node));
        return FALSE;
    }
    return TRUE;
}

static gboolean
parse_topology(VirtCpuDef *def, xmlNode *node, GError **error)
{
    def->dies = 1;
    return virtcpu_xml_check(node, &topology_rule, error) &&
           parse_topology_number(node, "sockets", TRUE, &def->sockets, error) &&
           parse_topology_number(node, "dies", FALSE, &def->dies, error) &&
           parse_topology_number(node, "clusters", FALSE, &def->clusters, error) &&
           parse_topology_number(node, "cores", TRUE, &def->cores, error) &&
           parse_topology_number(node, "threads", TRUE, &def->threads, error);
}

/* The word of attribute mode=, which must be there. */
static gboolean
parse_required_mode(xmlNode *node, const VirtCpuWords *words, int first, int *mode, GError **error)
{
    if (!virtcpu_xml_choice(node, "mode", words, first, mode, error)) {
        return FALSE;
    }
    if (xmlHasProp(node, (const xmlChar *)"mode") == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("Missing required attribute '%s' in element '%s' (line %ld)"), "mode",
                          (const char *)node->name, xmlGetLineNo(node));
        return FALSE;
    }
    return TRUE;
}

static gboolean
parse_cache(VirtCpuDef *def, xmlNode *node, GError **error)
{
    int mode = VIRTCPU_CACHE_EMULATE;
    guint64 level = 0;

    if (!virtcpu_xml_check(node, &cache_rule, error) ||
        !virtcpu_xml_attribute_number(node, "level", FALSE, G_MAXINT, &level, error) ||
        !parse_required_mode(node, &virtcpu_cache_words, 0, &mode, error)) {
        return FALSE;
    }
    if (xmlHasProp(node, (const xmlChar *)"level") != NULL) {
        if (level < 1 || level > 3) {
            virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                              _("invalid CPU cache level, must be in range [1,3]"));
            return FALSE;
        }
        def->cache_level = (int)level;
    }
    def->has_cache = TRUE;
    def->cache_mode = (VirtCpuCacheMode)mode;
    return TRUE;
}

/* Attribute @name of <maxphysaddr>; -1 stays when it is absent. */
static gboolean
parse_bits(xmlNode *node, const char *name, int *value, GError **error)
{
    guint64 bits = 0;

    if (!virtcpu_xml_attribute_number(node, name, FALSE, G_MAXINT, &bits, error)) {
        return FALSE;
    }
    if (xmlHasProp(node, (const xmlChar *)name) != NULL) {
        *value = (int)bits;
    }
    return TRUE;
}

static gboolean
parse_physaddr(VirtCpuDef *def, xmlNode *node, GError **error)
{
    int mode = VIRTCPU_PHYSADDR_ABSENT;

    if (!virtcpu_xml_check(node, &physaddr_rule, error) ||
        !parse_required_mode(node, &virtcpu_physaddr_words, VIRTCPU_PHYSADDR_EMULATE, &mode,
                             error) ||
        !parse_bits(node, "bits", &def->physaddr_bits, error) ||
        !parse_bits(node, "limit", &def->physaddr_limit, error)) {
        return FALSE;
    }
    def->physaddr_mode = (VirtCpuPhysaddrMode)mode;
    return TRUE;
}

/* Letters, digits, '-', '_' and '.', as libvirt's schema has it. */
static gboolean
is_feature_name(const char *name)
{
    const char *at = name;

    while (g_ascii_isalnum(*at) || *at == '-' || *at == '_' || *at == '.') {
        at++;
    }
    return at > name && *at == '\0';
}

/* Add the feature of @node; @seen holds the names met so far. */
static gboolean
parse_feature(VirtCpuDef *def, xmlNode *node, GHashTable *seen, GError **error)
{
    g_autofree char *name = virtcpu_xml_attribute(node, "name");
    int policy = VIRTCPU_POLICY_REQUIRE;
    VirtCpuDefFeature *feature;

    if (!virtcpu_xml_check(node, &feature_rule, error) ||
        !parse_word(node, "policy", &virtcpu_policy_words, 0, &policy, error)) {
        return FALSE;
    }
    if (name == NULL || !is_feature_name(name)) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR, _("Invalid CPU feature name (line %ld)"),
                          xmlGetLineNo(node));
        return FALSE;
    }
    feature = g_new0(VirtCpuDefFeature, 1);
    feature->policy =
        def->type == VIRTCPU_DEF_HOST ? VIRTCPU_POLICY_REQUIRE : (VirtCpuPolicy)policy;
    feature->has_policy = xmlHasProp(node, (const xmlChar *)"policy") != NULL;
    feature->name = g_steal_pointer(&name);
    g_ptr_array_add(def->features, feature);
    if (!g_hash_table_add(seen, feature->name)) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("CPU feature '%s' specified more than once (line %ld)"), feature->name,
                          xmlGetLineNo(node));
        return FALSE;
    }
    return TRUE;
}

static gboolean
parse_features(VirtCpuDef *def, xmlNode *node, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    for (xmlNode *child = virtcpu_xml_child(node, "feature"); child != NULL;
         child = virtcpu_xml_next(child)) {
        if (!parse_feature(def, child, seen, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
parse_mode_and_match(VirtCpuDef *def, xmlNode *node, GError **error)
{
    int mode = VIRTCPU_MODE_CUSTOM;
    int match = VIRTCPU_MATCH_EXACT;
    int check = VIRTCPU_CHECK_DEFAULT;

    if (!parse_word(node, "mode", &virtcpu_mode_words, 0, &mode, error) ||
        !parse_word(node, "match", &virtcpu_match_words, 0, &match, error) ||
        !parse_word(node, "check", &virtcpu_check_words, VIRTCPU_CHECK_NONE, &check, error)) {
        return FALSE;
    }
    def->mode = (VirtCpuMode)mode;
    def->match = (VirtCpuMatch)match;
    def->has_match = xmlHasProp(node, (const xmlChar *)"match") != NULL ||
                     virtcpu_xml_child(node, "model") != NULL;
    def->check = (VirtCpuCheck)check;
    return TRUE;
}

static gboolean
parse_guest_attributes(VirtCpuDef *def, xmlNode *node, GError **error)
{
    int migratable = VIRTCPU_TRISTATE_ABSENT;
    int deprecated = VIRTCPU_TRISTATE_ABSENT;

    if (!parse_mode_and_match(def, node, error) ||
        !parse_word(node, "migratable", &virtcpu_switch_words, VIRTCPU_TRISTATE_YES, &migratable,
                    error) ||
        !parse_word(node, "deprecated_features", &virtcpu_switch_words, VIRTCPU_TRISTATE_YES,
                    &deprecated, error)) {
        return FALSE;
    }
    def->deprecated_features = (VirtCpuTristate)deprecated;
    if (migratable != VIRTCPU_TRISTATE_ABSENT && def->mode != VIRTCPU_MODE_HOST_PASSTHROUGH &&
        def->mode != VIRTCPU_MODE_MAXIMUM) {
        virtcpu_error_set(
            error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
            _("Attribute migratable is only allowed for 'host-passthrough' / 'maximum' CPU mode"));
        return FALSE;
    }
    def->migratable = (VirtCpuTristate)migratable;
    return TRUE;
}

typedef struct {
    const char *name;
    gboolean (*parse)(VirtCpuDef *def, xmlNode *node, GError **error);
    gboolean host_only;
} ChildParser;

static const ChildParser child_parsers[] = {
    { "arch", parse_arch, TRUE },
    { "model", parse_model, FALSE },
    { "vendor", parse_vendor, FALSE },
    { "microcode", virtcpu_def_parse_microcode, TRUE },
    { "signature", virtcpu_def_parse_signature, TRUE },
    { "counter", virtcpu_def_parse_counter, TRUE },
    { "topology", parse_topology, FALSE },
    { "cache", parse_cache, FALSE },
    { "numa", virtcpu_def_parse_numa, FALSE },
    { "maxphysaddr", parse_physaddr, FALSE },
};

static gboolean
parse_children(VirtCpuDef *def, xmlNode *node, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(child_parsers); i++) {
        const ChildParser *row = &child_parsers[i];
        xmlNode *child = virtcpu_xml_child(node, row->name);

        if (child == NULL || (row->host_only && def->type != VIRTCPU_DEF_HOST)) {
            continue;
        }
        if (!row->parse(def, child, error)) {
            return FALSE;
        }
    }
    return parse_features(def, node, error);
}

/* What a host CPU must have and may not have. */
static gboolean
check_host(const VirtCpuDef *def, GError **error)
{
    if (def->arch == VIRTCPU_ARCH_NONE) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR, _("Missing CPU architecture"));
        return FALSE;
    }
    if (def->model == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR, _("Missing CPU model name"));
        return FALSE;
    }
    return TRUE;
}

static gboolean
check_def(const VirtCpuDef *def, GError **error)
{
    if (def->type == VIRTCPU_DEF_HOST && !check_host(def, error)) {
        return FALSE;
    }
    if (def->vendor != NULL && def->model == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("CPU vendor specified without CPU model"));
        return FALSE;
    }
    if (def->type == VIRTCPU_DEF_GUEST && def->mode == VIRTCPU_MODE_CUSTOM && def->model == NULL &&
        def->features->len != 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("Non-empty feature list specified without CPU model"));
        return FALSE;
    }
    return TRUE;
}

/* HOST or GUEST for a <cpu> of which only the text is known. */
static gboolean
decide_type(xmlNode *node, VirtCpuDefType *type, GError **error)
{
    if (virtcpu_xml_child(node, "arch") == NULL) {
        *type = VIRTCPU_DEF_GUEST;
        return TRUE;
    }
    *type = VIRTCPU_DEF_HOST;
    if (xmlHasProp(node, (const xmlChar *)"match") != NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("'arch' element element cannot be used inside 'cpu' element with "
                            "'match' attribute'"));
        return FALSE;
    }
    if (xmlHasProp(node, (const xmlChar *)"mode") != NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("Attribute mode is only allowed for guest CPU"));
        return FALSE;
    }
    return TRUE;
}

VirtCpuDef *
virtcpu_def_parse_node(xmlNode *node, VirtCpuDefType type, GError **error)
{
    g_autoptr(VirtCpuDef) def = NULL;

    if (!xmlStrEqual(node->name, (const xmlChar *)"cpu")) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("XML does not contain expected 'cpu' element"));
        return NULL;
    }
    if (type == VIRTCPU_DEF_AUTO && !decide_type(node, &type, error)) {
        return NULL;
    }
    def = virtcpu_def_new(type);
    if (!virtcpu_xml_check(node, type == VIRTCPU_DEF_HOST ? &host_rule : &guest_rule, error) ||
        (type == VIRTCPU_DEF_GUEST && !parse_guest_attributes(def, node, error)) ||
        !parse_children(def, node, error) || !check_def(def, error)) {
        return NULL;
    }
    return g_steal_pointer(&def);
}

VirtCpuDef *
virtcpu_def_parse(const char *xml, VirtCpuDefType type, GError **error)
{
    g_autoptr(xmlDoc) doc = virtcpu_xml_parse(xml, error);

    return doc != NULL ? virtcpu_def_parse_node(xmlDocGetRootElement(doc), type, error) : NULL;
}
