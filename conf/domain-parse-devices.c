/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <devices> and its smaller elements. */
#include "conf/domain-parse.h"
#include "conf/domain-words.h"
#include "conf/error.h"
#include "conf/i18n.h"

#include <string.h>

static const VirtCpuXmlRule devices_rule = {
    .once = "emulator memballoon",
    .many =
        "disk controller interface serial console channel input graphics audio video watchdog rng",
};
static const VirtCpuXmlRule text_rule = { .text = TRUE };
static const VirtCpuXmlRule alias_rule = { .attributes = "name" };
static const VirtCpuXmlRule boot_rule = { .attributes = "order" };
static const VirtCpuXmlRule input_rule = { .attributes = "type bus", .once = "alias address" };
static const VirtCpuXmlRule watchdog_rule = {
    .attributes = "model action",
    .once = "alias address",
};
static const VirtCpuXmlRule rng_rule = {
    .attributes = "model",
    .once = "rate backend alias address",
};
static const VirtCpuXmlRule rate_rule = { .attributes = "bytes period" };
static const VirtCpuXmlRule backend_rule = { .attributes = "model", .text = TRUE };
static const VirtCpuXmlRule balloon_rule = {
    .attributes = "model",
    .once = "stats alias address",
};
static const VirtCpuXmlRule stats_rule = { .attributes = "period" };

gpointer
virtcpu_domain_new_device(VirtCpuDomainDef *def, VirtCpuDeviceKind kind, xmlNode *node)
{
    gpointer device = virtcpu_device_new(kind, xmlGetLineNo(node));

    g_ptr_array_add(virtcpu_domain_def_devices(def, kind), device);
    return device;
}

/* The letters, digits and marks that libvirt lets an alias of the user's have. */
static gboolean
check_alias(const char *alias, xmlNode *node, GError **error)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_-";

    if (!virtcpu_device_is_user_alias(alias) || alias[strspn(alias, allowed)] == '\0') {
        return TRUE;
    }
    return virtcpu_domain_refuse(node, "name", alias, error);
}

static gboolean
parse_alias(xmlNode *node, char **alias, GError **error)
{
    g_free(*alias);
    *alias = virtcpu_xml_attribute(node, "name");
    return virtcpu_xml_check(node, &alias_rule, error) && check_alias(*alias, node, error);
}

static gboolean
parse_boot_order(xmlNode *node, unsigned *order, GError **error)
{
    if (!virtcpu_xml_check(node, &boot_rule, error) ||
        !virtcpu_xml_attribute_uint(node, "order", TRUE, order, error)) {
        return FALSE;
    }
    if (*order == 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("incorrect boot order '0', expecting positive integer (line %ld)"),
                          xmlGetLineNo(node));
        return FALSE;
    }
    return TRUE;
}

gboolean
virtcpu_domain_parse_info(xmlNode *node, VirtCpuDeviceInfo *info, GError **error)
{
    xmlNode *alias = virtcpu_xml_child(node, "alias");
    xmlNode *boot = virtcpu_xml_child(node, "boot");
    xmlNode *address = virtcpu_xml_child(node, "address");

    return (alias == NULL || parse_alias(alias, &info->alias, error)) &&
           (boot == NULL || parse_boot_order(boot, &info->boot_order, error)) &&
           (address == NULL || virtcpu_address_parse(address, &info->address, error));
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

gboolean
virtcpu_domain_parse_positive(xmlNode *node, const char *name, gboolean required, unsigned *value,
                              GError **error)
{
    g_autofree char *text = virtcpu_xml_attribute(node, name);

    if (!virtcpu_xml_attribute_uint(node, name, required, value, error)) {
        return FALSE;
    }
    return text == NULL || *value != 0 || virtcpu_domain_refuse(node, name, text, error);
}

static gboolean
parse_rate(VirtCpuRngDef *rng, xmlNode *node, GError **error)
{
    return virtcpu_xml_check(node, &rate_rule, error) &&
           virtcpu_domain_parse_positive(node, "bytes", TRUE, &rng->rate_bytes, error) &&
           virtcpu_domain_parse_positive(node, "period", FALSE, &rng->rate_period_ms, error);
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
    VirtCpuRngDef *rng = virtcpu_domain_new_device(def, VIRTCPU_DEVICE_RNG, node);
    xmlNode *rate = virtcpu_xml_child(node, "rate");
    xmlNode *backend = virtcpu_xml_child(node, "backend");

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
           virtcpu_domain_parse_info(node, &rng->info, error);
}

static gboolean
parse_memballoon(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    VirtCpuMemballoonDef *balloon = virtcpu_domain_new_device(def, VIRTCPU_DEVICE_MEMBALLOON, node);
    xmlNode *stats = virtcpu_xml_child(node, "stats");

    if (stats != NULL &&
        (!virtcpu_xml_check(stats, &stats_rule, error) ||
         !virtcpu_xml_attribute_uint(stats, "period", TRUE, &balloon->period_s, error))) {
        return FALSE;
    }
    return virtcpu_xml_check(node, &balloon_rule, error) &&
           virtcpu_domain_parse_word(node, "model", &virtcpu_memballoon_model_words, TRUE,
                                     &balloon->model, error) &&
           virtcpu_domain_parse_info(node, &balloon->info, error);
}

static gboolean
parse_input(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    VirtCpuInputDef *input = virtcpu_domain_new_device(def, VIRTCPU_DEVICE_INPUT, node);

    if (!virtcpu_xml_check(node, &input_rule, error) ||
        !virtcpu_domain_parse_word(node, "type", &virtcpu_input_type_words, TRUE, &input->type,
                                   error) ||
        !virtcpu_domain_parse_word(node, "bus", &virtcpu_input_bus_words, FALSE, &input->bus,
                                   error)) {
        return FALSE;
    }
    if (g_str_equal(input->type, "tablet") && g_strcmp0(input->bus, "ps2") == 0) {
        return virtcpu_domain_refuse(node, "bus", input->bus, error);
    }
    return virtcpu_domain_parse_info(node, &input->info, error);
}

static gboolean
parse_watchdog(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    VirtCpuWatchdogDef *watchdog = virtcpu_domain_new_device(def, VIRTCPU_DEVICE_WATCHDOG, node);

    return virtcpu_xml_check(node, &watchdog_rule, error) &&
           virtcpu_domain_parse_word(node, "model", &virtcpu_watchdog_model_words, TRUE,
                                     &watchdog->model, error) &&
           virtcpu_domain_parse_word(node, "action", &virtcpu_watchdog_action_words, FALSE,
                                     &watchdog->action, error) &&
           virtcpu_domain_parse_info(node, &watchdog->info, error);
}

static const VirtCpuDomainParserRow device_rows[] = {
    { "emulator", parse_emulator },
    { "disk", virtcpu_domain_parse_disk },
    { "controller", virtcpu_domain_parse_controller },
    { "interface", virtcpu_domain_parse_net },
    { "serial", virtcpu_domain_parse_chardev },
    { "console", virtcpu_domain_parse_chardev },
    { "channel", virtcpu_domain_parse_chardev },
    { "input", parse_input },
    { "graphics", virtcpu_domain_parse_graphics },
    { "audio", virtcpu_domain_parse_audio },
    { "video", virtcpu_domain_parse_video },
    { "watchdog", parse_watchdog },
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

/* The row of the device that element @name is, or NULL. */
static const VirtCpuDomainParserRow *
find_device_row(const char *name)
{
    const VirtCpuDomainParserRow *row = device_rows;

    /* the first is no device */
    do {
        row++;
    } while (row->name != NULL && !g_str_equal(row->name, name));
    return row->name != NULL ? row : NULL;
}

/* The only device of @def, taken out of it (transfer full). */
static gpointer
take_device(VirtCpuDomainDef *def)
{
    for (int kind = 0; kind < VIRTCPU_DEVICE_LAST; kind++) {
        GPtrArray *devices = virtcpu_domain_def_devices(def, (VirtCpuDeviceKind)kind);

        if (devices->len > 0) {
            return g_ptr_array_steal_index(devices, 0);
        }
    }
    g_return_val_if_reached(NULL);
}

/* libvirt's other devices, which virtcpu has none of. */
static const char *const foreign_devices[] = {
    "crypto",   "filesystem", "hostdev", "hub",       "iommu", "lease", "memory", "nvram", "panic",
    "parallel", "redirdev",   "shmem",   "smartcard", "sound", "tpm",   "vsock",  NULL,
};

static void
refuse_element(const char *name, GError **error)
{
    if (g_strv_contains(foreign_devices, name)) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("devices of element '%s' are not supported"), name);
    } else {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED, _("unknown device type '%s'"),
                          name);
    }
}

gpointer
virtcpu_device_parse(const char *xml, GError **error)
{
    g_autoptr(xmlDoc) doc = virtcpu_xml_parse(xml, error);
    g_autoptr(VirtCpuDomainDef) around = virtcpu_domain_def_new();
    xmlNode *root = doc != NULL ? xmlDocGetRootElement(doc) : NULL;
    const VirtCpuDomainParserRow *row;

    if (root == NULL) {
        return NULL;
    }
    row = root->ns == NULL ? find_device_row((const char *)root->name) : NULL;
    if (row == NULL) {
        refuse_element((const char *)root->name, error);
        return NULL;
    }
    if (!row->parse(around, root, error)) {
        return NULL;
    }
    /* one without an index has got that of the first of its type, which it need not be */
    if (around->controllers->len > 0 && xmlHasProp(root, (const xmlChar *)"index") == NULL) {
        ((VirtCpuControllerDef *)g_ptr_array_index(around->controllers, 0))->index = -1;
    }
    return take_device(around);
}
