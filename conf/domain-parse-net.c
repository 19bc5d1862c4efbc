/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <interface>. */
#include "conf/domain-parse.h"
#include "conf/domain-words.h"
#include "conf/error.h"
#include "conf/i18n.h"

#include <net/if.h>
#include <string.h>

static const VirtCpuXmlRule interface_rule = {
    .attributes = "type",
    .once = "mac source target model link boot alias address",
};
static const VirtCpuXmlRule mac_rule = { .attributes = "address" };
static const VirtCpuXmlRule link_rule = { .attributes = "state" };
static const VirtCpuXmlRule type_rule = { .attributes = "type" };
static const VirtCpuXmlRule bridge_rule = { .attributes = "bridge" };
static const VirtCpuXmlRule target_rule = { .attributes = "dev managed" };

static gboolean
parse_mac(VirtCpuNetDef *net, xmlNode *node, GError **error)
{
    g_autofree char *text = virtcpu_xml_attribute(node, "address");

    if (!virtcpu_xml_check(node, &mac_rule, error)) {
        return FALSE;
    }
    if (text == NULL || !virtcpu_mac_from_string(text, net->mac)) {
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

/* The name of a network device of the host, from attribute @name of @node. */
static gboolean
parse_host_device(xmlNode *node, const char *name, char **device, GError **error)
{
    *device = virtcpu_xml_attribute(node, name);
    if (*device == NULL || **device == '\0' || strlen(*device) >= IFNAMSIZ ||
        strpbrk(*device, "/ ,%") != NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("'%s' of element '%s' at line %ld is '%s', which is no name of a "
                            "network device"),
                          name, (const char *)node->name, xmlGetLineNo(node),
                          *device != NULL ? *device : "");
        return FALSE;
    }
    return TRUE;
}

static gboolean
parse_bridge(VirtCpuNetDef *net, xmlNode *interface, GError **error)
{
    xmlNode *source = virtcpu_xml_child(interface, "source");

    if (source == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("No <source> 'bridge' attribute specified with <interface "
                            "type='bridge'/> (line %ld)"),
                          xmlGetLineNo(interface));
        return FALSE;
    }
    return virtcpu_xml_check(source, &bridge_rule, error) &&
           parse_host_device(source, "bridge", &net->bridge, error);
}

/* The tap device must be there before the guest: virtcpu makes none that outlives its guest. */
static gboolean
parse_target(VirtCpuNetDef *net, xmlNode *node, GError **error)
{
    g_autofree char *managed = virtcpu_xml_attribute(node, "managed");

    if (net->type == VIRTCPU_NET_USER) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("element 'target' at line %ld has no meaning for an interface of type "
                            "'user'"),
                          xmlGetLineNo(node));
        return FALSE;
    }
    if (managed != NULL && (net->type != VIRTCPU_NET_ETHERNET || !g_str_equal(managed, "no"))) {
        return virtcpu_domain_refuse(node, "managed", managed, error);
    }
    return virtcpu_xml_check(node, &target_rule, error) &&
           parse_host_device(node, "dev", &net->target, error);
}

static gboolean
parse_ends(VirtCpuNetDef *net, xmlNode *node, GError **error)
{
    xmlNode *source = virtcpu_xml_child(node, "source");
    xmlNode *target = virtcpu_xml_child(node, "target");

    if (net->type == VIRTCPU_NET_BRIDGE) {
        if (!parse_bridge(net, node, error)) {
            return FALSE;
        }
    } else if (source != NULL) {
        return virtcpu_domain_refuse(node, "source", "", error);
    }
    if (net->type == VIRTCPU_NET_ETHERNET && target == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("<interface type='ethernet'> at line %ld needs a tap device of the "
                            "host in <target dev=>"),
                          xmlGetLineNo(node));
        return FALSE;
    }
    return target == NULL || parse_target(net, target, error);
}

static gboolean
parse_model(VirtCpuNetDef *net, xmlNode *node, GError **error)
{
    return virtcpu_xml_check(node, &type_rule, error) &&
           virtcpu_domain_parse_word(node, "type", &virtcpu_net_model_words, TRUE, &net->model,
                                     error);
}

static gboolean
parse_link(VirtCpuNetDef *net, xmlNode *node, GError **error)
{
    return virtcpu_xml_check(node, &link_rule, error) &&
           virtcpu_domain_parse_tristate(node, "state", &virtcpu_link_words, &net->link_up, error);
}

gboolean
virtcpu_domain_parse_net(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    g_autofree char *type = virtcpu_xml_attribute(node, "type");
    VirtCpuNetDef *net = virtcpu_domain_new_device(def, VIRTCPU_DEVICE_NET, node);
    xmlNode *mac = virtcpu_xml_child(node, "mac");
    xmlNode *model = virtcpu_xml_child(node, "model");
    xmlNode *link = virtcpu_xml_child(node, "link");
    int found = virtcpu_words_from_string(&virtcpu_net_type_words, type);

    if (found < 0) {
        return virtcpu_domain_refuse(node, "type", type, error);
    }
    net->type = (VirtCpuNetType)found;
    return virtcpu_xml_check(node, &interface_rule, error) && parse_ends(net, node, error) &&
           (mac == NULL || parse_mac(net, mac, error)) &&
           (model == NULL || parse_model(net, model, error)) &&
           (link == NULL || parse_link(net, link, error)) &&
           virtcpu_domain_parse_info(node, &net->info, error);
}
