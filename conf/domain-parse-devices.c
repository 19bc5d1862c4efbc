/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <devices> and its smaller elements. */
#include "conf/cpu-words.h"
#include "conf/domain-parse.h"
#include "conf/domain-words.h"
#include "conf/error.h"
#include "conf/i18n.h"

static const VirtCpuXmlRule devices_rule = {
    .once = "emulator memballoon video",
    .many = "disk interface serial console graphics rng",
};
static const VirtCpuXmlRule text_rule = { .text = TRUE };
static const VirtCpuXmlRule alias_rule = { .attributes = "name" };
static const VirtCpuXmlRule boot_rule = { .attributes = "order" };
static const VirtCpuXmlRule interface_rule = {
    .attributes = "type",
    .once = "mac model boot alias",
};
static const VirtCpuXmlRule mac_rule = { .attributes = "address" };
static const VirtCpuXmlRule type_rule = { .attributes = "type" };
static const VirtCpuXmlRule rng_rule = { .attributes = "model", .once = "rate backend alias" };
static const VirtCpuXmlRule rate_rule = { .attributes = "bytes period" };
static const VirtCpuXmlRule backend_rule = { .attributes = "model", .text = TRUE };
static const VirtCpuXmlRule balloon_rule = { .attributes = "model", .once = "alias" };
static const VirtCpuXmlRule video_rule = { .once = "model alias" };

gboolean
virtcpu_domain_parse_alias(xmlNode *node, char **alias, GError **error)
{
    xmlNode *child = virtcpu_xml_child(node, "alias");

    if (child == NULL) {
        return TRUE;
    }
    *alias = virtcpu_xml_attribute(child, "name");
    /* names of the user's own would have to survive redefinition */
    if (*alias != NULL && g_str_has_prefix(*alias, "ua-")) {
        return virtcpu_domain_refuse(child, "name", *alias, error);
    }
    return virtcpu_xml_check(child, &alias_rule, error);
}

gboolean
virtcpu_domain_parse_boot_order(xmlNode *node, unsigned *order, GError **error)
{
    xmlNode *child = virtcpu_xml_child(node, "boot");

    if (child == NULL) {
        return TRUE;
    }
    if (!virtcpu_xml_check(child, &boot_rule, error) ||
        !virtcpu_domain_parse_uint(child, "order", TRUE, order, error)) {
        return FALSE;
    }
    if (*order == 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("incorrect boot order '0', expecting positive integer (line %ld)"),
                          xmlGetLineNo(child));
        return FALSE;
    }
    return TRUE;
}

static gboolean
parse_emulator(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    def->emulator = virtcpu_xml_raw_text(node);
    if (def->emulator == NULL || !g_path_is_absolute(def->emulator)) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("emulator '%s' (line %ld) is no absolute path"),
                          def->emulator != NULL ? def->emulator : "", xmlGetLineNo(node));
        return FALSE;
    }
    return virtcpu_xml_check(node, &text_rule, error);
}

/* Six bytes of one or two hexadecimal digits, with colons between and nothing else. */
static gboolean
mac_from_string(const char *text, guint8 mac[6])
{
    for (gsize i = 0; i < 6; i++) {
        int value = g_ascii_xdigit_value(*text);

        if (value < 0) {
            return FALSE;
        }
        if (g_ascii_isxdigit(*++text)) {
            value = value * 16 + g_ascii_xdigit_value(*text++);
        }
        mac[i] = (guint8)value;
        if (*text != (i < 5 ? ':' : '\0')) {
            return FALSE;
        }
        text++;
    }
    return TRUE;
}

static gboolean
parse_mac(VirtCpuNetDef *net, xmlNode *node, GError **error)
{
    g_autofree char *text = virtcpu_xml_attribute(node, "address");

    if (!virtcpu_xml_check(node, &mac_rule, error)) {
        return FALSE;
    }
    if (text == NULL || !mac_from_string(text, net->mac)) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("unable to parse mac address '%s' (line %ld)"),
                          text != NULL ? text : "", xmlGetLineNo(node));
        return FALSE;
    }
    if ((net->mac[0] & 1) != 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("expected unicast mac address, found multicast '%s' (line %ld)"), text,
                          xmlGetLineNo(node));
        return FALSE;
    }
    net->has_mac = TRUE;
    return TRUE;
}

static gboolean
parse_net_model(VirtCpuNetDef *net, xmlNode *node, GError **error)
{
    return virtcpu_xml_check(node, &type_rule, error) &&
           virtcpu_domain_parse_word(node, "type", &virtcpu_net_model_words, TRUE, &net->model,
                                     error);
}

static gboolean
parse_interface(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    g_autofree char *type = virtcpu_xml_attribute(node, "type");
    VirtCpuNetDef *net = g_new0(VirtCpuNetDef, 1);
    xmlNode *mac = virtcpu_xml_child(node, "mac");
    xmlNode *model = virtcpu_xml_child(node, "model");

    g_ptr_array_add(def->nets, net);
    if (!g_str_equal(type != NULL ? type : "", "user")) {
        return virtcpu_domain_refuse(node, "type", type, error);
    }
    return virtcpu_xml_check(node, &interface_rule, error) &&
           (mac == NULL || parse_mac(net, mac, error)) &&
           (model == NULL || parse_net_model(net, model, error)) &&
           virtcpu_domain_parse_boot_order(node, &net->boot_order, error) &&
           virtcpu_domain_parse_alias(node, &net->alias, error);
}

static gboolean
parse_positive(xmlNode *node, const char *name, gboolean required, unsigned *value, GError **error)
{
    g_autofree char *text = virtcpu_xml_attribute(node, name);

    if (!virtcpu_domain_parse_uint(node, name, required, value, error)) {
        return FALSE;
    }
    return text == NULL || *value != 0 || virtcpu_domain_refuse(node, name, text, error);
}

static gboolean
parse_rate(VirtCpuRngDef *rng, xmlNode *node, GError **error)
{
    return virtcpu_xml_check(node, &rate_rule, error) &&
           parse_positive(node, "bytes", TRUE, &rng->rate_bytes, error) &&
           parse_positive(node, "period", FALSE, &rng->rate_period_ms, error);
}

static gboolean
parse_backend(VirtCpuRngDef *rng, xmlNode *node, GError **error)
{
    g_autofree char *model = virtcpu_xml_attribute(node, "model");

    if (g_strcmp0(model, "random") != 0) {
        return virtcpu_domain_refuse(node, "model", model, error);
    }
    rng->backend_path = virtcpu_xml_raw_text(node);
    return virtcpu_xml_check(node, &backend_rule, error);
}

static gboolean
parse_rng(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    g_autofree char *model = virtcpu_xml_attribute(node, "model");
    VirtCpuRngDef *rng = g_new0(VirtCpuRngDef, 1);
    xmlNode *rate = virtcpu_xml_child(node, "rate");
    xmlNode *backend = virtcpu_xml_child(node, "backend");

    g_ptr_array_add(def->rngs, rng);
    if (g_strcmp0(model, "virtio") != 0) {
        return virtcpu_domain_refuse(node, "model", model, error);
    }
    if (backend == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR, _("missing RNG device backend (line %ld)"),
                          xmlGetLineNo(node));
        return FALSE;
    }
    return virtcpu_xml_check(node, &rng_rule, error) &&
           (rate == NULL || parse_rate(rng, rate, error)) && parse_backend(rng, backend, error) &&
           virtcpu_domain_parse_alias(node, &rng->alias, error);
}

static gboolean
parse_memballoon(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    def->has_memballoon = TRUE;
    return virtcpu_xml_check(node, &balloon_rule, error) &&
           virtcpu_domain_parse_word(node, "model", &virtcpu_memballoon_model_words, TRUE,
                                     &def->memballoon_model, error) &&
           virtcpu_domain_parse_alias(node, &def->memballoon_alias, error);
}

static gboolean
parse_video(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    xmlNode *model = virtcpu_xml_child(node, "model");
    g_autofree char *alias = NULL;

    if (!virtcpu_xml_check(node, &video_rule, error) ||
        !virtcpu_domain_parse_alias(node, &alias, error)) {
        return FALSE;
    }
    if (model == NULL) {
        def->video_model = g_strdup("vga");
        return TRUE;
    }
    return virtcpu_xml_check(model, &type_rule, error) &&
           virtcpu_domain_parse_word(model, "type", &virtcpu_video_model_words, TRUE,
                                     &def->video_model, error);
}

static const VirtCpuDomainParserRow device_rows[] = {
    { "emulator", parse_emulator },
    { "disk", virtcpu_domain_parse_disk },
    { "interface", parse_interface },
    { "serial", virtcpu_domain_parse_chardev },
    { "console", virtcpu_domain_parse_chardev },
    { "graphics", virtcpu_domain_parse_graphics },
    { "video", parse_video },
    { "memballoon", parse_memballoon },
    { "rng", parse_rng },
    { NULL, NULL },
};

gboolean
virtcpu_domain_parse_devices(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    return virtcpu_xml_check(node, &devices_rule, error) &&
           virtcpu_domain_parse_children(def, node, device_rows, error);
}
