/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <controller>. */
#include "conf/domain-parse.h"
#include "conf/domain-words.h"
#include "conf/error.h"
#include "conf/i18n.h"

#define MAX_INDEX 255

/* What a controller of one type may say. */
typedef struct {
    const VirtCpuWords *models; /* NULL: none but "" */
    const char *attributes, *once;
} TypeRow;

/* By VirtCpuControllerType. */
static const TypeRow type_rows[] = {
    [VIRTCPU_CONTROLLER_IDE] = { NULL, "type index", "alias address" },
    [VIRTCPU_CONTROLLER_SATA] = { NULL, "type index", "alias address" },
    [VIRTCPU_CONTROLLER_SCSI] = { &virtcpu_scsi_model_words, "type index model", "alias address" },
    [VIRTCPU_CONTROLLER_USB] = { &virtcpu_usb_model_words, "type index model ports",
                                 "master alias address" },
    [VIRTCPU_CONTROLLER_VIRTIO_SERIAL] = { NULL, "type index ports vectors", "alias address" },
    [VIRTCPU_CONTROLLER_PCI] = { &virtcpu_pci_model_words, "type index model",
                                 "model target alias address" },
};
G_STATIC_ASSERT(G_N_ELEMENTS(type_rows) == VIRTCPU_CONTROLLER_LAST);

static const VirtCpuXmlRule master_rule = { .attributes = "startport" };
static const VirtCpuXmlRule model_rule = { .attributes = "name" };
static const VirtCpuXmlRule target_rule = { .attributes = "chassis port chassisNr" };

/* A number up to @max; left alone when absent. */
static gboolean
parse_number(xmlNode *node, const char *name, unsigned max, int *value, GError **error)
{
    guint64 number = 0;

    if (xmlHasProp(node, (const xmlChar *)name) == NULL) {
        return TRUE;
    }
    if (!virtcpu_xml_attribute_number(node, name, FALSE, max, &number, error)) {
        return FALSE;
    }
    *value = (int)number;
    return TRUE;
}

static gboolean
parse_pci_children(VirtCpuControllerDef *controller, xmlNode *node, GError **error)
{
    xmlNode *model = virtcpu_xml_child(node, "model");
    xmlNode *target = virtcpu_xml_child(node, "target");

    if (model != NULL) {
        controller->model_name = virtcpu_xml_attribute(model, "name");
        if (!virtcpu_xml_check(model, &model_rule, error)) {
            return FALSE;
        }
    }
    return target == NULL ||
           (virtcpu_xml_check(target, &target_rule, error) &&
            parse_number(target, "chassis", 255, &controller->chassis, error) &&
            parse_number(target, "port", 255, &controller->port, error) &&
            parse_number(target, "chassisNr", 255, &controller->chassis_number, error));
}

static gboolean
parse_children(VirtCpuControllerDef *controller, xmlNode *node, GError **error)
{
    xmlNode *master = virtcpu_xml_child(node, "master");

    if (controller->type == VIRTCPU_CONTROLLER_PCI &&
        !parse_pci_children(controller, node, error)) {
        return FALSE;
    }
    if (master != NULL &&
        (!virtcpu_xml_check(master, &master_rule, error) ||
         !parse_number(master, "startport", 255, &controller->master_startport, error))) {
        return FALSE;
    }
    return virtcpu_domain_parse_info(node, &controller->info, error);
}

static gboolean
parse_attributes(VirtCpuControllerDef *controller, xmlNode *node, GError **error)
{
    const TypeRow *row = &type_rows[controller->type];

    if (row->models != NULL &&
        !virtcpu_domain_parse_word(node, "model", row->models, FALSE, &controller->model, error)) {
        return FALSE;
    }
    return parse_number(node, "index", MAX_INDEX, &controller->index, error) &&
           parse_number(node, "ports", 255, &controller->ports, error) &&
           parse_number(node, "vectors", G_MAXUINT16, &controller->vectors, error);
}

/* The USB 1 controllers beside an EHCI share its index; the ports of USB 2 are theirs. */
static gboolean
is_companion(const VirtCpuControllerDef *controller)
{
    return controller->type == VIRTCPU_CONTROLLER_USB && controller->model != NULL &&
           g_str_has_prefix(controller->model, "ich9-uhci");
}

/* Without an index a controller gets the next of its type; a companion that of the last master. */
static void
number_controller(const VirtCpuDomainDef *def, VirtCpuControllerDef *controller)
{
    int next = 0;

    if (controller->index >= 0) {
        return;
    }
    for (guint i = 0; i < def->controllers->len; i++) {
        const VirtCpuControllerDef *other = g_ptr_array_index(def->controllers, i);

        if (other->type == controller->type) {
            next = MAX(next, other->index + (is_companion(controller) ? 0 : 1));
        }
    }
    controller->index = next;
}

static gboolean
check_index(const VirtCpuDomainDef *def, const VirtCpuControllerDef *controller, xmlNode *node,
            GError **error)
{
    for (guint i = 0; i < def->controllers->len; i++) {
        const VirtCpuControllerDef *other = g_ptr_array_index(def->controllers, i);

        if (other->type != controller->type || other->index != controller->index ||
            (controller->master_startport >= 0 || other->master_startport >= 0)) {
            continue;
        }
        virtcpu_error_set(
            error, VIRTCPU_ERR_XML_ERROR, _("Multiple '%s' controllers with index '%d' (line %ld)"),
            virtcpu_words_to_string(&virtcpu_controller_type_words, (int)controller->type),
            controller->index, xmlGetLineNo(node));
        return FALSE;
    }
    return TRUE;
}

gboolean
virtcpu_domain_parse_controller(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    g_autofree char *type = virtcpu_xml_attribute(node, "type");
    int found = virtcpu_words_from_string(&virtcpu_controller_type_words, type);
    VirtCpuControllerDef *controller;
    VirtCpuXmlRule rule = { NULL };
    gboolean parsed;

    if (found < 0) {
        return virtcpu_domain_refuse(node, "type", type, error);
    }
    controller = virtcpu_device_new(VIRTCPU_DEVICE_CONTROLLER, xmlGetLineNo(node));
    controller->type = (VirtCpuControllerType)found;
    rule.attributes = type_rows[found].attributes;
    rule.once = type_rows[found].once;
    parsed = virtcpu_xml_check(node, &rule, error) && parse_attributes(controller, node, error) &&
             parse_children(controller, node, error);
    if (parsed) {
        number_controller(def, controller);
        parsed = check_index(def, controller, node, error);
    }
    virtcpu_domain_def_add_controller(def, controller);
    return parsed;
}
